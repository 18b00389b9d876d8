"""A run as what the tables hold of it, and back."""

import json
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from typing import Any

from glm_playground.chat.attachments import split_attachments
from glm_playground.gateway import EventKind, usage_of
from glm_playground.gateway.wire import clean_text
from glm_playground.ledger.event_codec import unpack_events
from glm_playground.ledger.packed_text import pack_text, unpack_text
from glm_playground.ledger.values import PROMPT_CHARACTERS, Settlement
from glm_playground.ledger.words import words_of
from glm_playground.runs.cost import Cost, CostState
from glm_playground.runs.metrics import metrics_of
from glm_playground.runs.run import Outcome, Run
from glm_playground.runs.run_json import cost_to_json, known_cost_from_json, known_run_from_json, run_to_json

Row = dict[str, Any]
CONTENT_VERSION = 1
"""Goes up where a run is stored in a way that earlier versions cannot read."""

_PICO = 12
_ONE_PICODOLLAR = Decimal("1e-12")
MOST_DOLLARS = Decimal(10_000)
"""The most that a run counts in lists and totals, so that sums fit 64 bits; `run_contents` has every digit."""

_LARGEST = 2**63 - 1
_OWNER, _BORDER = "§", "¶"
"""Words with these cannot be searched: `words_of` gives none."""


class Unreadable(ValueError):
    """What is stored of a run is broken, or of a later version."""


def plain(text: str) -> str:
    """`text` as every database accepts it in a column: PostgreSQL has no NUL."""
    return clean_text(text).replace("\0", "\ufffd")


def started_row(run: Run, owner: str) -> Row:
    """What a run's row says from its start."""
    return {
        "id": plain(run.id),
        "owner": plain(owner),
        "model": plain(run.request.model),
        "server": plain(run.server.name),
        "origin": plain(run.server.origin),
        "stand_in": None if run.server.stand_in is None else plain(run.server.stand_in),
        "by_stand_in": run.server.stand_in is not None,
        "warm_up": run.warm_up,
        "prompt": plain(split_attachments(_prompt(run))[0][:PROMPT_CHARACTERS]),
    } | changing_row(run)


def changing_row(run: Run) -> Row:
    """What a run's row says that may become known while it is running."""
    started = run.started_at.astimezone(UTC)
    return {
        "started_at": started,
        "day": started.date(),
        "task_id": None if run.task_id is None else plain(run.task_id),
    }


def ended_row(run: Run, cost: Cost) -> Row:
    """What a run's row says once it ended."""
    assert run.outcome is not None
    metrics = metrics_of(run)
    usage = run.usage
    return {
        "outcome": run.outcome.value,
        "prompt_tokens": _whole(usage.prompt_tokens) if usage else None,
        "completion_tokens": _whole(usage.completion_tokens) if usage else None,
        "ttft_ns": _whole(metrics.ttft),
        "e2e_ns": _whole(metrics.e2e),
        "output_speed": metrics.output_speed,
    } | cost_row(cost)


def cost_row(cost: Cost) -> Row:
    """What a run's row says of its cost."""
    return {"cost_state": cost.state.value, "picodollars": None if cost.amount is None else picodollars(cost.amount)}


def picodollars(amount: Decimal) -> int:
    """US dollars in units of 1e-12, rounded half to even."""
    with localcontext(prec=60):
        bounded = max(-MOST_DOLLARS, min(MOST_DOLLARS, amount))
        return int(bounded.scaleb(_PICO).to_integral_value(ROUND_HALF_EVEN))


def dollars(amount: int) -> Decimal:
    """`amount` in 1e-12 US dollars as US dollars."""
    return Decimal(amount) * _ONE_PICODOLLAR


def pack_head(run: Run) -> bytes:
    """All of `run` but its events."""
    return pack_text(json.dumps(run_to_json(replace(run, events=[])), ensure_ascii=False, separators=(",", ":")))


def unpack_run(head: bytes | None, events: Iterable[bytes]) -> tuple[Run, tuple[str, ...]]:
    """The run of `pack_head` with packed events, and the names of stored fields that this version does not know.

    Raises:
        Unreadable: either cannot be read.
    """
    with _unreadable():
        run, left_out = known_run_from_json(json.loads(unpack_text(head or b"")))
        run.events = [event for packed in events for event in unpack_events(packed)]
    return run, left_out


def pack_cost(cost: Cost) -> str:
    """`cost` as JSON."""
    return json.dumps(cost_to_json(cost))


def unpack_cost(text: str | None) -> Cost | None:
    """The cost of `pack_cost`.

    Raises:
        Unreadable: `text` is anything else.
    """
    if text is None:
        return None
    with _unreadable():
        return known_cost_from_json(json.loads(text))


def pack_settlement(settlement: Settlement) -> str:
    """`settlement` as JSON."""
    assert settlement.settled_at is not None
    at = settlement.settled_at.astimezone(UTC).isoformat()
    return json.dumps({"amount": str(settlement.amount), "source": settlement.source, "settled_at": at})


def unpack_settlement(text: str | None) -> Settlement | None:
    """The settlement of `pack_settlement`.

    Raises:
        Unreadable: `text` is anything else.
    """
    if text is None:
        return None
    with _unreadable():
        data = json.loads(text)
        return Settlement(Decimal(data["amount"]), data["source"], datetime.fromisoformat(data["settled_at"]))


def settled(cost: Cost | None, settlement: Settlement) -> Cost:
    """The cost that counts after a settlement; it keeps the price that was known."""
    return Cost(CostState.SETTLED, settlement.amount, price=cost.price if cost else None)


@contextmanager
def _unreadable() -> Iterator[None]:
    try:
        yield
    except (ValueError, ArithmeticError, LookupError, TypeError, RecursionError, zlib.error, struct.error) as error:
        raise Unreadable(str(error)) from error


def pack_tags(tags: Sequence[str]) -> str:
    """`tags` as a JSON list."""
    return json.dumps(list(tags))


def index_words(run: Run, owner: str, content: str, reasoning: str, note: str) -> list[str]:
    """The words by which a run is found, its owner's word first.

    The owner is among them so that one with few runs need not wait for those of all others to be looked through.
    """
    words = [owner_word(owner)]
    for text in (_prompt(run), reasoning, content, note):
        # A phrase must not begin in the prompt and end in the answer.
        words += [_BORDER, *words_of(text)]
    return words


def owner_word(owner: str) -> str:
    """The owner as a word of the index."""
    return _OWNER + plain(owner).encode().hex()


def interrupted(run: Run) -> Run:
    """`run`, whose recorder is gone, ended with what its events say."""
    found: Mapping[EventKind, str] = {event.kind: event.text for event in run.events}
    usage = run.usage
    if text := found.get(EventKind.USAGE):
        try:
            usage = usage_of(text)
        except (ValueError, AttributeError):
            usage = run.usage
    return replace(
        run,
        outcome=Outcome.INTERRUPTED,
        ended_ns=run.events[-1].at_ns if run.events else None,
        finish_reason=found.get(EventKind.FINISH, run.finish_reason),
        usage=usage,
        complete_stream=run.complete_stream or EventKind.DONE in found,
    )


def changing_fields(run: Run) -> tuple[datetime, bool, str | None, str | None, str | None]:
    """What of a running run may change beside its events."""
    return (run.started_at, run.sent, run.request_id, run.task_id, run.served_by)


def _prompt(run: Run) -> str:
    return run.request.messages[-1].content if run.request.messages else ""


def _whole(number: int | None) -> int | None:
    """`number` where a column can hold it."""
    return number if number is not None and abs(number) <= _LARGEST else None
