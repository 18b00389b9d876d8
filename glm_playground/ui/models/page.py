"""The page of one model: from its sheet to its disagreements, in the order of the page."""

from collections import ChainMap
from collections.abc import Mapping

import streamlit as st

from glm_playground.catalog import Catalog, GatewaySheet, ModelCard, Source
from glm_playground.catalog.comparison import CARDS_OF_RUNAPI
from glm_playground.gateway import Gateway
from glm_playground.service import runtime
from glm_playground.ui.models import sheet
from glm_playground.ui.models.prices import draw_prices, price_notes
from glm_playground.ui.models.scores import draw_disagreements, scores_of, scores_table
from glm_playground.ui.models.use import (
    draw_questions,
    draw_quickstart,
    draw_skill,
    draw_steps,
    draw_uses,
    endpoint_rows,
)
from glm_playground.ui.shared import live_facts
from glm_playground.ui.shared.answer_markdown import literal
from glm_playground.ui.shared.fact_groups import group_rows
from glm_playground.ui.shared.fact_values import aside
from glm_playground.ui.shared.fact_view import FactView, Row
from glm_playground.ui.shared.i18n import _
from glm_playground.ui.shared.navigation import COMPARE, MODELS
from glm_playground.ui.shared.playground_link import draw_try_it

_LONGEST_SHOWN_ID = 80
_SPLIT = (6, 5)
"""Widths of the two columns."""


def draw_model(card: ModelCard, catalog: Catalog, server: Gateway) -> None:
    """Draws everything that is known about the model."""
    live = live_facts.live_facts(card.id, server)
    sources = ChainMap(live_facts.sources(server), dict(catalog.sources))
    view = FactView(sources)
    gateway = catalog.gateway("runapi") or GatewaySheet(id="runapi", name="RunAPI")
    _draw_top(card)
    left, right = st.columns(_SPLIT, gap="large")
    with left:
        _draw_sheet(card, live, view)
    with right:
        _title(_("Prices"))
        draw_prices(card, live, view)
        st.markdown("  \n".join(map(aside, price_notes(card, live))))
        _draw_scores(card, sources)
    left, right = st.columns(_SPLIT, gap="large")
    with left:
        _title(_("Endpoint and protocols"))
        view.draw_rows(endpoint_rows(card, gateway))
        _draw_more(card, view)
    with right:
        _title(_("Quickstart"))
        draw_quickstart(card.id, card.gateway("runapi") is not None)
    _draw_use(card, catalog, gateway, view)
    left, right = st.columns(_SPLIT, gap="large")
    with left:
        _title(_("Questions and answers"))
        draw_questions(card.id, gateway, view)
    with right:
        _title(_("Disagreements"))
        draw_disagreements(card, sources)
    draw_try_it(card.id, key="try-below", label=_("Try {model}").format(model=literal(card.name)), type="primary")
    view.draw_drawer()


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


def _draw_top(card: ModelCard) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _draw_path(literal(card.name))
        st.space("stretch")
        beside = [card.id, *(other for other in CARDS_OF_RUNAPI if other != card.id)]
        st.page_link(COMPARE, label=_("Compare"), query_params={"ids": ",".join(beside)}, help="")
        draw_try_it(card.id, key="try", label=_("Try it"), type="primary")
    st.markdown("  \n".join(sheet.two_lines(card)))


def _draw_path(name: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", width="content"):
        st.page_link(MODELS, label=_("Models"), help="")
        st.markdown(f"/ {name}", width="content")


def _draw_sheet(card: ModelCard, live: live_facts.LiveFacts, view: FactView) -> None:
    _title(_("Technical sheet"))
    view.draw_rows(sheet.page_rows(card, live, runtime.runs_since_start.seen(live.server.origin, card.id)))
    for title, rows in (
        (_("Limits and sizes"), sheet.limit_rows(card)),
        (_("Release and licence"), sheet.model_rows(card)),
        (_("Features"), sheet.feature_rows(card)),
    ):
        st.markdown(f":small[**{title}**]")
        view.draw_rows(rows)


def _draw_use(card: ModelCard, catalog: Catalog, gateway: GatewaySheet, view: FactView) -> None:
    left, right = st.columns(_SPLIT, gap="large")
    with left:
        _title(_("Model skill"))
        draw_skill(card, catalog, gateway, view)
    with right:
        _title(_("How to use it"))
        draw_steps(card.id, gateway, view)
        _title(_("Where to use it"))
        draw_uses(gateway, view)


def _draw_scores(card: ModelCard, sources: Mapping[str, Source]) -> None:
    _title(_("Scores"))
    scores = scores_of(card)
    if scores:
        st.markdown(scores_table(scores, sources))
        if any(score.conditions is None for score in scores):
            st.markdown(aside(_("Where no harness or setting stands, the publisher states none.")))
    else:
        note = card.facts.benchmarks_note.value
        st.markdown(_("unknown") + (f": {literal(note)}" if note else ""))


def _draw_more(card: ModelCard, view: FactView) -> None:
    """What few need, drawn once it is opened."""
    sections: tuple[tuple[str, str, list[Row]], ...] = (
        ("lifecycle", _("Lifecycle and providers"), group_rows(card, "lifecycle")),
        ("self_host", _("Self-hosting"), group_rows(card, "self_host")),
        ("capabilities", _("What RunAPI declares"), sheet.runapi_rows(card)),
        ("parameters", _("Request parameters and sampling ranges"), sheet.parameter_rows(card)),
        ("architecture", _("Architecture"), sheet.architecture_rows(card)),
        ("arithmetic", _("Our own count of the parameters"), sheet.arithmetic_rows(card)),
    )
    for key, title, rows in sections:
        if not rows:
            continue
        fold = st.expander(title, key=f"more-{key}", type="compact", on_change="rerun")
        if fold.open:
            with fold:
                view.draw_rows(rows)


def _title(text: str) -> None:
    st.markdown(f"#### {text}")
