"""A report as a value: who was asked, each question once with its answers, figures and charts, what was not tested."""

import json
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glm_playground import bounds
from glm_playground.chat.conversation import Answer, Turn
from glm_playground.chat.prompt import Prompt
from glm_playground.chat.setup import Setup
from glm_playground.gateway import ChatRequest, Event, EventKind, Message
from glm_playground.reports.charts import BarChart, ticks
from glm_playground.reports.conversation_report import Published, conversation_report
from glm_playground.reports.cuts import Cut, fair_limit
from glm_playground.reports.prompt_language import language_of
from glm_playground.reports.report import Bullets, Cover, Paragraph, Passage, Question, Report
from glm_playground.reports.report_words import ReportWords
from glm_playground.reports.sections import Table
from glm_playground.reports.stored_lanes import lanes_of
from glm_playground.reports.transcript import TranscriptLane
from glm_playground.runs.cost import cost_of
from glm_playground.runs.run import Run, RunError, Server
from tests.report_lanes import AT, PLAY_PRICE, PRICE, QUESTIONS, lane_of, realistic_lanes, run_of, timed_run

WORDS = ReportWords()
COVER = Cover("Which GLM?", date(2026, 3, 5), "Ana", "The pilot", "**Air**, for now.")
STAND_IN = Server("Sandbox", "http://127.0.0.1:8601", stand_in="SmolLM2")


def report_of(*lanes: TranscriptLane, published: Published | None = None) -> Report:
    return conversation_report(
        lanes, COVER, WORDS, language="pt_BR", day_text="5 de março", written_at=AT, published=published
    )


def questions(report: Report) -> list[Question]:
    return [part for section in report.sections for part in section.parts if isinstance(part, Question)]


def charts(report: Report) -> dict[str, BarChart]:
    found = (part for section in report.sections for part in section.parts)
    return {part.title: part for part in found if isinstance(part, BarChart)}


def limits(report: Report) -> list[str]:
    [section] = [section for section in report.sections if section.title == WORDS.not_tested]
    return [bullet.text for part in section.parts if isinstance(part, Bullets) for bullet in part.items]


def asked(model: str, text: str, number: int, **fields: object) -> tuple[Run, None]:
    request = ChatRequest(model=model, messages=(Message(role="user", content=text),))
    return timed_run(f"run-{number}", 400 + number, 2400, 50, request=request, **fields), None


def test_a_prompt_that_several_models_were_asked_stands_once_with_the_answers_of_each() -> None:
    lanes = lanes_of(
        [
            asked(model, text, number)
            for number, (model, text) in enumerate(
                (model, text) for text in ("Explain tides", "Name a river") for model in ("glm-5.1", "glm-4.6") * 2
            )
        ]
    )
    report = report_of(*lanes)
    assert [question.title for question in questions(report)] == [
        "Question 1: Explain tides",
        "Question 2: Name a river",
    ]
    for question in questions(report):
        assert [answer.name for answer in question.answers] == [
            "1: glm-5.1. Answer 1 of 2",
            "1: glm-5.1. Answer 2 of 2",
            "2: glm-4.6. Answer 1 of 2",
            "2: glm-4.6. Answer 2 of 2",
        ]
        assert question.figures
        assert [row[1].text for row in question.figures.rows] == ["2", "2"]
    # One bar a model over both questions, with its n and spread.
    chart = charts(report)[WORDS.ttft_chart]
    assert [bar.name for bar in chart.bars] == ["1: glm-5.1", "2: glm-4.6"]
    assert chart.bars[0].text.endswith("n 4")
    assert (chart.bars[0].least, chart.bars[0].most) == (0.4, 0.406)


def test_the_same_words_after_another_conversation_are_another_question() -> None:
    first = lane_of((Prompt("A"), Answer(run_of("a", id="1"))), (Prompt("Go on"), Answer(run_of("b", id="2"))))
    second = lane_of((Prompt("B"), Answer(run_of("c", id="3"))), (Prompt("Go on"), Answer(run_of("d", id="4"))))
    found = questions(report_of(first, second))
    assert [question.title.partition(": ")[2] for question in found] == ["A", "Go on", "B", "Go on"]
    assert [question.note for question in found] == ["", "Earlier questions of the same conversation: 1."] * 2


