"""The figures of a report: n with every one, failures counted, what nobody knows told, warnings on top."""

from datetime import timedelta
from decimal import Decimal
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from glm_playground.chat.conversation import Answer, Conversation, Turn
from glm_playground.chat.prompt import Prompt
from glm_playground.gateway import ChatRequest, Message, Usage
from glm_playground.reports.figures import LaneFigures, lane_figures
from glm_playground.reports.sections import VoteShown
from glm_playground.reports.transcript import TranscriptLane, to_html, to_markdown
from glm_playground.reports.transcript_words import Words
from glm_playground.runs.cost import Cost, CostState, cost_of
from glm_playground.runs.run import Outcome, Run, RunError, Server
from glm_playground.runs.samples import sample_of
from glm_playground.ui.shared import i18n
from glm_playground.ui.shared.files.report_words import transcript_words
from tests.report_lanes import AT, MILLISECOND, PLAY_PRICE, PRICE, SERVER, lane_of, realistic_lanes, run_of, timed_run

STAND_IN = Server("Sandbox", "http://127.0.0.1:8601", stand_in="SmolLM2", failed_not_charged=True)
FAILED = {"outcome": Outcome.FAILED, "finish_reason": None, "usage": None, "events": []}


def failed_run(run_id: str, server: Server = SERVER) -> Run:
    return run_of(id=run_id, server=server, error=RunError("Busy", "try later", 429), **FAILED)


def figures_of(*runs: Run) -> LaneFigures:
    return lane_figures(runs, {run.id: cost_of(run, PRICE) for run in runs if run.ended})


def lane_asking(*answers: Answer, costs: dict[str, Cost] | None = None) -> TranscriptLane:
    """A lane of one turn with these answers."""
    conversation = Conversation()
    conversation.end.add(Turn(Prompt("Hi"), list(answers)))
    return lane_of()._replace(conversation=conversation, costs=costs or {})


def report(*lanes: TranscriptLane, votes: tuple[VoteShown, ...] = ()) -> str:
    return to_markdown(lanes, Words(), exported_at=AT, votes=votes)


def tables(markdown: str) -> list[list[list[str]]]:
    """The rows of each table as a reader sees its cells."""
    found: list[list[list[str]]] = []
    for token in MarkdownIt("commonmark").enable("table").parse(markdown):
        if token.type == "table_open":
            found.append([])
        elif token.type == "tr_open":
            found[-1].append([])
        elif token.type == "inline" and found and len(found[-1]) and token.level >= 4:
            found[-1][-1].append("".join(child.content for child in token.children or ()))
    return found


@given(st.lists(st.one_of(st.none(), st.floats(0, 1e12)), max_size=60))
def test_a_sample_has_the_median_of_what_is_known_and_a_p95_from_20_on(values: list[float | None]) -> None:
    known = [value for value in values if value is not None]
    sample = sample_of(values)
    if sample is None:
        assert not known
        return
    assert (sample.n, sample.median) == (len(known), median(known))
    assert (sample.p95 is None) == (len(known) < 20)
    if sample.p95 is not None:
        at_most = sum(value <= sample.p95 for value in known)
        assert at_most >= 0.95 * len(known)
        assert sum(value < sample.p95 for value in known) < 0.95 * len(known)


def test_every_run_is_counted_and_each_figure_says_of_how_many() -> None:
    whole = [timed_run(f"whole-{ttft}", ttft, ttft + 2000, 101) for ttft in (400, 500, 900)]
    short = timed_run("short", 600, 700, 5)
    cut = timed_run("cut", 800, 9800, 301, outcome=Outcome.LENGTH, finish_reason="length")
    stopped = timed_run("stopped", 700, 800, 0, outcome=Outcome.STOPPED, usage=None)
    waiting = timed_run("waiting", 10, 20, 0, outcome=None, usage=None)
    figures = figures_of(*whole, short, cut, stopped, failed_run("failed"), waiting)

    assert (figures.runs, figures.failures) == (8, 1)
    assert dict(figures.outcomes)[None] == 1
    assert figures.ttft == (6, 650 * MILLISECOND, None, 400 * MILLISECOND, 900 * MILLISECOND)
    assert figures.output_speed
    assert (figures.output_speed.n, round(figures.output_speed.median, 1)) == (4, 50.0)
    # What was cut or stopped has an end that says nothing.
    assert figures.e2e == (4, 2450 * MILLISECOND, None, 700 * MILLISECOND, 2900 * MILLISECOND)
    assert (figures.completion_tokens, figures.token_runs) == (3 * 101 + 5 + 301, 5)


