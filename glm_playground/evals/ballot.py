"""One vote: two candidates are drawn and asked blind; their answers are shown without names until a verdict is given.

What is paid for is never lost: the open vote and its runs are in the ledger from the start, so a reload, a crash or
another tab finds them again (`ledger.votes`).
"""

import hashlib
import json
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random, SystemRandom
from typing import NamedTuple

from pydantic import JsonValue

from glm_playground.chat.plan import Addressed
from glm_playground.chat.setup import asked_of, asked_text
from glm_playground.evals.rating import Choice
from glm_playground.evals.suite import Suite
from glm_playground.gateway import ChatRequest, Gateways, Message
from glm_playground.ledger import Ledger, StoredRun
from glm_playground.ledger.votes import SKIPPED, StoredVote, blind_owner
from glm_playground.runs.cost import Cost
from glm_playground.runs.live_run import LiveRun
from glm_playground.runs.run import Outcome, Run
from glm_playground.runs.thinking import answer_of
from glm_playground.service import runtime, storage
from glm_playground.service.runner import GatewayRunner

_COMPARABLE = frozenset({Outcome.COMPLETED, Outcome.LENGTH, Outcome.FILTERED, Outcome.TOOL_CALLS, Outcome.UNKNOWN})
_STORED_WITHIN = timedelta(seconds=10)
"""So long after a vote was begun, a run that nobody knows may still be on its way to the database."""


class BallotQuestion(NamedTuple):
    """What both candidates are asked."""

    messages: tuple[Message, ...]
    max_tokens: int | None = None
    suite: str = ""
    """Its digest, where the prompt is a case of it."""
    case: str = ""
    tools: tuple[dict[str, JsonValue], ...] = ()
    """Those that both are offered."""

    @property
    def digest(self) -> str:
        """The same for the same messages, with their images, and tools."""
        said: list[object] = [(message.role, message.content) for message in self.messages]
        said += [message.images for message in self.messages if message.images]
        said += self.tools
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()

    def to(self, candidate: str, runner: GatewayRunner) -> Addressed:
        """The request to one candidate, as its gateway takes it."""
        model, gateway = asked_of(candidate)
        request = ChatRequest(model=model, messages=self.messages, max_tokens=self.max_tokens, tools=self.tools)
        return Addressed(gateway, request.said_in(runner.dialect(gateway)))


def suite_digest(suite: Suite) -> str:
    """What tells a suite from any other."""
    return suite.digest