def test_single_answers_have_no_table_of_their_own_and_the_one_on_the_screen_stands_for_repeats() -> None:
    single = report_of(lane_of((Prompt("Hi"), Answer(run_of("one")))))
    assert questions(single)[0].figures is None
    turn = Turn(Prompt("Hi"), [Answer(run_of("one", id="1")), Answer(run_of("two", id="2"))], chosen=1)
    lane = lane_of()
    lane.conversation.end.add(turn)
    [question] = questions(report_of(lane))
    [answer] = question.answers
    assert answer.passages[0].text == "two"
    assert "not shown here: 1" in answer.notices[0].text


def test_it_says_plainly_what_had_no_run() -> None:
    published = Published(models={"glm-5.1": "GLM-5.1", "glm-4.7": "GLM-4.7"})
    told = limits(
        report_of(lane_of((Prompt("What is the capital of Brazil?"), Answer(run_of("Brasília")))), published=published)
    )
    assert "Models of the catalogue without a run here: GLM-4.7." in told
    assert any(line.startswith("Each model was asked with one set of settings") for line in told)
    assert (
        "No run used: tools, an answer format, images, thinking switched on, thinking switched off, a system prompt."
        in told
    )
    assert "Languages of the questions, as far as common words tell: English (1)." in told
    assert "No question was recognised as Portuguese." in told
    assert any("asked once" in line for line in told)
    assert "No 95th percentile is given for 1: glm-5.1 (n 1): it takes 20 runs or more of one lane." in told
    assert WORDS.not_judged in told


def test_what_a_stand_in_answered_is_said_at_the_top_in_every_chart_and_among_what_was_not_tested() -> None:
    report = report_of(*realistic_lanes(STAND_IN, PLAY_PRICE), published=Published(models={"glm-5.1": "GLM-5.1"}))
    [first, *_rest] = report.sections[0].parts
    assert isinstance(first, Paragraph)
    assert first.text.startswith("Not GLM: in 18 of 18 runs a stand-in")
    assert all(chart.note == WORDS.stand_in_chart for chart in charts(report).values())
    assert all("not GLM" in bar.name for chart in charts(report).values() for bar in chart.bars)
    assert "play money" in charts(report)[WORDS.cost_chart].axis
    # Nothing of GLM ran, so the model counts as one without a run.
    assert "Models of the catalogue without a run here: GLM-5.1." in limits(report)
    assert "GLM itself was not tested in 18 of 18 runs: a stand-in answered." in limits(report)


def test_failures_are_counted_and_their_answers_are_errors() -> None:
    report = report_of(*realistic_lanes())
    assert "1 of 18 runs failed; what they would have answered is not known." in limits(report)
    failed = questions(report)[2].answers[1]
    assert failed.passages[0].failed
    assert "429 1302" in failed.passages[0].text


def test_lanes_that_were_asked_different_things_are_not_compared_silently() -> None:
    lanes = [
        lane_of((Prompt(text), Answer(run_of("x", id=text))), setup=Setup(model=model))
        for model, text in (("glm-5.1", "A"), ("glm-4.6", "B"))
    ]
    texts = [part.text for part in report_of(*lanes).sections[0].parts if isinstance(part, Paragraph)]
    assert WORDS.same_question_only in texts
    assert WORDS.same_question_only not in str(report_of(*realistic_lanes()).sections[0].parts)


def test_a_long_answer_is_cut_with_words_and_short_ones_stay_whole() -> None:
    long = "A line of an answer that goes on.\n" * 60_000
    report = report_of(lane_of((Prompt("Hi"), Answer(run_of(long))), (Prompt("Then"), Answer(run_of("short", id="2")))))
    first, second = (question.answers[0].passages[0] for question in questions(report))
    assert len(first.text) <= bounds.REPORT_TEXT_CHARACTERS
    assert first.text.count("\n") <= bounds.REPORT_TEXT_LINES
    assert first.cut.startswith(f"Cut here: {len(first.text):,} of {len(long):,} characters are shown.")
    assert (second.text, second.cut) == ("short", "")


def texts(report: Report) -> list[str]:
    """Of all that users and models wrote."""
    parts = [part for section in report.sections for part in section.parts]
    found = [part for part in parts if isinstance(part, Passage)]
    for part in questions(report):
        found += [*part.prompt, *(passage for answer in part.answers for passage in answer.passages)]
    return [passage.text for passage in found]


def long_call(text: str) -> Event:
    return Event(0, EventKind.TOOL_CALLS, json.dumps([{"id": "c", "function": {"name": "f", "arguments": text}}]))


