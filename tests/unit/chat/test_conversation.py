"""A conversation is a tree in which nothing is lost, and its screen is one path through it."""

import json
from datetime import UTC, datetime

import pytest

from glm_playground.chat.attachments import Attachment
from glm_playground.chat.conversation import Answer, Conversation, Turn
from glm_playground.chat.prompt import Prompt, ToolResult
from glm_playground.chat.reconstruction import conversation_of
from glm_playground.chat.setup import Setup, setup_of
from glm_playground.gateway import ChatRequest, Event, EventKind, Message, Parameters, ToolCall
from glm_playground.runs.live_run import LiveRun
from glm_playground.runs.marks import marked
from glm_playground.runs.run import Outcome, Run, Server

CONTENT, REASONING = EventKind.CONTENT, EventKind.REASONING
ASKED = ChatRequest(model="m", messages=(Message(role="user", content="x"),))


def answer(
    *events: tuple[EventKind, str], outcome: Outcome | None = Outcome.COMPLETED, text: str | None = None
) -> Answer:
    run = Run("id", ASKED, Server("s", "http://s"), datetime.now(UTC), outcome=outcome)
    run.events = [Event(at, kind, said) for at, (kind, said) in enumerate(events, start=1)]
    return Answer(run, text)


def talk(*turns: tuple[str, list[Answer]]) -> Conversation:
    conversation = Conversation()
    for prompt, answers in turns:
        turn = Turn(Prompt(prompt))
        conversation.end.add(turn)
        turn.add(answers)
    return conversation


def said(request: ChatRequest) -> list[tuple[str, str]]:
    return [(message.role, message.content) for message in request.messages]


@pytest.fixture
def four() -> Conversation:
    return talk(
        ("one", [answer((CONTENT, "<think>so</think>\nfirst")), answer((CONTENT, "second"))]),
        ("two", [answer(outcome=Outcome.FAILED)]),
        ("three", [answer((REASONING, "so"), outcome=Outcome.STOPPED)]),
        ("four", [answer((CONTENT, "half an"), outcome=Outcome.STOPPED)]),
    )


def test_a_turn_without_an_answer_is_not_sent_again(four: Conversation) -> None:
    setup = Setup(model="m", system="be brief", parameters=Parameters(temperature=0.5, thinking=True))
    request = four.request(Prompt("five"), setup)
    assert said(request) == [
        ("system", "be brief"),
        ("user", "one"),
        ("assistant", "first"),
        ("user", "four"),
        ("assistant", "half an"),
        ("user", "five"),
    ]
    assert (request.model, request.temperature, request.thinking, request.max_tokens) == ("m", 0.5, True, None)


@pytest.mark.parametrize(("before", "prompts"), [(0, ["new"]), (1, ["one", "new"]), (3, ["one", "new"])])
def test_before_leaves_the_later_turns_out(four: Conversation, before: int, prompts: list[str]) -> None:
    request = four.request(Prompt("new"), Setup(model="m", system=" \n"), before=four.turns[before])
    assert [text for role, text in said(request) if role != "assistant"] == prompts


def test_another_answer_begins_another_branch_and_the_first_keeps_what_followed(four: Conversation) -> None:
    first = four.turns[0]
    first.add([answer((CONTENT, "third"))])
    assert [turn.prompt.text for turn in four.turns] == ["one"]
    assert first.number == 3
    four.end.add(Turn(Prompt("onward"), [answer()]))
    assert [turn.prompt.text for turn in four.turns] == ["one", "onward"]
    first.chosen = 0
    assert [turn.prompt.text for turn in four.turns] == ["one", "two", "three", "four"]
    assert len(list(four.all_runs())) == 7


def test_an_edited_prompt_stands_beside_the_first(four: Conversation) -> None:
    second = four.turns[1]
    fork = four.fork_of(second)
    fork.add(Turn(Prompt("two, better"), [answer((CONTENT, "yes"))]))
    assert [turn.prompt.text for turn in four.turns] == ["one", "two, better"]
    fork.chosen = 0
    assert four.turns[1] is second
    fork.remove(second)
    assert [turn.prompt.text for turn in four.turns] == ["one", "two, better"]
    with pytest.raises(LookupError):
        four.fork_of(second)


