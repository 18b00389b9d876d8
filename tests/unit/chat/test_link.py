"""A link carries models, settings, order and repeats, and names what it leaves out."""

from urllib.parse import parse_qs, urlencode

import pytest

from glm_playground.chat.lane import Lane
from glm_playground.chat.link import fields_left_out, query_of, read_query
from glm_playground.chat.setup import Setup
from glm_playground.chat.workbench import Workbench


def bench(**options: object) -> Workbench:
    found = Workbench(lanes=[Lane("1", setup=Setup(model="glm-5.1")), Lane("2", setup=Setup(model="glm-5"))])
    for name, value in options.items():
        setattr(found, name, value)
    return found


@pytest.mark.parametrize("options", [{}, {"one_by_one": True}, {"repeats": 5}, {"one_by_one": True, "repeats": 2}])
def test_order_and_repeats_come_back(options: dict[str, object]) -> None:
    made = bench(**options)
    sent = parse_qs(urlencode(query_of(made)))
    read = read_query(sent["lane"], sent.get("order", [None])[0], sent.get("repeats", [None])[0])
    assert [setup.model for setup in read.setups] == ["glm-5.1", "glm-5"]
    assert (read.one_by_one, read.repeats, read.ignored) == (made.one_by_one, made.repeats, ())
    assert fields_left_out(made) == []


def test_what_a_link_leaves_out_is_named() -> None:
    made = bench()
    made.lanes[1].setup = Setup(model="glm-5", system="Be brief.")
    assert fields_left_out(made) == ["system"]


@pytest.mark.parametrize("repeats", ["0", "6", "-1", "1e9", "٣", "03", "x" * 500, "\ud800"])
def test_repeats_that_cannot_be_are_said_to_be_ignored(repeats: str) -> None:
    read = read_query(["glm-5.1"], "sideways", repeats)
    assert (read.one_by_one, read.repeats) == (False, 1)
    assert len(read.ignored) == 2
    assert all(len(piece.encode()) <= 320 for piece in read.ignored)
