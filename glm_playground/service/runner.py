"""Starts the runs of a session at its gateways, for their owner."""

from dataclasses import dataclass

from glm_playground.chat.plan import RequestLimits
from glm_playground.gateway import ChatRequest, Dialect, Gateway, Gateways
from glm_playground.ledger.votes import blind_owner
from glm_playground.runs.caps import UsageClaim
from glm_playground.runs.cost import Price
from glm_playground.runs.live_run import LiveRun
from glm_playground.runs.run import Run
from glm_playground.service import dialects, runtime
from glm_playground.service.caps import claim_of, keys_of
from glm_playground.service.limits import limits_of


@dataclass(frozen=True)
class GatewayRunner:
    """The `chat.start.Runner` of one owner and the gateways that may be asked."""

    gateways: Gateways
    owner: str
    address: str = ""
    """The client's, as it is counted, or ""."""
    present: bool = False
    """Whether the runs count against the cap of the page Present."""
    blind: bool = False
    """Whether the runs are kept out of the owner's history until a vote is given; the caps count them all the same."""

    def start(
        self, gateway: str, request: ChatRequest, *, behind: Run | None, warm_up: bool, run_id: str = ""
    ) -> LiveRun:
        """Starts a run and stores it; `run_id` is its id, where that is chosen already.

        Raises:
            LookupError: there is no such gateway.
        """
        asked = self.gateways.find(gateway)
        if asked is None:
            raise LookupError("there is no gateway with this name")
        runtime.ask_prices(asked)
        claim = self.claim(asked, request)
        owner = blind_owner(self.owner) if self.blind else self.owner
        return runtime.start(request, asked, owner, behind=behind, warm_up=warm_up, claim=claim, run_id=run_id)

    def has(self, gateway: str) -> bool:
        """Whether there is a gateway with this name."""
        return self.gateways.find(gateway) is not None

    def stop(self, *runs: LiveRun) -> None:
        """Stops runs, those that wait for others first; those that ended are left alone."""
        runtime.engine().stop(*runs)

    def dialect(self, gateway: str) -> Dialect:
        """How the gateway is spoken to."""
        asked = self.gateways.find(gateway)
        return dialects.dialect_of(asked) if asked else Dialect()

    def leave_out(self, run: Run, field: str) -> bool:
        """Leaves a field that `run` was refused for out of all later requests to its gateway."""
        asked = self.gateways.find(run.server.name)
        return asked is not None and dialects.leave_out(asked, run, field)

    def limits(self, gateway: str, model: str) -> RequestLimits:
        """What the gateway takes, and the fields that the operator lists; see `limits_of`."""
        asked = self.gateways.find(gateway)
        return limits_of(asked, model) if asked else RequestLimits()

    def price(self, gateway: str, model: str) -> Price | None:
        """The gateway's own price, else the published one."""
        asked = self.gateways.find(gateway)
        return runtime.price_of(asked, model) if asked else None

    def claim(self, gateway: Gateway, request: ChatRequest) -> UsageClaim | None:
        """What a request may use at most, and for whom it counts; None where nobody counts it."""
        keys = keys_of(gateway, self.owner, self.address, present=self.present)
        if not keys:
            return None
        limits = self.limits(gateway.name, request.model)
        return claim_of(request, keys, limits, self.price(gateway.name, request.model))