def test_an_edited_answer_is_what_a_later_request_quotes(four: Conversation) -> None:
    first = four.turns[0]
    first.add([Answer(text="mine")])
    assert said(four.request(Prompt("next"), Setup(model="m")))[1] == ("assistant", "mine")
    assert len(first.runs) == 2


def test_what_is_running_is_found_on_every_branch(four: Conversation) -> None:
    assert four.live_runs() == []
    hidden, shown = (
        Answer(LiveRun(name, ASKED, Server("s", "http://s"), datetime.now(UTC))) for name in ("hidden", "shown")
    )
    four.turns[0].answers.append(hidden)
    four.turns[-1].add([shown])
    assert {id(run) for run in four.live_runs()} == {id(hidden.run), id(shown.run)}


def test_tool_calls_and_their_results_are_sent_as_such() -> None:
    pieces = json.dumps([{"index": 0, "id": "c1", "function": {"name": "clock", "arguments": "{}"}}])
    conversation = talk(("what time", [answer((EventKind.TOOL_CALLS, pieces), outcome=Outcome.TOOL_CALLS)]))
    [call] = conversation.turns[-1].answer.tool_calls
    body = conversation.request(Prompt(results=(ToolResult(call, "noon"),)), Setup(model="m")).body()
    assert body["messages"][1:] == [
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "clock", "arguments": "{}"}}],
        },
        {"role": "tool", "content": "noon", "tool_call_id": "c1"},
    ]


@pytest.mark.parametrize(
    ("name", "arguments", "sent"),
    [
        ("f", '{"a": 1}', ("f", '{"a": 1}')),
        ("functions.get weather", "{}", ("functions_get_weather", "{}")),
        ("天气" * 40, "{}", ("_" * 64, "{}")),
        ("", '{"a": 1}', ("unnamed", '{"a": 1}')),
        ("f", '{"a": NaN}', ("f", "{}")),
        ("f", '{"a": 1e999}', ("f", "{}")),
        ("f", '{"a": "\\ud800"}', ("f", "{}")),
        ("f", '{"a": 1}{"a": 1}', ("f", "{}")),
        ("f", "[1]", ("f", "{}")),
        ("f", "{" * 100_000, ("f", "{}")),
    ],
)
def test_a_call_goes_back_as_servers_take_it(name: str, arguments: str, sent: tuple[str, str]) -> None:
    pieces = json.dumps([{"index": 0, "id": "c1", "function": {"name": name, "arguments": arguments}}])
    conversation = talk(("ask", [answer((EventKind.TOOL_CALLS, pieces), outcome=Outcome.TOOL_CALLS)]))
    [call] = conversation.turns[-1].answer.tool_calls
    request = conversation.request(Prompt(results=(ToolResult(call, "noon"),)), Setup(model="m"))
    [gone] = request.messages[1].tool_calls
    assert (gone.name, gone.arguments) == sent
    request.encoded()


def test_an_answer_of_spaces_is_none() -> None:
    conversation = talk(("one", [answer((CONTENT, "\n\n "))]), ("two", [answer((CONTENT, "second"))]))
    request = conversation.request(Prompt("three"), Setup(model="m"))
    assert said(request) == [("user", "two"), ("assistant", "second"), ("user", "three")]


def test_attached_files_are_part_of_the_message() -> None:
    prompt = Prompt("sum it up", (Attachment("a.csv", "1,2"),))
    [message] = Conversation().request(prompt, Setup(model="m")).messages
    assert "a.csv" in message.content
    assert "1,2" in message.content
    assert message.content.endswith("sum it up")


def test_a_long_conversation_is_walked_without_recursion() -> None:
    conversation = talk(*((str(number), [answer((CONTENT, "a"))]) for number in range(3000)))
    assert len(conversation.turns) == 3000
    asked = conversation.request(Prompt("x"), Setup(model="m"))
    assert len(asked.messages) == 6001
    # A page makes one at every click: what was said before is made into messages once.
    again = conversation.request(Prompt("y"), Setup(model="m"))
    assert all(one is other for one, other in zip(asked.messages[:-1], again.messages[:-1], strict=True))


