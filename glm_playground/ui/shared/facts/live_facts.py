"""What the configured gateway says of a model now, as facts laid over the published ones."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from glm_playground.catalog import AnyFact, Claim, Fact, Source
from glm_playground.gateway import Gateway, PriceSchedule
from glm_playground.gateway.gateways import RUNAPI
from glm_playground.gateway.live import LiveModels
from glm_playground.service import runtime
from glm_playground.ui.shared.i18n import _, moment

PRICES, MODELS = "live_prices", "live_models"
"""Ids of the two sources that are read while the app runs."""


@dataclass(frozen=True)
class LiveFacts:
    """One model on the configured gateway, now. What was not read, or not said, is unknown."""

    server: Gateway
    listed: Fact[bool]
    prices: Mapping[str, Fact[Decimal]] = field(default_factory=dict)
    """US dollars per 1M tokens by token class."""
    prices_read_at: datetime | None = None
    models_read_at: datetime | None = None
    waiting: bool = False

    @property
    def is_runapi(self) -> bool:
        """Whether its prices are claims about RunAPI; a sandbox's or another gateway's are not."""
        return self.server.seller == RUNAPI

    def over(self, token_class: str, snapshot: Fact[Decimal]) -> Fact[Decimal]:
        """RunAPI's published price with the one read now laid over it."""
        live = self.prices.get(token_class)
        if live is None or not self.is_runapi:
            return snapshot
        return Fact[Decimal](
            value=live.value,
            unit=snapshot.unit,
            claims=live.claims + snapshot.claims,
            why=_("read from the gateway's own list, later than what was published"),
        )


def ask(server: Gateway) -> None:
    """Asks in the background for what is older than ten minutes."""
    runtime.ask_prices(server)
    runtime.ask_models(server)


def live_facts(model: str, server: Gateway) -> LiveFacts:
    """What is known now of `model` on `server`."""
    prices, models = runtime.live_prices(server), runtime.live_models(server)
    schedule = prices.value.prices.schedules.get(model) if prices.value else None
    return LiveFacts(
        server=server,
        listed=_listed(model, models),
        prices=_price_facts(schedule, server, prices.value.read_at) if prices.value and schedule else {},
        prices_read_at=prices.value.read_at if prices.value else None,
        models_read_at=models.value.read_at if models.value else None,
        waiting=prices.waiting or models.waiting,
    )


def priced_models(server: Gateway) -> Collection[str]:
    """Ids of the models that the gateway's own list has a price of; a stand-in's are play money, and none."""
    prices = runtime.live_prices(server).value
    return prices.prices.schedules.keys() if prices and not server.stand_in else ()


def sources(server: Gateway) -> dict[str, Source]:
    """The sources that were read while the app runs, by id."""
    prices, models = runtime.live_prices(server).value, runtime.live_models(server).value
    found = {}
    if prices:
        found[PRICES] = _source(PRICES, server, f"{server.site}/api/v1/price_schedules", prices.read_at)
    if models:
        found[MODELS] = _source(MODELS, server, f"{server.api_root}/models", models.read_at)
    return found


def _listed(model: str, models: runtime.Live[LiveModels]) -> Fact[bool]:
    if models.value is None:
        return Fact[bool](why=_problem_text(models))
    ids, read_at = models.value.ids, models.value.read_at
    note = _("read at {time}; a key may be shown fewer models than there are").format(time=moment(read_at))
    claim = Claim[bool](value=model in ids, source=MODELS, read=read_at.date(), kind="gateway", note=note)
    return Fact[bool](value=claim.value, claims=(claim,))


def _price_facts(schedule: PriceSchedule, server: Gateway, read_at: datetime) -> dict[str, Fact[Decimal]]:
    note = _("read at {time}").format(time=moment(read_at))
    if server.stand_in:
        note = _("play money of the sandbox, not a price of RunAPI; {note}").format(note=note)
    facts = {}
    for token_class in ("input", "output", "cache_read"):
        value: Decimal | None = getattr(schedule, token_class)
        if value is not None:
            claim = Claim[Decimal](
                value=value,
                source=PRICES,
                read=read_at.date(),
                kind="gateway",
                as_of=schedule.as_of[:10] or None,
                note=note,
            )
            facts[token_class] = Fact[Decimal](value=value, unit="USD / 1M tokens", claims=(claim,))
    return facts


def _source(source_id: str, server: Gateway, url: str, read_at: datetime) -> Source:
    return Source(id=source_id, publisher=server.name, kind="gateway", read=read_at.date(), url=url)


def _problem_text(asked: runtime.Live[LiveModels]) -> str | None:
    if asked.waiting:
        return _("the gateway was asked and has not answered yet")
    return _("the gateway could not be read: {reason}").format(reason=asked.problem.message) if asked.problem else None


class LiveNotice(NamedTuple):
    """Something to say about a gateway's live answers: a headline and the reasons, none of it Markdown yet."""

    title: str
    reasons: tuple[str, ...]


def notices(server: Gateway, known_ids: frozenset[str]) -> list[LiveNotice]:
    """Why live facts are missing or left out, so that the published ones stand."""
    found = []
    prices, models = runtime.live_prices(server), runtime.live_models(server)
    for asked, title in (
        (prices, _("The price list of {server} could not be read; the published prices stand.")),
        (models, _("The list of models of {server} could not be read.")),
    ):
        if asked.problem:
            found.append(LiveNotice(title.format(server=server.name), (asked.problem.message,)))
    if prices.value and prices.value.prices.ignored:
        title = _("Rows of the price list of {server} were left out; the published prices stand for them.")
        found.append(LiveNotice(title.format(server=server.name), prices.value.prices.ignored))
    unknown = sorted(prices.value.prices.schedules.keys() - known_ids) if prices.value else []
    if unknown:
        title = _("{server} prices models that have no card here.")
        found.append(LiveNotice(title.format(server=server.name), tuple(unknown)))
    return found


def listed_fact_text(fact: AnyFact) -> str:
    """Whether the gateway lists the model now, in words."""
    return {True: _("listed now"), False: _("not listed now"), None: _("unknown")}[fact.value]
