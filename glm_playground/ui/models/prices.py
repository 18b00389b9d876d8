"""A model's prices: RunAPI beside Z.ai, and the configured gateway where it is neither."""

from decimal import Decimal

import streamlit as st

from glm_playground.catalog import Fact, ModelCard, PriceFacts
from glm_playground.ui.shared.answer_markdown import literal
from glm_playground.ui.shared.fact_values import aside, money
from glm_playground.ui.shared.fact_view import FactView, Row
from glm_playground.ui.shared.i18n import _
from glm_playground.ui.shared.live_facts import LiveFacts

# Four of them fit a phone.
_COLUMN_WIDTH = 86


def draw_prices(card: ModelCard, live: LiveFacts, view: FactView) -> None:
    """Draws one row a token class and the headline, figures to the right."""
    own = not live.is_runapi and bool(live.prices)
    grid = st.grid(
        4 if own else 3, min_column_width=_COLUMN_WIDTH, wrap=False, gap=(0, "xxsmall"), vertical_alignment="center"
    )
    names = [_dated(_("RunAPI"), card.price("runapi"), live), _dated(_("Z.ai"), card.price("zai"), None)]
    if own:
        name = literal(live.server.name)
        play_money = _("play money")
        names.append(f":orange[{play_money}]" if live.server.stand_in else name)
    grid.markdown(aside(_("USD / 1M tokens")))
    for name in names:
        grid.markdown(aside(name), text_alignment="right")
    for key, label, facts in _lines(card, live, own):
        grid.markdown(aside(label))
        for place, (name, fact) in enumerate(zip(names, facts, strict=True)):
            text = _("unknown") if fact.value is None else money(fact.value)
            with grid.cell(), st.container(horizontal_alignment="right"):
                view.draw_value(Row(f"price.{key}.{place}", f"{label}, {name}", text, ((label, fact),)))


def _dated(name: str, price: PriceFacts, live: LiveFacts | None) -> str:
    """The publisher with the month its prices were read, or the time where they were read now."""
    if live and live.is_runapi and live.prices and live.prices_read_at:
        return f"{name} {live.prices_read_at:%H:%M}"
    dates = [fact.read for _key, fact in price.items() if fact.read]
    return f"{name} {max(dates):%Y-%m}" if dates else name


def _lines(card: ModelCard, live: LiveFacts, own: bool) -> list[tuple[str, str, list[Fact[Decimal]]]]:
    runapi, zai = card.price("runapi"), card.price("zai")
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
