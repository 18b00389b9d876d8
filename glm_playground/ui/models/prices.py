"""A model's prices: RunAPI beside Z.ai, and the configured gateway where it is neither."""

from decimal import Decimal

from glm_playground.catalog import Fact, ModelCard, PriceFacts
from glm_playground.ui.shared.answer_markdown import literal
from glm_playground.ui.shared.fact_values import money, table_head
from glm_playground.ui.shared.fact_view import Row
from glm_playground.ui.shared.i18n import _
from glm_playground.ui.shared.live_facts import LiveFacts


def price_rows(card: ModelCard, live: LiveFacts) -> list[Row]:
    """One row a price: what is paid for, and at whom."""
    return [
        Row(f"price.{key}.{place}", f"{label}, {name}", _amount(fact), ((label, fact),))
        for key, label, facts in _lines(card, live)
        for place, (name, fact) in enumerate(zip(_names(card, live), facts, strict=True))
    ]


def prices_table(card: ModelCard, live: LiveFacts) -> str:
    """One line a token class and the headline, figures to the right, as Markdown."""
    names = _names(card, live)
    if _own(live) and live.server.stand_in:
        play_money = _("play money")
        names[-1] = f":orange[{play_money}]"
    lines = table_head((_("USD / 1M tokens"), *names), ("---", *("--:" for _name in names)))
    lines += [f"| {label} | {' | '.join(map(_amount, facts))} |" for _key, label, facts in _lines(card, live)]
    return "\n".join(lines)


def _own(live: LiveFacts) -> bool:
    """Whether the configured gateway has prices of its own."""
    return not live.is_runapi and bool(live.prices)


def _names(card: ModelCard, live: LiveFacts) -> list[str]:
    names = [_dated(_("RunAPI"), card.price("runapi"), live), _dated(_("Z.ai"), card.price("zai"), None)]
    return names + ([literal(live.server.name)] if _own(live) else [])


def _amount(fact: Fact[Decimal]) -> str:
    return _("unknown") if fact.value is None else money(fact.value)


def _dated(name: str, price: PriceFacts, live: LiveFacts | None) -> str:
    """The publisher with the month its prices were read, or the time where they were read now."""
    if live and live.is_runapi and live.prices and live.prices_read_at:
        return f"{name} {live.prices_read_at:%H:%M}"
    dates = [fact.read for _key, fact in price.items() if fact.read]
    return f"{name} {max(dates):%Y-%m}" if dates else name


def _lines(card: ModelCard, live: LiveFacts) -> list[tuple[str, str, list[Fact[Decimal]]]]:
    runapi, zai, own = card.price("runapi"), card.price("zai"), _own(live)
    labels = {
        "input": _("Input"),
        "output": _("Output"),
        "cache_read": _("Cached input"),
        "cache_write_5m": _("Cache write, 5 min"),
        "cache_write_1h": _("Cache write, 1 h"),
    }
    lines = []
    for key, fact in runapi.classes:
        facts = [live.over(key, fact), getattr(zai, key)]
        lines.append((key, labels[key], facts + ([live.prices.get(key, Fact())] if own else [])))
    headline = [runapi.headline, zai.headline] + ([Fact()] if own else [])
    return [*lines, ("headline", _("Headline, per 1K"), headline)]


def price_notes(card: ModelCard, live: LiveFacts) -> list[str]:
    """What must be said beside the figures, as Markdown."""
    runapi, zai = card.price("runapi"), card.price("zai")
    notes = []
    if runapi.headline.known:
        notes.append(
            _(
                "RunAPI's headline per 1K tokens is never used for a cost: where its pages print both, they "
                "disagree 10 to 100 times."
            )
        )
    if zai.historical:
        notes.append(_("Z.ai no longer lists this model; its prices are the last ones it published."))
    if card.gateway("runapi") is None:
        notes.append(_("RunAPI was not seen to serve this model."))
    if zai.cache_storage.known:
        notes.append(_("Z.ai stores a cached prompt free for a limited time."))
    notes.append(_live_note(runapi, live))
    return notes


def _live_note(runapi: PriceFacts, live: LiveFacts) -> str:
    server = literal(live.server.name)
    if live.prices and live.prices_read_at:
        time = f"{live.prices_read_at:%H:%M}"
        return _("{server}'s own list was read at {time} UTC.").format(server=server, time=time)
    if live.waiting:
        return _("{server} is being asked for its prices.").format(server=server)
    if live.prices_read_at:
        return _("{server}'s own list has no price for this model.").format(server=server)
    return _("{server}'s own list was not read; these are the published prices with their dates.").format(server=server)
