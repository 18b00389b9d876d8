"""A model's card on the wall as HTML, with its links."""

from collections.abc import Mapping
from urllib.parse import quote

from glm_playground.catalog import ModelCard, Source
from glm_playground.ui.models.filters import Badge, CardPrice, badge_names, badges
from glm_playground.ui.models.glance import glance, said_by
from glm_playground.ui.shared.facts.fact_values import title
from glm_playground.ui.shared.i18n import _, today
from glm_playground.ui.shared.page.own_html import own_html, page_link
from glm_playground.ui.shared.text.answer_markdown import literal
from glm_playground.ui.shared.text.styled import styled

_LINE_END = "  \n"
_BADGE_STYLES: dict[Badge, str] = {"new": "blue-badge", "free": "green-badge"}


def card_html(card: ModelCard, price: CardPrice, sources: Mapping[str, Source]) -> str:
    """The card with what is told of the model, and ways to its page and into the playground."""
    text = own_html("\n\n".join((title(literal(card.name)), _lines(card, price, sources))))
    model = quote(card.id)
    open_it = page_link(f"/?id={model}", _("Open {name}").format(name=card.name), "open")
    try_it = page_link(f"/playground?model={model}", _("Try it"), "try")
    return f"{text}<p>{open_it} {try_it}</p>"


def _lines(card: ModelCard, price: CardPrice, sources: Mapping[str, Source]) -> str:
    """What is told of the model in small letters, a line each: its badges, what it is for, its figures."""
    names = badge_names()
    told = [styled(_BADGE_STYLES.get(badge, "gray-badge"), names[badge]) for badge in badges(card, price, today())]
    lines = [" ".join(told)] if told else []
    use = card.best_for
    if use.value:
        words = _("Best for “{use}”").format(use=literal(use.value))
        lines.append(f"{words} {said_by((use,), sources)}".rstrip())
    lines += [_line(figure.label, figure.text, said_by(figure.facts, sources)) for figure in glance(card, price)]
    return f":small[{_LINE_END.join(lines)}]"


def _line(label: str, value: str, publisher: str) -> str:
    return f"{label} **{value}** {publisher}".rstrip()
