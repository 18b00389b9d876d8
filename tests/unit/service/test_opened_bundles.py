"""Bundles that are looked at: held once, few at a time, read again where one had to make room."""

import gc
import weakref
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from glm_playground import bounds
from glm_playground.bundles.bundle import Bundle, BundleTruncated, NotABundle, write_bundle
from glm_playground.service.opened_bundles import OpenedBundles
from tests.bundles import small_bundle

SMALL = write_bundle(small_bundle())


def titled(title: str) -> bytes:
    return write_bundle(replace(small_bundle(), title=title))


def test_tabs_of_one_owner_share_what_they_open() -> None:
    opened = OpenedBundles()
    with ThreadPoolExecutor(4) as tabs:
        found = list(tabs.map(lambda _tab: opened.read("o", SMALL), range(8)))
    assert len({id(bundle) for _digest, bundle in found}) == 1
    digest, bundle = found[0]
    assert opened.held("o", digest) is bundle


def test_another_owner_does_not_find_it_by_its_digest() -> None:
    opened = OpenedBundles()
    digest, _bundle = opened.read("o", SMALL)
    assert opened.held("other", digest) is None


def test_one_owner_holds_few_and_the_oldest_is_let_go() -> None:
    opened = OpenedBundles()
    digest, bundle = opened.read("o", titled("first"))
    assert isinstance(bundle, Bundle)
    gone = weakref.ref(bundle)
    del bundle
    others = [opened.read("o", titled(str(number)))[0] for number in range(bounds.BUNDLES_OPEN_BY_ONE)]
    gc.collect()
    assert gone() is None
    assert opened.held("o", digest) is None
    assert all(opened.held("o", other) for other in others)
    again = opened.read("o", titled("first"))[1]
    assert isinstance(again, Bundle)
    assert again.title == "first"


def test_all_owners_together_hold_no_more_bytes_than_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = OpenedBundles()
    first = opened.read("1", titled("1"))[0]
    monkeypatch.setattr(bounds, "BUNDLES_OPEN_BYTES", 1)
    second = opened.read("2", titled("2"))[0]
    assert opened.held("1", first) is None
    assert opened.held("2", second)


def test_all_owners_together_hold_no_more_files_than_the_bound() -> None:
    opened = OpenedBundles()
    read = [(str(n), opened.read(str(n), titled(str(n)))[0]) for n in range(bounds.BUNDLES_OPEN + 3)]
    held = [digest for owner, digest in read if opened.held(owner, digest)]
    assert held == [digest for _owner, digest in read[3:]]


@pytest.mark.parametrize(("data", "kind"), [(b"x", NotABundle), (SMALL[:60], BundleTruncated)])
def test_why_a_file_is_none_is_held_too(data: bytes, kind: type[Exception]) -> None:
    opened = OpenedBundles()
    digest, found = opened.read("o", data)
    assert isinstance(found, kind)
    assert found.__traceback__ is None
    assert opened.held("o", digest) is found
