"""A report of stored runs: grouped by model and prompt, each answer named as whose it is, warm-ups apart."""

import json
from datetime import timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from glm_playground.chat.conversation import Answer, Conversation, Turn
from glm_playground.chat.prompt import Prompt, ToolResult
from glm_playground.chat.setup import Setup
from glm_playground.gateway import ChatRequest, Event, EventKind, Message, ToolCall, Usage
from glm_playground.reports.stored_lanes import lanes_of
from glm_playground.reports.transcript import TranscriptLane, to_html, to_markdown
from glm_playground.reports.transcript_json import to_json
from glm_playground.reports.transcript_words import Words
from glm_playground.runs.cost import Cost, cost_of
from glm_playground.runs.marks import marked
from glm_playground.runs.run import Outcome, Run, Server
from tests.report_lanes import AT, MILLISECOND, PRICE, run_of

WORDS = Words()
Stored = tuple[Run, Cost | None]


def request(model: str, *contents: str, nonce: str = "") -> ChatRequest:
    messages = tuple(Message(role="user", content=text) for text in contents)
    return ChatRequest(model=model, messages=marked(messages, nonce) if nonce else messages)


def stored(number: int, asked: ChatRequest, ttft_ms: int = 400, **fields: object) -> Stored:
    events = [Event(at * MILLISECOND, EventKind.CONTENT, f"answer {number}") for at in (ttft_ms, 2400)]
    values: dict[str, object] = {"events": events, "usage": Usage(9, 101, 110)} | fields
    run = run_of(id=f"run-{number}", request=asked, started_at=AT + timedelta(seconds=number), **values)
    return run, cost_of(run, PRICE)


def figures(lanes: list[TranscriptLane]) -> list[list[str]]:
    """The rows of the first table, as a reader sees its cells."""
    found: list[list[str]] = []
    for token in MarkdownIt("commonmark").enable("table").parse(to_markdown(lanes, WORDS, exported_at=AT)):
        if token.type == "table_close":
            return found[1:]
        if token.type == "tr_open":
            found.append([])
        if token.type == "inline" and found:
            found[-1].append("".join(child.content for child in token.children or ()))
    return found[1:]


def test_one_model_at_two_gateways_is_two_lanes_with_their_names() -> None:
    servers = [Server(name, "https://same.example.org") for name in ("One", "Two", "One")]
    lanes = lanes_of([stored(at, request("glm-5.1", "Hi"), server=server) for at, server in enumerate(servers)])
    assert [lane.setup.asked for lane in lanes] == ["glm-5.1 @ One", "glm-5.1 @ Two"]
    rows = figures(lanes)
    assert [row[1] for row in rows] == ["2", "1"]
    assert ["glm-5.1 @ One" in row[0] for row in rows] == [True, False]
    assert [lane["setup"].get("gateway") for lane in json.loads(to_json(lanes, exported_at=AT))["lanes"]]


def test_nine_runs_of_three_models_are_three_rows_with_medians_and_spreads() -> None:
    # One by one in random order, each with a mark of its own.
    models = (
        "glm-5.1",
        "glm-4.5-air",
        "glm-4.6",
        "glm-4.6",
        "glm-5.1",
        "glm-4.5-air",
        "glm-5.1",
        "glm-4.5-air",
        "glm-4.6",
    )
    runs = [stored(at, request(model, "Hi", nonce=f"{at:08x}"), 400 + 10 * at) for at, model in enumerate(models)]
    lanes = lanes_of(runs)
    assert [lane.setup.model for lane in lanes] == ["glm-5.1", "glm-4.5-air", "glm-4.6"]
    rows = figures(lanes)
    assert [row[1] for row in rows] == ["3", "3", "3"]
    assert rows[0][3] == "440 ms · 400 ms – 460 ms · n 3"
    text = to_markdown(lanes, WORDS, exported_at=AT)
    assert not any(f"{at:08x}" in text for at in range(9))
    # No answer is lost: the other two of each lane are told too.
    assert all(f"answer {at}" in text for at in range(9))
    assert "Answer 3 of 3: Assistant" in text
    told = json.loads(to_json(lanes, exported_at=AT))
    assert [len(lane["turns"][0]["other_answers"]) for lane in told["lanes"]] == [2, 2, 2]


def test_sixty_runs_make_one_report() -> None:
    runs = [stored(at, request(f"m{at % 4}", f"prompt {at % 3}")) for at in range(60)]
    lanes = lanes_of(runs)
    assert [len(lane.runs) for lane in lanes] == [5] * 12
    assert len(figures(lanes)) == 12
    html = to_html(lanes, WORDS, exported_at=AT, language="en")
    assert all(f"answer {at}" in html for at in range(60))


def test_other_settings_or_another_server_are_another_lane() -> None:
    asked = request("m", "Hi")
    warmer = asked.model_copy(update={"temperature": 0.9})
    system = asked.model_copy(update={"messages": (Message(role="system", content="be brief"), *asked.messages)})
    assert len(lanes_of([stored(at, one) for at, one in enumerate((asked, warmer, system, asked))])) == 3


