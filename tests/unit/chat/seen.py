"""What can be seen of a workbench and of a request, for tests that do many things with them."""

from glm_playground.chat.workbench import Workbench
from glm_playground.gateway import Message


def fits_roles(messages: tuple[Message, ...]) -> bool:
    """Whether a server takes these roles: a user's message or results of the calls made, then an answer, and so on."""
    rest = list(messages)
    while rest and rest[0].role == "system":
        rest.pop(0)
    called: set[str] = set()
    while rest:
        if called:
            results = [rest.pop(0) for _call in range(min(len(called), len(rest)))]
            if {message.tool_call_id for message in results} != called:
                return False
        elif rest.pop(0).role != "user":
            return False
        if not rest:
            return True
        answer = rest.pop(0)
        if answer.role != "assistant" or not (answer.content or answer.tool_calls):
            return False
        called = {call.id for call in answer.tool_calls}
    return False


def texts_of(bench: Workbench) -> set[str]:
    """Every prompt and file that can be found again: asked, waiting, or behind an undo."""
    turns = [turn for lane in bench.lanes for turn in lane.conversation.all_turns()]
    prompts = {turn.prompt.text for turn in turns} | {draft.text for draft in bench.drafts}
    files = {file.text for turn in turns for file in turn.prompt.attachments}
    return prompts | files | {file.text for draft in bench.drafts for file in draft.attachments}


def picture(bench: Workbench) -> list[tuple[str, str, list[tuple[str, int]]]]:
    """What a person sees: lanes, settings, turns with the shown answer."""
    return [
        (lane.id, repr(lane.setup), [(turn.id, turn.number) for turn in lane.conversation.turns])
        for lane in bench.lanes
    ]