@pytest.mark.parametrize("place", ["arguments", "errors", "system prompts", "answers", "lines"])
def test_all_texts_together_stay_within_the_bounds_wherever_they_stand(place: str) -> None:
    lanes = []
    for number in range(bounds.REPORT_RUNS):
        long = f"{number} ".ljust(20_000, "x") if place != "lines" else f"{number}\n" * 600
        run, setup = run_of("short", id=str(number)), Setup(model="glm-5.1")
        if place in {"arguments", "lines"}:
            run.events.append(long_call(long))
        elif place == "errors":
            run = replace(run, error=RunError("ServerFault", long, status=500))
        elif place == "answers":
            run = run_of(long, id=str(number))
        else:
            setup = Setup(model="glm-5.1", system=long)
        lanes.append(lane_of((Prompt("Hi"), Answer(run)), setup=setup))
    found = texts(report_of(*lanes))
    assert bounds.REPORT_CHARACTERS * 0.5 < sum(map(len, found)) <= bounds.REPORT_CHARACTERS or place == "lines"
    assert sum(text.count("\n") for text in found) <= bounds.REPORT_LINES
    assert found.count("Hi") == 1


def test_the_turns_that_a_copied_lane_shares_take_no_room_twice() -> None:
    runs = [run_of("x" * 20_000, id=str(number)) for number in range(25)]
    lanes = [lane_of(*((Prompt(f"Question {run.id}"), Answer(run)) for run in runs)) for _copy in range(4)]
    found = texts(report_of(*lanes))
    assert [len(text) for text in found if text.startswith("x")] == [20_000] * 25


def test_an_empty_conversation_is_a_report_that_says_nothing_wrong() -> None:
    report = report_of(lane_of())
    assert not questions(report)
    assert not charts(report)
    assert not [part for section in report.sections for part in section.parts if isinstance(part, Table)]


def test_a_system_prompt_stands_once_with_who_had_it() -> None:
    report = report_of(*realistic_lanes())
    passages = [part for section in report.sections for part in section.parts if isinstance(part, Passage)]
    assert [passage.label for passage in passages] == ["System prompt: 1: glm-5.1, 2: glm-4.5-air"]
    assert replace(report).head[0] == ("Author", "Ana")
    assert [question.title for question in questions(report)][1] == f"Question 2: {QUESTIONS[1]}"


def test_costs_are_of_one_answer_with_their_spread() -> None:
    lane = lane_of((Prompt("Hi"), Answer(timed_run("1", 400, 2400, 100))))
    cost = cost_of(lane.runs[0], PRICE)
    chart = charts(report_of(lane._replace(costs={"1": cost})))[WORDS.cost_chart]
    assert chart.bars[0].value == float(cost.amount or 0)
    assert chart.bars[0].least is None


# -- pieces


@given(st.lists(st.integers(0, 10_000), max_size=30), st.integers(1, 5_000), st.integers(1, 50_000))
def test_fair_shares_stay_within_the_sum_and_leave_short_texts_whole(
    sizes: list[int], most_each: int, most_in_all: int
) -> None:
    limit = fair_limit(sizes, most_each, most_in_all)
    assert 0 <= limit <= most_each
    assert sum(min(size, limit) for size in sizes) <= most_in_all
    if sum(min(size, most_each) for size in sizes) <= most_in_all:
        assert all(min(size, most_each) <= limit for size in sizes)


@given(st.text(alphabet="ab \n", max_size=300))
def test_a_short_text_is_never_cut(text: str) -> None:
    assert Cut([text])(text) == text


@given(st.floats(0, 1e9), st.floats(0, 1e9))
def test_marks_of_an_axis_span_what_is_drawn_and_are_few(one: float, other: float) -> None:
    least, most = sorted((one, other))
    marks = ticks(least, most)
    assert 1 <= len(marks) <= 14
    assert marks[0] <= least + 1e-6 * max(1, most)
    assert marks[-1] >= most - 1e-6 * max(1, most)


def test_languages_are_told_from_common_words_and_never_guessed() -> None:
    assert language_of("What is the capital of France, and why?") == "en"
    assert language_of("Qual é a capital do Brasil e por que não é o Rio?") == "pt"
    assert language_of("¿Cuál es la capital de España y por qué?") is None
    assert language_of("法国的首都是哪里？请用一句话回答。") == "zh"
    assert language_of("フランスの首都はどこですか") is None
    assert language_of("def f(x): return x") is None
    assert language_of("") is None
