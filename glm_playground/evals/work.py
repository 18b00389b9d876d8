"""What the cells of an evaluation ask: of whom, with which request, and what it may use at most."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from glm_playground.chat.plan import RequestLimits
from glm_playground.chat.setup import Setup
from glm_playground.evals.candidates import name_of, request_for
from glm_playground.evals.judge_cells import JudgeCells
from glm_playground.evals.suite import FilledCase, Suite
from glm_playground.gateway import ChatRequest, Dialect, Gateway
from glm_playground.ledger.evaluation_values import CellKey
from glm_playground.runs.caps import Amount, Key, UsageClaim
from glm_playground.runs.cost import Price
from glm_playground.runs.tokens import image_count
from glm_playground.service.caps import claim_of

_NO_LIMITS = RequestLimits()


@dataclass(frozen=True)
class Candidate:
    """A setup with what is known of its gateway and model."""

    setup: Setup
    gateway: Gateway
    keys: tuple[Key, ...] = ()
    """For whom its requests count against the operator's caps."""
    limits: RequestLimits = _NO_LIMITS
    price: Callable[[], Price | None] = lambda: None
    dialect: Callable[[], Dialect] = Dialect

    @property
    def name(self) -> str:
        """As it is shown."""
        return name_of(self.setup, self.gateway.stand_in)


class CellRequest(NamedTuple):
    """What one cell sends."""

    candidate: Candidate
    request: ChatRequest
    claim: UsageClaim
    unsupported: bool = False
    """Whether it is not sent: it has an image, and nobody says that the model takes any."""

    @property
    def most(self) -> Amount:
        """What it may use at most."""
        return Amount() if self.unsupported else self.claim.most

    @property
    def counted(self) -> UsageClaim | None:
        """The claim where the operator's caps hold for it."""
        return self.claim if self.claim.keys else None


class Work:
    """The cells of a suite and its candidates, and of the judge where there is one; nothing is held for each.

    Args:
        suite: what is asked.
        candidates: who is asked.
        judge: as a candidate, with what it is asked.
    """

    def __init__(
        self, suite: Suite, candidates: Sequence[Candidate], judge: tuple[Candidate, JudgeCells] | None = None
    ) -> None:
        self.suite = suite
        self.judge = judge
        self.candidates = tuple(candidates)
        self.cases: tuple[FilledCase, ...] = tuple(suite.asked())

    def at(self, place: int) -> Candidate:
        """Who is asked on a place."""
        if self.judge and place >= len(self.candidates):
            return self.judge[0]
        return self.candidates[place]

    @property
    def judge_places(self) -> tuple[int, ...]:
        """Those on which the judge is asked."""
        return tuple(self.judge[1].places.all) if self.judge else ()

    def asked(self, key: CellKey) -> CellRequest:
        """What that cell sends."""
        candidate = self.at(key.candidate)
        if self.judge and key.candidate >= len(self.candidates):
            request = self.judge[1].request(key, images=candidate.limits.images).said_in(candidate.dialect())
        else:
            request = request_for(candidate.setup, self.cases[key.case], candidate.dialect())
        claim = claim_of(request, candidate.keys, candidate.limits, candidate.price())
        return CellRequest(candidate, request, claim, bool(image_count(request)) and not candidate.limits.images)

    def once(self) -> Iterator[CellRequest]:
        """What is sent in one repeat."""
        for case in range(len(self.cases)):
            for candidate in range(len(self.candidates)):
                yield self.asked(CellKey(0, case, candidate))

    @property
    def by_gateway(self) -> Mapping[str, tuple[int, ...]]:
        """The places of the candidates at each gateway, and of the judge."""
        found: dict[str, tuple[int, ...]] = {}
        for place in (*range(len(self.candidates)), *self.judge_places):
            name = self.at(place).gateway.name
            found[name] = (*found.get(name, ()), place)
        return found