@dataclass(frozen=True)
class Side:
    """One of the two answers."""

    run: Run | None
    """None where nothing of it is stored."""
    stored_cost: Cost | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing more comes."""
        return self.run is None or self.run.ended

    @property
    def cost(self) -> Cost | None:
        """None while it runs."""
        return self.run.cost if isinstance(self.run, LiveRun) else self.stored_cost

    @property
    def comparable(self) -> bool:
        """Whether there is an answer to judge."""
        return self.run is not None and self.run.outcome in _COMPARABLE


@dataclass(frozen=True)
class Ballot:
    """A vote with its two answers, which are those of a running engine or of the ledger."""

    vote: StoredVote
    a: Side
    b: Side

    @property
    def known(self) -> bool:
        """Whether both runs are; one that is not may be stored later, or lost."""
        return self.a.run is not None and self.b.run is not None

    @property
    def ended(self) -> bool:
        """Whether both answers are there, or nothing more comes."""
        coming = not self.known and datetime.now(UTC) - self.vote.created_at < _STORED_WITHIN
        return self.a.ended and self.b.ended and not coming

    @property
    def comparable(self) -> bool:
        """Whether both have ended with something to judge."""
        return self.a.comparable and self.b.comparable

    @property
    def live_runs(self) -> list[LiveRun]:
        """Those of its runs that this process drives."""
        return [side.run for side in (self.a, self.b) if isinstance(side.run, LiveRun) and not side.run.ended]


def addressed(candidates: Iterable[str], gateways: Gateways) -> list[str]:
    """The candidates, each once, with the gateway that is asked where they name none."""
    asked = map(asked_of, candidates)
    return list(dict.fromkeys(asked_text(model, gateway or gateways.first.name) for model, gateway in asked))


def drawn_pair(candidates: Sequence[str], chance: Random | None = None) -> tuple[str, str]:
    """Two different candidates for the sides A and B: each pair as likely as any other, each side too.

    Raises:
        ValueError: there are not two.
    """
    first, second = (chance or SystemRandom()).sample(list(dict.fromkeys(candidates)), 2)
    return first, second


def begin(
    ledger: Ledger,
    runner: GatewayRunner,
    question: BallotQuestion,
    candidates: Sequence[str],
    chance: Random | None = None,
) -> Ballot | None:
    """Draws two candidates, asks them at once, and gives the open vote; the one that is open already, if there is one.

    None where another tab was faster, and its vote is given already. The caller has checked the request to each
    candidate. Nothing is sent until the vote is stored.

    Raises:
        LedgerError: the vote cannot be stored.
        ValueError: there are not two candidates.
    """
    owner = runner.owner
    if found := open_ballot(ledger, owner):
        return found
    sides = drawn_pair(addressed(candidates, runner.gateways), chance)
    asked = [runner.gateways.find(gateway) for _model, gateway in map(asked_of, sides)]
    vote = StoredVote(
        id=uuid.uuid4().hex,
        run_a=uuid.uuid4().hex,
        run_b=uuid.uuid4().hex,
        candidate_a=sides[0],
        candidate_b=sides[1],
        prompt=question.digest,
        stand_in=any(gateway.stand_in for gateway in asked if gateway),
        created_at=datetime.now(UTC),
        suite=question.suite,
        case=question.case,
    )
    if not ledger.votes.begin(owner, vote):
        return open_ballot(ledger, owner)
    return Ballot(vote, *map(Side, _started(ledger, runner, question, vote)))


def _started(ledger: Ledger, runner: GatewayRunner, question: BallotQuestion, vote: StoredVote) -> list[LiveRun]:
    """Both runs of a stored vote; where one cannot be started, the vote is given up."""
    blind, runs = replace(runner, blind=True), list[LiveRun]()
    try:
        for side, run_id in ((vote.candidate_a, vote.run_a), (vote.candidate_b, vote.run_b)):
            gateway, request = question.to(side, runner)
            runs.append(blind.start(gateway, request, behind=None, warm_up=False, run_id=run_id))
    finally:
        if len(runs) < 2:
            for run in runs:
                blind.stop(run)
            ledger.votes.close(runner.owner, vote.id, SKIPPED)
    return runs


def open_ballot(ledger: Ledger, owner: str) -> Ballot | None:
    """The owner's open vote with its answers as far as they have come."""
    vote = ledger.votes.open_one(owner)
    return ballot_of(ledger, owner, vote) if vote else None


def ballot_of(ledger: Ledger, owner: str, vote: StoredVote) -> Ballot:
    """A vote with its answers."""
    ids = (vote.run_a, vote.run_b)
    live = [runtime.engine().live(run_id) for run_id in ids]
    if not all(live):
        # One that ended just now may not be stored yet.
        storage.catch_up()
    stored = {} if all(live) else ledger.runs(owner, ids) | ledger.runs(blind_owner(owner), ids)
    sides = [Side(run) if run else _stored(stored.get(run_id)) for run, run_id in zip(live, ids, strict=True)]
    return Ballot(vote, *sides)


def give(ledger: Ledger, owner: str, ballot: Ballot, choice: Choice | None, language: str) -> bool:
    """Keeps the verdict, or that there is none for None, and gives the runs to the history.

    False where the vote was given before, in another tab.

    Raises:
        LedgerError: it is not stored; the vote stays open.
    """
    # What is not stored yet would stay hidden from the history.
    storage.catch_up()
    lengths = [len(answer_of(side.run)) if side.run else 0 for side in (ballot.a, ballot.b)]
    verdict = choice.value if choice else SKIPPED
    return ledger.votes.close(owner, ballot.vote.id, verdict, language=language, characters=(lengths[0], lengths[1]))


def stop(ballot: Ballot) -> None:
    """Stops both answers; what has come of them stays."""
    for run in ballot.live_runs:
        runtime.engine().stop(run)


def _stored(found: StoredRun | None) -> Side:
    return Side(found.run, found.cost) if found else Side(None)