def test_money_and_play_money_are_added_up_apart() -> None:
    paid = timed_run("paid", 400, 2400, 100, usage=Usage(0, 100, 100, cost=Decimal("0.25")))
    estimated = timed_run("estimated", 400, 2400, 1_000_000)
    played = timed_run("played", 400, 2400, 1_000_000, server=STAND_IN)
    unknown = timed_run("unknown", 400, 2400, 0, usage=None)
    runs = [paid, estimated, played, unknown, failed_run("failed", STAND_IN), failed_run("open")]
    costs = {run.id: cost_of(run, PLAY_PRICE if run.server.stand_in else PRICE) for run in runs[:-1]}
    total = lane_figures(runs, costs).cost
    rates = Decimal("3") + 212 * Decimal("0.9") / 1_000_000
    assert (total.amount, total.play_amount) == (Decimal("0.25") + rates, rates)
    assert dict(total.states) == {
        CostState.ESTIMATED: 2,
        CostState.SETTLED: 1,
        CostState.NOT_CHARGED: 1,
        CostState.NO_USAGE: 1,
        None: 1,
    }
    assert total.known == 4
    [row] = tables(report(lane_asking(*map(Answer, runs), costs=costs)))[0][1:]
    assert row[-1] == (
        "$3.25 + $3.00 in play money · 4 of 6 runs known: 2 estimated, 1 settled, 1 not charged, "
        "1 not reported, 1 unknown"
        " · $0.0000276 estimated from chunks received, in no sum"
    )


def test_nothing_is_free_of_charge_because_nobody_knows() -> None:
    nothing = timed_run("a", 400, 2400, 0, usage=None)
    [row] = tables(report(lane_asking(Answer(nothing), costs={"a": cost_of(nothing, PRICE)})))[0][1:]
    told = "unknown · 0 of 1 runs known: 1 not reported"
    assert row[-1] == f"{told} · $0.0000276 estimated from chunks received, in no sum"
    played = timed_run("a", 400, 2400, 0, usage=None, server=STAND_IN)
    [row] = tables(report(lane_asking(Answer(played), costs={"a": cost_of(played, PLAY_PRICE)})))[0][1:]
    assert row[-1] == f"{told} · $0.0000276 in play money estimated from chunks received, in no sum"
    failed = failed_run("b", STAND_IN)
    [row] = tables(report(lane_asking(Answer(failed), costs={"b": cost_of(failed, PRICE)})))[0][1:]
    assert row[-1] == "not charged · 1 of 1 runs known: 1 not charged"
    assert row[2:4] == ["1", "unknown"]


def test_the_figures_have_a_row_a_lane_over_all_repeats() -> None:
    head, first, second = tables(report(*realistic_lanes()))[0]
    assert head[:3] == ["Lane", "Runs", "Failures"]
    assert first[0].startswith("1: glm-5.1 · System prompt, temperature 0.7, max_tokens 2048")
    assert first[1:3] == ["9", "0 · 1 stopped"]
    assert first[3:6] == [
        "455 ms · 420 ms – 490 ms · n 9",
        "59.9 tokens/s · 59.9 tokens/s – 59.9 tokens/s · n 8",
        "9.46 s · 9.42 s – 9.49 s · n 8",
    ]
    assert second[1:4] == ["9", "1", "1.34 s · 1.31 s – 1.38 s · n 8"]
    assert second[6:] == ["4,320 · n 8", "$0.0217 · 8 of 9 runs known: 8 estimated, 1 not reported"]
    many = [Answer(timed_run(str(number), 100 + number, 3000, 100)) for number in range(20)]
    assert tables(report(lane_asking(*many)))[0][1][3] == "110 ms · p95 118 ms · 100 ms – 119 ms · n 20"


def test_a_lane_that_changed_its_model_names_both() -> None:
    other = ChatRequest(model="glm-5.2", messages=(Message(role="user", content="Hi"),))
    lane = lane_asking(Answer(run_of("a")), Answer(run_of("b", id="run-2", request=other)))
    figures, sources = tables(report(lane))
    assert figures[1][0] == "1: glm-5.1, glm-5.2 · glm-5.1: temperature 0.5"
    assert [row[0] for row in sources[1:]] == ["glm-5.1", "glm-5.2"]