def conversation(*, with_calls: bool = False) -> tuple[Run, Run]:
    """Two runs of one conversation; the second quotes the first."""
    piece = json.dumps([{"index": 0, "id": "c1", "function": {"name": "clock", "arguments": "{}"}}])
    first, _cost = stored(1, request("m", "what time"))
    if with_calls:
        first.events, first.outcome = [Event(1, EventKind.TOOL_CALLS, piece)], Outcome.TOOL_CALLS
    talk = Conversation()
    talk.end.add(Turn(Prompt("what time"), [Answer(first)]))
    then = Prompt(results=(ToolResult(Answer(first).tool_calls[0], "noon"),)) if with_calls else Prompt("and now?")
    return first, stored(2, talk.request(then, Setup(model="m")))[0]


def test_the_first_answer_of_a_second_turn_is_the_models() -> None:
    _first, second = conversation()
    lanes = lanes_of([(second, None)])
    for text in (to_markdown(lanes, WORDS, exported_at=AT), to_html(lanes, WORDS, exported_at=AT, language="en")):
        assert WORDS.written_by_user not in text
        assert WORDS.quoted in text
    answer = json.loads(to_json(lanes, exported_at=AT))["lanes"][0]["turns"][0]["answer"]
    assert (answer["edited"], answer["quoted"]) == (False, True)


def test_a_quoted_answer_keeps_its_tool_calls() -> None:
    _first, second = conversation(with_calls=True)
    lanes = lanes_of([(second, None)])
    text = to_markdown(lanes, WORDS, exported_at=AT)
    assert "**Tool call** `clock`" in text
    assert WORDS.written_by_user not in text
    [call] = json.loads(to_json(lanes, exported_at=AT))["lanes"][0]["turns"][0]["answer"]["tool_calls"]
    assert call == ToolCall(id="c1", name="clock", arguments="{}").model_dump()


def test_what_the_user_wrote_is_still_the_users() -> None:
    talk = Conversation()
    talk.end.add(Turn(Prompt("Hi"), [Answer(text="mine")]))
    lane = TranscriptLane(Setup(model="m"), talk, {})
    assert WORDS.written_by_user in to_markdown([lane], WORDS, exported_at=AT)


def test_both_turns_of_a_conversation_stand_in_one_lane() -> None:
    first, second = conversation()
    [lane] = lanes_of([(first, None), (second, None)])
    assert [turn.answer.run for turn in lane.conversation.turns] == [first, second]
    assert WORDS.quoted not in to_markdown([lane], WORDS, exported_at=AT)


def test_warm_ups_are_counted_apart_with_their_cost() -> None:
    warm_up = stored(0, request("m", "Hi"), warm_up=True, usage=Usage(1000, 1))
    run = stored(1, request("m", "Hi"))
    lanes = lanes_of([warm_up, run])
    text = to_markdown(lanes, WORDS, exported_at=AT)
    [row] = figures(lanes)
    assert row[1] == "1"
    assert "Warm-ups, left out of the figures: 1. Their cost: $0.000903; 1 of 1 runs known: 1 estimated." in text
    assert "answer 0" not in text
    assert "Warm-ups" not in to_markdown(lanes_of([run]), WORDS, exported_at=AT)
    alone = to_html(lanes_of([warm_up]), WORDS, exported_at=AT, language="en")
    assert "Warm-ups, left out of the figures: 1." in alone


def test_what_was_received_without_usage_stands_beside_the_unknown_cost() -> None:
    events = [Event((400 + 50 * at) * MILLISECOND, EventKind.CONTENT, "word ") for at in range(61)]
    run, cost = stored(1, request("m", "Hi"), events=events, usage=None, outcome=Outcome.STOPPED)
    assert cost
    text = to_markdown(lanes_of([(run, cost)]), WORDS, exported_at=AT)
    assert "output speed `20.0 chunks/s, from 61 chunks`" in text
    assert "cost `unknown (not reported), $0.000247 estimated from the chunks received: 61`" in text
    bare = to_markdown(lanes_of([(run, cost_of(run, None))]), WORDS, exported_at=AT)
    assert "cost `unknown (not reported), chunks received: 61`" in bare
    assert "$0" not in bare


ASKED = st.builds(request, st.sampled_from(["a", "b"]), st.sampled_from(["x", "y"]), st.sampled_from(["z", "w"]))


@given(st.lists(ASKED | st.builds(request, st.sampled_from(["a", "b"]), st.sampled_from(["x", "y"])), max_size=12))
def test_every_run_is_told_once(asked: list[ChatRequest]) -> None:
    runs = [stored(at, one) for at, one in enumerate(asked)]
    lanes = lanes_of(runs)
    told = [run.id for lane in lanes for run in lane.runs]
    assert sorted(told) == sorted(run.id for run, _cost in runs)
    assert sum((cost.amount or Decimal(0) for lane in lanes for cost in lane.costs.values()), Decimal(0)) == sum(
        (cost.amount or Decimal(0) for _run, cost in runs if cost), Decimal(0)
    )
