"""Bundles that people open: looked at run by run, and whole only while somebody shows them."""

import gc
import weakref
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from glm_playground.bundles.bundle import (
    BundleError,
    BundleParts,
    RecordedRun,
    read_bundle,
    write_bundle,
)
from glm_playground.service.opened_bundles import look, whole
from tests.bundles import forged, small_bundle

SMALL = write_bundle(small_bundle())


def titled(title: str) -> bytes:
    return write_bundle(replace(small_bundle(), title=title))


def ids(parts: BundleParts) -> list[str]:
    return [one.run.id for one in parts.runs()]


def test_a_look_sees_what_is_read() -> None:
    assert look(SMALL, ids) == [one.run.id for one in read_bundle(SMALL).runs]


def test_a_look_holds_one_run_at_a_time() -> None:
    before: list[weakref.ref[RecordedRun]] = []

    def tell(one: RecordedRun) -> bool:
        alone = all(earlier() is None for earlier in before)
        before.append(weakref.ref(one))
        return alone

    assert look(SMALL, lambda parts: list(map(tell, parts.runs()))) == [True, True]
    assert [earlier() for earlier in before] == [None, None]


def test_tabs_of_one_owner_share_what_they_show() -> None:
    with ThreadPoolExecutor(4) as tabs:
        found = list(tabs.map(lambda _tab: whole("o", SMALL), range(8)))
    assert len(set(map(id, found))) == 1
    assert found[0].runs == small_bundle().runs
    assert whole("other", SMALL) is not found[0]


def test_what_nobody_shows_is_let_go() -> None:
    gone = weakref.ref(whole("o", titled("gone")))
    gc.collect()
    assert gone() is None


NO_CARD = forged(SMALL, lambda parts: parts.update({"cards/glm-5.1.json": b"["}))


@pytest.mark.parametrize("data", [b"x", SMALL[:60], SMALL[:-1], NO_CARD])
def test_a_file_that_is_none_is_none_in_either_way(data: bytes) -> None:
    with pytest.raises(BundleError) as looked:
        look(data, ids)
    with pytest.raises(type(looked.value)):
        whole("o", data)
