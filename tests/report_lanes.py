"""Lanes to write reports of: runs as they are recorded, with their costs."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from glm_playground.chat.conversation import Answer, Conversation, Turn
from glm_playground.chat.prompt import Prompt
from glm_playground.chat.setup import Setup
from glm_playground.gateway import ChatRequest, Event, EventKind, Message, Parameters, Usage
from glm_playground.reports.transcript import TranscriptLane
from glm_playground.runs.cost import Cost, Price, TokenClass, cost_of
from glm_playground.runs.run import Outcome, Run, RunError, Server

AT = datetime(2026, 3, 4, 5, 6, tzinfo=UTC)
SERVER = Server("RunAPI", "https://runapi.co")
MILLISECOND = 1_000_000
RATES = {TokenClass.INPUT: Decimal("0.9"), TokenClass.OUTPUT: Decimal(3), TokenClass.CACHE_READ: Decimal("0.18")}
PRICE = Price(RATES, "https://runapi.ai/api/v1/price_schedules", date(2026, 3, 4))
PLAY_PRICE = Price(RATES, "http://127.0.0.1:8601/api/v1/price_schedules", date(2026, 3, 4), play_money=True)


def run_of(content: str = "", reasoning: str = "", server: Server = SERVER, **fields: object) -> Run:
    """A completed run with the reasoning after 420 ms and the answer after 2.42 s; `fields` win."""
    request = ChatRequest(model="glm-5.1", messages=(Message(role="user", content="Hi"),), temperature=0.5)
    deltas = ((EventKind.REASONING, reasoning, 420), (EventKind.CONTENT, content, 2420))
    events = [Event(at * MILLISECOND, kind, text) for kind, text, at in deltas if text]
    values = {
        "id": "run-1",
        "request": request,
        "events": events,
        "started_at": AT,
        "outcome": Outcome.COMPLETED,
        "finish_reason": "stop",
    }
    return Run(server=server, **(values | fields))  # type: ignore[arg-type]


def lane_of(
    *turns: tuple[Prompt, Answer], setup: Setup | None = None, costs: Mapping[str, Cost] | None = None
) -> TranscriptLane:
    """A lane with these turns on its screen."""
    conversation = Conversation()
    for prompt, answer in turns:
        conversation.end.add(Turn(prompt, [answer]))
    return TranscriptLane(setup or Setup(model="glm-5.1"), conversation, costs or {})


def timed_run(run_id: str, ttft_ms: float, e2e_ms: float, tokens: int, **fields: object) -> Run:
    """A run with its first token, its last one, and the usage a gateway would report."""
    events = [
        Event(round(ttft_ms * MILLISECOND), EventKind.CONTENT, "The first part"),
        Event(round(e2e_ms * MILLISECOND), EventKind.CONTENT, " and the rest."),
    ]
    return run_of(id=run_id, events=events, **({"usage": Usage(212, tokens, 212 + tokens)} | fields))


QUESTIONS = (
    "Which integration test fails in this repository, and why?\n\nLook at the fixtures first.",
    "Propose a patch, with an explanation of the root cause.",
    "Write the commit message, in at most 50 characters.",
)
_PARAGRAPH = """The test `test_orders_are_settled_once` fails because the fixture opens a transaction that it never \
commits, so the second connection does not see the row. The order is settled twice: once by the callback, once by the \
poller.

```python
def settle(order: Order) -> None:
    with session.begin():
        order.state = State.SETTLED
```

- The callback arrives before the poller asks.
- Both read the state `pending`.

"""


def realistic_lanes(server: Server = SERVER, price: Price = PRICE) -> list[TranscriptLane]:
    """Two lanes with three turns: reasoning, an answer of pages, repeats, a failure and a stopped run."""
    return [_realistic_lane(number, model, server, price) for number, model in enumerate(("glm-5.1", "glm-4.5-air"))]


def _realistic_lane(number: int, model: str, server: Server, price: Price) -> TranscriptLane:
    parameters = Parameters(temperature=0.7, max_tokens=2048, thinking=not number)
    conversation, runs = Conversation(), []
    for turn_number, question in enumerate(QUESTIONS):
        turn = Turn(Prompt(question))
        conversation.end.add(turn)
        for repeat in range(3):
            run = _realistic_run(number, turn_number, repeat, server)
            messages = (
                Message(role="system", content="You review code. Be brief."),
                Message(role="user", content=question),
            )
            run.request = ChatRequest(model=model, messages=messages, **dict(parameters))
            runs.append(run)
            turn.answers.append(Answer(run, one_by_one=True))
        turn.chosen = 0
    setup = Setup(model=model, system="You review code. Be brief.", parameters=parameters)
    return TranscriptLane(setup, conversation, {run.id: cost_of(run, price) for run in runs})


def _realistic_run(lane: int, turn: int, repeat: int, server: Server) -> Run:
    run_id = f"run-{lane}-{turn}-{repeat}"
    began = AT + timedelta(seconds=40 * turn + 7 * repeat + 3 * lane)
    if (lane, turn, repeat) == (1, 2, 0):
        error = RunError("RateLimited", "the key has used up its requests of this minute", status=429, code="1302")
        return run_of(
            id=run_id, started_at=began, server=server, outcome=Outcome.FAILED, finish_reason=None, error=error
        )
    first = 420 + 35 * repeat + 90 * lane
    events = [Event((first + 800) * MILLISECOND, EventKind.CONTENT, _PARAGRAPH * (9 if turn == 1 else 1))]
    if not lane:
        events.insert(0, Event(first * MILLISECOND, EventKind.REASONING, "The fixtures come first. " * 12))
    events.append(Event((first + 9000 - 3000 * lane) * MILLISECOND, EventKind.CONTENT, "That is all."))
    fields: dict[str, object] = {"usage": Usage(1212, 540, 1752), "request_id": f"req-{run_id}"}
    if (lane, turn, repeat) == (0, 0, 2):
        fields = {"outcome": Outcome.STOPPED, "finish_reason": None}
    return run_of(
        id=run_id,
        events=events,
        started_at=began,
        server=server,
        served_model=["glm-5.1", "glm-4.5-air"][lane],
        **fields,
    )
