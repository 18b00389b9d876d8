"""What the cells of an evaluation ask: of whom, with which request, and what it may use at most."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from glm_playground.chat.plan import RequestLimits
from glm_playground.chat.setup import Setup
from glm_playground.evals.candidates import name_of, request_for
from glm_playground.evals.suite import FilledCase, Suite
from glm_playground.gateway import ChatRequest, Dialect, Gateway
from glm_playground.ledger.evaluation_values import CellKey
from glm_playground.runs.caps import Claim, Key
from glm_playground.runs.cost import Price
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


class Asked(NamedTuple):
    """What one cell sends."""

    candidate: Candidate
    request: ChatRequest
    claim: Claim

    @property
    def counted(self) -> Claim | None:
        """The claim where the operator's caps hold for it."""
        return self.claim if self.claim.keys else None


class Work:
    """The cells of a suite and its candidates; nothing is held for each."""

    def __init__(self, suite: Suite, candidates: Sequence[Candidate]) -> None:
        self.suite = suite
        self.candidates = tuple(candidates)
        self.cases: tuple[FilledCase, ...] = tuple(suite.asked())

    def asked(self, key: CellKey) -> Asked:
        """What that cell sends."""
        candidate = self.candidates[key.candidate]
        request = request_for(candidate.setup, self.cases[key.case], candidate.dialect())
        return Asked(candidate, request, claim_of(request, candidate.keys, candidate.limits, candidate.price()))

    def once(self) -> Iterator[Asked]:
        """What is sent in one repeat."""
        for case in range(len(self.cases)):
            for candidate in range(len(self.candidates)):
                yield self.asked(CellKey(0, case, candidate))

    @property
    def by_gateway(self) -> Mapping[str, tuple[int, ...]]:
        """The places of the candidates at each gateway."""
        found: dict[str, tuple[int, ...]] = {}
        for place, candidate in enumerate(self.candidates):
            found[candidate.gateway.name] = (*found.get(candidate.gateway.name, ()), place)
        return found
