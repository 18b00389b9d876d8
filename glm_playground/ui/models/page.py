"""The page of one model: five figures, and in tabs its sheet, prices, scores, use, self-hosting and disagreements."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

import streamlit as st

from glm_playground.catalog import Catalog, GatewaySheet, ModelCard, Source
from glm_playground.catalog.comparison import CARDS_OF_RUNAPI
from glm_playground.gateway import Gateway
from glm_playground.service import runtime
from glm_playground.ui.models import sheet
from glm_playground.ui.models.for_programs import model_links
from glm_playground.ui.models.glance import card_price, glance, said_by
from glm_playground.ui.models.measured_view import draw_measured
from glm_playground.ui.models.prices import Offers, price_notes, price_rows, prices_table
from glm_playground.ui.models.probe_view import draw_probes
from glm_playground.ui.models.scores import draw_disagreements, scores_of, scores_table
from glm_playground.ui.models.use import (
    draw_questions,
    draw_quickstart,
    draw_skill,
    draw_steps,
    draw_uses,
    endpoint_rows,
    guide_rows,
    skill_rows,
)
from glm_playground.ui.shared.facts import live_facts
from glm_playground.ui.shared.facts.fact_groups import group_rows
from glm_playground.ui.shared.facts.fact_values import aside, table_head
from glm_playground.ui.shared.facts.fact_view import FactView, Section
from glm_playground.ui.shared.facts.live_prices import laid_over, own_sellers, sources_of
from glm_playground.ui.shared.facts.price_basis import asked_sellers, kept_basis
from glm_playground.ui.shared.i18n import _, language
from glm_playground.ui.shared.page.first_screen import draw_rest_soon, first_screen_only
from glm_playground.ui.shared.page.navigation import COMPARE, MODELS
from glm_playground.ui.shared.page.own_html import own_html, page_link
from glm_playground.ui.shared.page.playground_link import draw_try_it
from glm_playground.ui.shared.text.answer_markdown import literal

_LONGEST_SHOWN_ID = 80
_PAGE = "sheet"
_SPLIT = (6, 5)
"""Widths of the two columns."""
TAB = "tab"
"""Names the open tab in the address; the overview has no name."""


@dataclass(frozen=True)
class _Sheet:
    """What the tabs of one page draw from."""

    card: ModelCard
    catalog: Catalog
    live: live_facts.LiveFacts
    offers: Offers
    sources: Mapping[str, Source]
    unfolded: bool = False
    """Whether what is folded is open, since paper cannot be clicked."""

    @property
    def gateway(self) -> GatewaySheet:
        return self.catalog.gateway("runapi") or GatewaySheet(id="runapi", name="RunAPI")

    def overview(self) -> list[Section]:
        card = self.card
        seen = runtime.runs_since_start.seen(self.live.server.origin, card.id)
        return [
            (_("Technical sheet"), sheet.page_rows(card, self.live, seen)),
            (_("Limits and sizes"), sheet.limit_rows(card)),
            (_("Release and licence"), sheet.model_rows(card)),
        ]

    def use(self) -> list[Section]:
        card = self.card
        return [
            (_("Endpoint and protocols"), endpoint_rows(card, self.gateway)),
            (_("Features"), sheet.feature_rows(card)),
            (_("Lifecycle and providers"), group_rows(card, "lifecycle")),
            (_("What RunAPI declares"), sheet.runapi_rows(card)),
            (_("Request parameters and sampling ranges"), sheet.parameter_rows(card)),
        ]

    def self_host(self) -> list[Section]:
        card = self.card
        return [
            (_("Weights and licence"), sheet.weight_rows(card)),
            (_("Self-hosting"), group_rows(card, "self_host")),
            (_("Architecture"), sheet.architecture_rows(card)),
            (_("Our own count of the parameters"), sheet.arithmetic_rows(card)),
        ]

    def every_section(self) -> list[Section]:
        skill, guide = skill_rows(self.card, self.gateway), guide_rows(self.gateway)
        prices = price_rows(self.offers)
        others = [(_("Prices"), prices), (_("Model skill"), skill), (_("How to use it"), guide)]
        return [*self.overview(), *self.use(), *self.self_host(), *others]


def draw_model(card: ModelCard, catalog: Catalog, server: Gateway) -> None:
    """Draws everything that is known about the model: five figures, and in tabs the rest."""
    sources = sources_of(catalog, server)
    live = live_facts.live_facts(card.id, server)
    one = _Sheet(card, catalog, live, Offers(card, live, laid_over((card,), server), kept_basis()), sources)
    view = FactView(sources, one.every_section())
    _draw_top(card, view)
    said, figures = own_html("  \n".join(sheet.two_lines(card))), own_html(_figures(one.offers, sources))
    st.html(f'{said}<div class="figures">{figures}</div>')
    tabs: dict[str, tuple[str, Callable[[_Sheet, FactView], None]]] = {
        "overview": (_("Overview"), _draw_overview),
        "prices": (_("Prices"), _draw_prices),
        "scores": (_("Scores"), _draw_scores),
        "measured": (_("Measured"), _draw_measured),
        "use": (_("Use"), _draw_use),
        "self-host": (_("Self-host"), _draw_self_host),
        "disagreements": (_("Disagreements"), _draw_disagreements),
        "print": (_("Print view"), _draw_all),
    }
    # Another model's page, and another language, begins with the tab that its address names.
    key = f"sheet-{card.id}-{language()}"
    if key not in st.session_state and (asked := st.query_params.get(TAB)) in tabs:
        st.session_state[key] = tabs[asked][0]
    places = st.tabs([label for label, _draw in tabs.values()], key=key, on_change="rerun")
    for place, (name, (_label, draw)) in zip(places, tabs.items(), strict=True):
        if place.open:
            st.query_params.from_dict({"id": card.id} | ({TAB: name} if name != "overview" else {}))
            with place:
                draw(one, view)


def draw_unknown(model_id: str, catalog: Catalog) -> None:
    """Says that there is no such model, and which are near."""
    shown = literal(model_id[:_LONGEST_SHOWN_ID])
    _draw_path(shown)
    st.info(
        _("Nothing is published here about {id}. It may be misspelt, or newer than this catalogue.").format(id=shown),
        title=_("There is no model of this id."),
    )
    near = catalog.near_names(model_id)
    st.markdown(_("Did you mean one of these?") if near else _("These models are known:"))
    with st.container(horizontal=True):
        for name in near or catalog.order:
            st.page_link(MODELS, label=catalog[name].name, query_params={"id": name}, help="")


def draw_rejected(catalog: Catalog) -> None:
    """Says which data files were refused and why; the models in them are missing."""
    if not catalog.rejected:
        return
    lines = [
        f"- {literal(entry.file)}, {literal(entry.key or '-')}: {literal(entry.reason)}" for entry in catalog.rejected
    ]
    st.error(
        "\n".join(lines),
        title=_("Some data files were refused; what they say is missing on these pages."),
    )


def _draw_top(card: ModelCard, view: FactView) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        back = page_link("/", _("All models"))
        st.html(f"<p>{back}</p>", width="stretch")
        view.draw_button()
        beside = [card.id, *(other for other in CARDS_OF_RUNAPI if other != card.id)]
        st.page_link(COMPARE, label=_("Compare"), query_params={"ids": ",".join(beside)}, help="")
        draw_try_it(card.id)


def _figures(offers: Offers, sources: Mapping[str, Source]) -> str:
    """One table is a fifth of what five elements take to draw. The size stands in the sentence above."""
    sellers = asked_sellers(offers.basis, own_sellers(offers.over))
    figures = glance(offers.card, card_price(offers.card, offers.over, sellers))[1:]
    lines = table_head(tuple(figure.label for figure in figures))
    lines.append(f"| {' | '.join(f'**{figure.text}**' for figure in figures)} |")
    lines.append(f"| {' | '.join(said_by(figure.facts, sources) for figure in figures)} |")
    return "\n".join(lines)


def _draw_path(name: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", width="content"):
        st.page_link(MODELS, label=_("Models"), help="")
        st.markdown(f"/ {name}", width="content")


def _draw_overview(one: _Sheet, view: FactView) -> None:
    first, below, beside = one.overview()
    part = first_screen_only(_PAGE)
    columns = ([first] if part else [first, below], [beside])
    drawn = "".join(f"<div>{own_html(_tables(sections, view))}</div>" for sections in columns)
    st.html(f'<div class="columns">{drawn}</div>')
    if part:
        draw_rest_soon(_PAGE)


def _draw_prices(one: _Sheet, view: FactView) -> None:
    notes = "  \n".join(price_notes(one.offers))
    st.markdown("\n\n".join((_title(_("Prices")), prices_table(one.offers), notes)))


def _draw_scores(one: _Sheet, view: FactView) -> None:
    paragraphs = [_title(_("Scores"))]
    scores = scores_of(one.card)
    if scores:
        paragraphs.append(scores_table(scores, one.sources))
        if any(score.conditions is None for score in scores):
            paragraphs.append(aside(_("Where no harness or setting stands, the publisher states none.")))
    else:
        note = one.card.facts.benchmarks_note.value
        paragraphs.append(_("unknown") + (f": {literal(note)}" if note else ""))
    st.markdown("\n\n".join(paragraphs))


def _draw_measured(one: _Sheet, view: FactView) -> None:
    draw_probes(one.card, one.sources)
    draw_measured(one.card.id)


def _draw_use(one: _Sheet, view: FactView) -> None:
    card, gateway = one.card, one.gateway
    endpoint, *declared = one.use()
    left, right = st.columns(_SPLIT, gap="large")
    with left:
        st.markdown(_tables([endpoint], view))
        st.markdown(_title(_("Model skill")))
        draw_skill(card, one.catalog, gateway, view, unfolded=one.unfolded)
        st.markdown(_tables(declared, view))
    with right:
        st.markdown(_title(_("Quickstart")))
        draw_quickstart(card.id, card.gateway("runapi") is not None)
        st.markdown(_title(_("How to use it")))
        draw_steps(card.id, gateway, view)
        st.markdown(_title(_("Where to use it")))
        draw_uses(gateway, view)
        st.markdown(_title(_("Questions and answers")))
        draw_questions(card.id, gateway, view, unfolded=one.unfolded)
        st.markdown(aside(model_links(card.id)))


def _draw_self_host(one: _Sheet, view: FactView) -> None:
    st.markdown(_tables(one.self_host(), view))


def _draw_disagreements(one: _Sheet, view: FactView) -> None:
    st.markdown(_title(_("Disagreements")))
    draw_disagreements(one.card, one.sources, unfolded=one.unfolded)


def _draw_all(one: _Sheet, view: FactView) -> None:
    """Everything below one another, for paper."""
    one = replace(one, unfolded=True)
    for draw in (
        _draw_overview,
        _draw_prices,
        _draw_scores,
        _draw_measured,
        _draw_use,
        _draw_self_host,
        _draw_disagreements,
    ):
        draw(one, view)


def _tables(sections: Iterable[Section], view: FactView) -> str:
    return "\n\n".join(f"{_title(title)}\n\n{view.table(rows)}" for title, rows in sections if rows)


def _title(text: str) -> str:
    return f"#### {text}"
