"""The conversation that recorded runs were part of, rebuilt from what their requests quote."""

from collections.abc import Mapping, Sequence

from glm_playground.chat.attachments import Attachment, split_attachments
from glm_playground.chat.conversation import Answer, Conversation, Fork, Turn
from glm_playground.chat.images import image_name
from glm_playground.chat.prompt import Prompt, ToolResult
from glm_playground.chat.tools import sendable_call
from glm_playground.gateway import Message, ToolCall
from glm_playground.runs.cost import Cost
from glm_playground.runs.marks import is_marked, unmarked_request
from glm_playground.runs.run import Run


def conversation_of(runs: Sequence[Run], costs: Mapping[str, Cost] | None = None) -> Conversation:
    """The conversation that `runs` are the answers of: the turns that the longest request quotes, each with its runs.

    A run stands in the place of the text that a later request quotes of it. Messages of one sender in a row become one
    prompt; a prompt that is another one than the longest request's at its place becomes a branch. The mark against
    prompt caches is no part of a prompt.

    Args:
        runs: of one lane, oldest first; at least one.
        costs: what they cost, by run id, where they are not live ones that know it.
    """
    spine = max(reversed(runs), key=lambda run: len(_turns_of(run)))
    conversation = Conversation()
    for turn in _turns_of(spine):
        conversation.end.add(turn)
    forks = conversation.forks()
    for run in runs:
        asked = _turns_of(run)
        fork, prompt = forks[len(asked) - 1], asked[-1].prompt
        _put(fork, prompt, run, (costs or {}).get(run.id))
    return conversation


def _put(fork: Fork, prompt: Prompt, run: Run, cost: Cost | None) -> None:
    answer = Answer(run, one_by_one=is_marked(run.request), stored_cost=cost)
    shown = fork.turn
    turn = next((turn for turn in fork.turns if turn.prompt == prompt), None)
    if turn is None or shown is None:
        fork.add(Turn(prompt, [answer]))
        fork.chosen = 0
        return
    turn.chosen = 0
    first = turn.answers[0] if turn.answers else None
    if first:
        # What followed the first answer follows the run.
        answer.after = first.after
    if first and first.quoted and _quotes(first, run):
        turn.answers[0] = answer
    else:
        turn.answers.append(answer)


def _quotes(answer: Answer, run: Run) -> bool:
    """Whether a quoted answer is what `run` said; calls that nobody answered are not quoted."""
    said = Answer(run)
    calls = {(), said.tool_calls, tuple(map(sendable_call, said.tool_calls))}
    return answer.content == said.content and answer.calls in calls


def _turns_of(run: Run) -> list[Turn]:
    """The turns that a request quotes, and the last one without an answer."""
    turns: list[Turn] = []
    waiting: list[Message] = []
    asked: tuple[ToolCall, ...] = ()
    for message in unmarked_request(run.request).messages:
        if message.role == "assistant":
            quoted = Answer(
                text=message.content,
                quoted=True,
                calls=message.tool_calls,
                quoted_reasoning=message.reasoning_content,
            )
            turns.append(Turn(_prompt_of(waiting, asked), [quoted]))
            waiting, asked = [], message.tool_calls
        elif message.role != "system":
            waiting.append(message)
    return [*turns, Turn(_prompt_of(waiting, asked))]


def _prompt_of(messages: Sequence[Message], asked: Sequence[ToolCall]) -> Prompt:
    calls = {call.id: call for call in asked}
    results = tuple(
        ToolResult(
            calls.get(called := message.tool_call_id or "") or ToolCall(id=called, name="", arguments=""),
            message.content,
        )
        for message in messages
        if message.role == "tool"
    )
    said = [message for message in messages if message.role == "user"]
    images = (url for message in said for url in message.images)
    shown = tuple(Attachment(image_name(url, number), image=url) for number, url in enumerate(images, 1))
    text, files = split_attachments(
        "\n\n".join(message.content for message in said if message.content or not message.images)
    )
    return Prompt(text, (*files, *shown), results)