def test_sources_name_the_price_the_server_and_who_answered() -> None:
    told = run_of("a", served_model="glm-5.1-0301", usage=Usage(10, 10, 20))
    stood_in = run_of("b", id="run-2", server=STAND_IN, served_model="glm-5.1", usage=Usage(10, 10, 20))
    unknown = run_of("c", id="run-3", server=Server("gw", "https://gw.test"))
    costs = {"run-1": cost_of(told, PRICE), "run-2": cost_of(stood_in, PLAY_PRICE), "run-3": cost_of(unknown, None)}
    _figures, sources = tables(report(lane_asking(Answer(told), Answer(stood_in), Answer(unknown), costs=costs)))
    rates = "input $0.900, cached input $0.180, output $3.00"
    assert sources[1:] == [
        ["glm-5.1", "glm-5.1-0301", "RunAPI · https://runapi.co", rates, PRICE.source, "2026-03-04"],
        [
            "glm-5.1",
            "stand-in SmolLM2",
            "Sandbox · http://127.0.0.1:8601",
            f"{rates} · in play money",
            PLAY_PRICE.source,
            "2026-03-04",
        ],
        ["glm-5.1", "unknown", "gw · https://gw.test", "unknown", "unknown", "unknown"],
    ]


@pytest.mark.parametrize("as_html", [False, True])
def test_stand_ins_and_replays_are_told_before_anything_else(*, as_html: bool) -> None:
    def written(*answers: Answer) -> str:
        lane = lane_asking(*answers)
        return to_html([lane], Words(), exported_at=AT, language="en") if as_html else report(lane)

    stood_in, replayed = run_of("a", server=STAND_IN), run_of("b", id="run-2", replayed=True)
    text = written(Answer(stood_in), Answer(run_of("c", id="run-3")), Answer(replayed))
    notices = "in 1 of 3 runs a stand-in (", "REPLAY: 1 of 3 runs are recordings"
    assert all(0 < text.index(notice) < text.index("Figures") for notice in notices)
    assert "REPLAY: a recording was played again" in text
    plain = written(Answer(run_of("c")))
    assert "stand-in" not in plain.split("<body>")[-1]
    assert "REPLAY" not in plain


def test_the_method_says_how_runs_were_asked() -> None:
    first, second, third = (timed_run(name, 400, 2400, 100) for name in "abc")
    words = Words()
    alone = Answer(first, one_by_one=True)
    assert f"**{words.asking}**: {words.one_by_one}" in report(lane_asking(alone), lane_asking(alone))
    assert "2 of 3 runs one by one" in report(lane_asking(alone, Answer(second, one_by_one=True), Answer(third)))
    assert words.in_parallel in report(lane_asking(Answer(first)), lane_asking(Answer(second)))
    assert words.in_parallel in report(lane_asking(Answer(first), Answer(second)))
    # A copied lane shows the same run once more.
    assert words.alone in report(lane_asking(Answer(first)), lane_asking(Answer(first)))


def test_votes_stand_in_a_table_where_there_are_any() -> None:
    votes = (VoteShown(1, ("glm-5.1", "glm-5.2"), "glm-5.2"), VoteShown(3, ("glm-5.1", "glm-5.2"), None))
    text = report(lane_asking(Answer(run_of("a"))), votes=votes)
    assert tables(text)[1][1:] == [["1", "glm-5.1, glm-5.2", "glm-5.2"], ["3", "glm-5.1, glm-5.2", "a tie"]]
    assert "## Votes" not in report(lane_asking(Answer(run_of("a"))))


def test_a_report_says_when_its_runs_were_made_and_a_page_without_any_has_no_figures() -> None:
    late = run_of("b", id="run-2", started_at=AT + timedelta(days=1))
    text = report(lane_asking(Answer(late), Answer(run_of("a"))))
    assert "Runs from 2026-03-04 05:06 UTC to 2026-03-05 05:06 UTC." in text
    unasked = report(lane_asking(Answer(text="mine")))
    assert "mine" in unasked
    assert "##" in unasked
    assert not {"## Figures", "## Method", "## Sources"} & set(unasked.splitlines())


def test_a_report_says_in_english_what_the_app_would_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(i18n, "language", lambda: "en")
    assert transcript_words() == Words()