@pytest.mark.parametrize("with_tools", [False, True])
def test_a_stored_run_gives_the_conversation_back_that_it_ended(with_tools: bool) -> None:
    setup = Setup(model="m", system="be brief", parameters=Parameters(temperature=0.5, extra={"a": 1}))
    call = [{"index": 0, "id": "c1", "function": {"name": "clock", "arguments": "{}"}}]
    first = answer((EventKind.TOOL_CALLS, json.dumps(call))) if with_tools else answer((CONTENT, "first"))
    then = Prompt(results=(ToolResult(first.tool_calls[0], "noon"),)) if with_tools else Prompt("two")
    before = talk(("one", [first]))
    run = answer((CONTENT, "second")).run
    assert run
    run.request = before.request(then, setup)
    before.end.add(Turn(then, [Answer(run)]))

    again = conversation_of([run])
    assert setup_of(run.request) == setup
    assert again.request(Prompt("three"), setup) == before.request(Prompt("three"), setup)
    assert again.turns[-1].answer.run is run


def test_the_runs_of_a_lane_stand_in_their_turns_again() -> None:
    setup = Setup(model="m")
    lane = talk(("one", [answer((CONTENT, "first"))]))
    first = lane.turns[0].answer.run
    again, other = answer((CONTENT, "second")).run, answer((CONTENT, "aside")).run
    assert first
    assert again
    assert other
    first.request = again.request = Conversation().request(Prompt("one"), setup)
    last = answer((CONTENT, "third")).run
    assert last
    last.request = lane.request(Prompt("two"), setup)
    other.request = lane.request(Prompt("two, but shorter"), setup)

    back = conversation_of([first, again, other, last])
    assert [turn.answer.run for turn in back.turns] == [first, last]
    assert back.turns[0].runs == (first, again)
    assert [turn.prompt.text for turn in back.forks()[1].turns] == ["two", "two, but shorter"]
    assert back.request(Prompt("three"), setup).messages[-2].content == "third"


def test_a_mark_against_caches_is_no_part_of_a_conversation() -> None:
    first, second = answer((CONTENT, "first")).run, answer((CONTENT, "again")).run
    assert first
    assert second
    setup = Setup(model="m", system="be brief")
    asked = Conversation().request(Prompt("one"), setup)
    first.request = asked.model_copy(update={"messages": marked(asked.messages, "530909f5")})
    second.request = asked.model_copy(update={"messages": marked(asked.messages, "0123abcd")})
    back = conversation_of([first, second])
    assert [len(fork.turns) for fork in back.forks()] == [1]
    assert back.turns[0].runs == (first, second)
    assert all(one.one_by_one for one in back.turns[0].answers)
    assert setup_of(first.request) == setup
    # The same where the mark stands before the prompt itself.
    bare = Conversation().request(Prompt("one"), Setup(model="m"))
    first.request = bare.model_copy(update={"messages": marked(bare.messages, "530909f5")})
    assert conversation_of([first]).turns[0].prompt == Prompt("one")


def test_a_quoted_answer_is_the_run_that_made_the_same_calls() -> None:
    def calling(city: str) -> Run:
        piece = [{"index": 0, "id": city, "function": {"name": "weather", "arguments": json.dumps({"city": city})}}]
        run = answer((EventKind.TOOL_CALLS, json.dumps(piece)), outcome=Outcome.TOOL_CALLS).run
        assert run
        run.request = Conversation().request(Prompt("the weather?"), Setup(model="m"))
        return run

    rome, oslo = calling("Rome"), calling("Oslo")
    lane = talk(("the weather?", [Answer(oslo)]))
    last = answer((CONTENT, "rain")).run
    assert last
    last.request = lane.request(Prompt(results=(ToolResult(Answer(oslo).tool_calls[0], "rain"),)), Setup(model="m"))
    back = conversation_of([rome, oslo, last])
    assert back.turns[0].answer.run is oslo
    assert back.turns[-1].answer.run is last
    assert back.turns[0].runs == (oslo, rome)


def test_a_prompt_behind_results_of_tools_is_sent_with_them() -> None:
    call = ToolCall(id="c1", name="clock", arguments="{}")
    run = answer((CONTENT, "noon, then")).run
    assert run
    messages = (
        Message(role="user", content="what time"),
        Message(role="assistant", content="", tool_calls=(call,)),
        Message(role="tool", content="noon", tool_call_id="c1"),
        Message(role="user", content="say it nicely"),
    )
    run.request = ChatRequest(model="m", messages=messages)
    again = conversation_of([run]).request(Prompt("thanks"), Setup(model="m"))
    assert again.messages[:4] == messages


