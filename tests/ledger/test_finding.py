"""Filters and the search of words."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from glm_playground.gateway import Event, EventKind, Usage
from glm_playground.ledger import Ledger, RunFilter, StoredRun
from glm_playground.ledger.sums import By, sum_of, sums
from glm_playground.ledger.words import phrases_of, words_of
from glm_playground.runs.cost import CostState
from glm_playground.runs.run import Outcome, Run, Server
from tests.ledger.made import ids, keep, made_run

TOKYO = timezone(timedelta(hours=9))


def test_each_filter_leaves_out_what_does_not_fit(ledger: Ledger, owner: str) -> None:
    first = made_run(model="glm-5", started_at=datetime(2026, 11, 1, tzinfo=UTC), task_id="t1")
    second = made_run(model="glm-4.5", outcome=Outcome.FAILED, usage=None, stand_in="")
    third = made_run(model="glm-4.5", outcome=Outcome.LENGTH, usage=Usage(0, 0, 0), warm_up=True)
    keep(ledger, owner, first, second, third)
    ledger.set_tags(owner, first.id, ["x", "y"])
    ledger.set_tags(owner, third.id, ["y"])
    cases: list[tuple[dict[str, Any], list[Run]]] = [
        ({"models": ("glm-5",)}, [first]),
        ({"models": ("glm-5", "glm-4.5", "glm-0")}, [third, second, first]),
        ({"since": datetime(2026, 11, 1, 0, 0, 1, tzinfo=UTC)}, [third, second]),
        ({"since": datetime(2026, 11, 1, tzinfo=UTC)}, [third, second, first]),
        ({"until": datetime(2026, 11, 1, 0, 0, 1, tzinfo=UTC)}, [first]),
        ({"until": datetime(2026, 11, 1, tzinfo=UTC)}, []),
        # One second before and after it began, as a zone ahead of UTC writes them.
        ({"since": datetime(2026, 11, 1, 8, 59, 59, tzinfo=TOKYO)}, [third, second, first]),
        ({"until": datetime(2026, 11, 1, 9, 0, 1, tzinfo=TOKYO)}, [first]),
        ({"outcomes": (Outcome.FAILED, Outcome.LENGTH)}, [third, second]),
        ({"outcomes": (Outcome.FAILED,), "models": ("glm-4.5",)}, [second]),
        ({"cost_states": (CostState.NO_USAGE,)}, [second]),
        ({"stand_in": True}, [second]),
        ({"warm_up": True}, [third]),
        ({"warm_up": False}, [second, first]),
        ({"warm_up": False, "tags": ("y",)}, [first]),
        ({"stand_in": False}, [third, first]),
        ({"tags": ("y",)}, [third, first]),
        ({"tags": ("x", "z")}, [first]),
        ({"tags": ("y",), "models": ("glm-5",), "text": "fine"}, [first]),
        ({"task_id": "t1"}, [first]),
        ({"text": "fine", "stand_in": False}, [third, first]),
    ]
    for wanted, found in cases:
        assert ids(ledger, owner, **wanted) == [run.id for run in found], wanted
    assert ledger.models(owner) == ("glm-4.5", "glm-5")


def test_runs_are_found_and_added_up_by_their_gateway(ledger: Ledger, owner: str) -> None:
    def at(name: str, **fields: Any) -> Run:
        return made_run(server=Server(name, f"https://{name}.example.org"), **fields)

    one, other, gone = at("one"), at("two", outcome=Outcome.FAILED), at("gone")
    keep(ledger, owner, one, other, at("two"), gone)
    ledger.delete(owner, [gone.id])
    assert ledger.servers(owner) == ("one", "two")
    assert ids(ledger, owner, servers=("one",)) == [one.id]
    assert len(ids(ledger, owner, servers=("two", "one"))) == 3
    assert ids(ledger, owner, servers=("two",), outcomes=(Outcome.FAILED,)) == [other.id]
    stored = ledger.run(owner, one.id)
    assert isinstance(stored, StoredRun)
    assert stored.run.server == one.server
    by_server = ledger.totals_by_server(owner)
    assert [(row.name, row.runs, row.failed) for row in sums(by_server, By.SERVER)] == [("two", 2, 1), ("one", 1, 0)]
    # The same sums as those without the gateways.
    assert sum_of(by_server) == sum_of(ledger.totals(owner))
    assert ledger.totals_by_server(owner, date(2027, 1, 1)) == ()


def test_pages_go_on_in_a_search_and_by_tag(ledger: Ledger, owner: str) -> None:
    runs = [made_run("needle") for _ in range(3)]
    keep(ledger, owner, *runs)
    for run in runs:
        ledger.set_tags(owner, run.id, ["t"])
    for wanted in (RunFilter(text="needle"), RunFilter(tags=("t",)), RunFilter(text="needle", tags=("t",))):
        page = ledger.page(owner, wanted, limit=2)
        assert [row.id for row in page.rows] == [runs[2].id, runs[1].id]
        assert [row.id for row in ledger.page(owner, wanted, page.older, limit=2).rows] == [runs[0].id]


@pytest.fixture(scope="session")
def searched(ledger: Ledger) -> str:
    """An owner of one run whose texts are searched."""
    reasoning = [Event(1, EventKind.REASONING, "Let me con"), Event(2, EventKind.REASONING, "sider options.")]
    answer = [
        Event(3, EventKind.CONTENT, "The kubernetes"),
        Event(4, EventKind.CONTENT, " cluster's naïve GLM-5.1 看世界"),
    ]
    keep(ledger, "searched", made_run("Olá, você está aí? ÅNGSTRÖM Straße", events=reasoning + answer))
    return "searched"


@pytest.mark.parametrize(
    "text",
    [
        "ola voce",
        "OLÁ VOCÊ ESTÁ",
        "angstrom strasse",
        "consider",
        "kubern",
        "kubernetes cluster",
        '"kubernetes cluster"',
        "glm-5.1",
        "GLM-5",
        '"glm 5 1"',
        "世界",
        "naive options the",
        'cluster "naive glm',
        '"" cluster ""',
    ],
)
def test_words_are_found(ledger: Ledger, searched: str, text: str) -> None:
    assert len(ids(ledger, searched, text=text)) == 1


@pytest.mark.parametrize(
    "text", ["nowhere", '"cluster kubernetes"', "kubern cluster", '"kubern"', "界世", '"strasse let"', "cl", "!?", '""']
)
def test_what_is_not_there_is_not_found(ledger: Ledger, searched: str, text: str) -> None:
    assert ids(ledger, searched, text=text) == []


@hypothesis_settings(max_examples=60)
@given(text=st.text() | st.text(alphabet="ab\"*^(){}:-+~.,;/\\&|!<>'% \0\n世é"))
@example(text="a AND")
@example(text='NEAR("a b", 5) OR words:x')
@example(text="'; DROP TABLE runs; --")
@example(text="a*b^c:d")
@example(text='"' * 99)
@example(text="word " * 5000)
@example(text="x" * 100_000)
def test_nothing_that_is_typed_is_an_error(ledger: Ledger, searched: str, text: str) -> None:
    ids(ledger, searched, text=text)


@given(text=st.text())
def test_a_text_is_found_by_itself_in_the_way_it_is_split(text: str) -> None:
    assert all(word and " " not in word for phrase in phrases_of(text) for word in phrase.words)


@given(st.text(st.characters(max_codepoint=127)))
@example("Tokens_per second: 3.14\n" + 150 * "a")
def test_a_plain_text_has_the_words_it_would_have_beside_others(text: str) -> None:
    assert [*words_of(text), "ж"] == words_of(f"{text} Ж")


def test_many_words_with_one_beginning_are_all_found(ledger: Ledger, owner: str) -> None:
    # More endings than are written out, and fewer.
    for beginning, count in (("qua", 400), ("zor", 50)):
        run = made_run(" ".join(f"{beginning}{chr(97 + place % 26)}{place}x" for place in range(count)))
        keep(ledger, owner, run)
        assert ids(ledger, owner, text=beginning) == [run.id]


def test_the_longest_texts_are_taken(ledger: Ledger, owner: str) -> None:
    run = made_run(" ".join(f"word{place}" for place in range(120_000)), answer=["same " * 40_000])
    keep(ledger, owner, run)
    assert ids(ledger, owner, text="word77") == [run.id]
    stored = ledger.run(owner, run.id)
    assert stored is not None
    assert stored.run == run


def test_an_owner_is_known_by_anything_that_is_stored(ledger: Ledger, owner: str) -> None:
    assert not ledger.knows(owner)
    for stored in ("run", "workbench", "presets"):
        other = f"{owner}-{stored}"
        match stored:
            case "run":
                keep(ledger, other, made_run())
                ledger.delete_all(other)
            case "workbench":
                ledger.workbenches.save(other, "w", "name", "body", 0)
            case _:
                ledger.workbenches.save_presets(other, "[]", 0)
        assert ledger.knows(other)
    assert not ledger.knows(owner)
    assert not ledger.knows("")
    assert not ledger.knows("\0%")