def calling(name: str, *before: tuple[EventKind, str]) -> Answer:
    piece = [{"index": 0, "id": name, "function": {"name": name, "arguments": "{}"}}]
    return answer(*before, (EventKind.TOOL_CALLS, json.dumps(piece)), outcome=Outcome.TOOL_CALLS)


class TestReasoningSentBack:
    """docs.z.ai/guides/capabilities/thinking-mode: with results of tools, and with clear_thinking off."""

    @pytest.fixture
    def loop(self) -> Conversation:
        conversation = talk(
            ("first", [answer((REASONING, "old"), (CONTENT, "done"))]),
            ("go", [calling("clock", (REASONING, "I need \n the time"))]),
        )
        [call] = conversation.turns[-1].answer.tool_calls
        again = Turn(Prompt(results=(ToolResult(call, "noon"),)))
        conversation.end.add(again)
        again.add([calling("clock", (CONTENT, "<think>once more</think>"))])
        return conversation

    @staticmethod
    def reasoning(request: ChatRequest) -> list[str]:
        return [message.reasoning_content for message in request.messages if message.role == "assistant"]

    def test_with_the_results_of_a_loop_as_it_was_received(self, loop: Conversation) -> None:
        [call] = loop.turns[-1].answer.tool_calls
        request = loop.request(Prompt(results=(ToolResult(call, "noon"),)), Setup(model="m"))
        assert self.reasoning(request) == ["", "I need \n the time", "once more"]
        sent = request.body()["messages"]
        assert sent[3]["reasoning_content"] == "I need \n the time"
        assert "reasoning_content" not in sent[1]

    def test_not_behind_a_new_prompt(self, loop: Conversation) -> None:
        loop.end.add(Turn(Prompt("and now"), [answer((REASONING, "hm"), (CONTENT, "fine"))]))
        assert not any(self.reasoning(loop.request(Prompt("next"), Setup(model="m"))))

    @pytest.mark.parametrize(
        "parameters",
        [
            Parameters(clear_thinking=False),
            Parameters(extra={"thinking": {"clear_thinking": False}}),
            Parameters(extra={"chat_template_kwargs": {"clear_thinking": False}}),
        ],
        ids=["set", "typed", "typed for a template"],
    )
    def test_all_of_it_where_the_server_keeps_it(self, loop: Conversation, parameters: Parameters) -> None:
        setup = Setup(model="m", parameters=parameters)
        [call] = loop.turns[-1].answer.tool_calls
        request = loop.request(Prompt(results=(ToolResult(call, "noon"),)), setup)
        assert self.reasoning(request) == ["old", "I need \n the time", "once more"]

    def test_none_of_an_answer_that_the_user_wrote(self) -> None:
        conversation = talk(("one", [answer((REASONING, "why"), (CONTENT, "a"), text="mine")]))
        setup = Setup(model="m", parameters=Parameters(clear_thinking=False))
        assert self.reasoning(conversation.request(Prompt("two"), setup)) == [""]

    def test_a_stored_run_quotes_it_again(self, loop: Conversation) -> None:
        setup = Setup(model="m", parameters=Parameters(clear_thinking=False))
        [call] = loop.turns[-1].answer.tool_calls
        prompt = Prompt(results=(ToolResult(call, "noon"),))
        run = answer((CONTENT, "noon")).run
        assert run
        run.request = loop.request(prompt, setup)
        again = conversation_of([run])
        loop.end.add(Turn(prompt, [Answer(run)]))
        assert again.request(Prompt("thanks"), setup) == loop.request(Prompt("thanks"), setup)


def test_results_of_calls_that_are_not_sent_are_quoted_as_the_users_words() -> None:
    conversation = talk(("what time", [calling("clock")]))
    [call] = conversation.turns[-1].answer.tool_calls
    conversation.end.add(Turn(Prompt(results=(ToolResult(call, "noon"),)), [answer((CONTENT, "It is noon."))]))
    first = conversation.turns[0]
    # The user writes the first answer anew: it calls nothing any more.
    first.add([Answer(text="I think noon", after=first.answer.after)])
    messages = conversation.request(Prompt("thanks"), Setup(model="m")).messages
    assert [(message.role, message.content) for message in messages] == [
        ("user", "what time"),
        ("assistant", "I think noon"),
        ("user", "clock: noon"),
        ("assistant", "It is noon."),
        ("user", "thanks"),
    ]
