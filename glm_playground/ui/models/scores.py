"""A model's published scores, and where its sources disagree."""

from collections.abc import Mapping
from itertools import chain

import streamlit as st

from glm_playground.catalog import Discrepancy, ModelCard, Score, Source
from glm_playground.ui.shared.facts.board_words import conditions_text
from glm_playground.ui.shared.facts.fact_values import aside, kind_name, published, table_head, value_text
from glm_playground.ui.shared.facts.fact_view import source_link
from glm_playground.ui.shared.i18n import _, day, ngettext
from glm_playground.ui.shared.text.answer_markdown import literal


def scores_of(card: ModelCard) -> list[Score]:
    """The model's scores with the ones a gateway claims, by benchmark."""
    everyone = chain(card.scores, *(table.scores for table in card.gateways))
    return sorted(everyone, key=lambda score: score.benchmark.casefold())


def scores_table(scores: list[Score], sources: Mapping[str, Source]) -> str:
    """One line a score: under which conditions, who published it, when it was read."""
    lines = table_head((_("Benchmark, harness"), _("Score"), _("Published by")), ("---", "--:", "---"))
    for score in scores:
        source = sources.get(score.source)
        cells = (
            literal(score.benchmark) + _conditions(score),
            value_text(score.value, score.unit),
            f":small[{source_link(source, short=True) if source else literal(score.publisher)} "
            f":gray[{kind_name(score.kind)} {score.read:%Y-%m}]]",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _conditions(score: Score) -> str:
    return f" :small[:gray[{literal(conditions_text(score.conditions))}]]" if score.conditions else ""


def draw_disagreements(card: ModelCard, sources: Mapping[str, Source], *, unfolded: bool) -> None:
    """Draws each disagreement: what was claimed by whom, and how it is read here; folded unless `unfolded`."""
    things = len(card.discrepancies)
    summary = ngettext("Sources disagree in {count} thing.", "Sources disagree in {count} things.", things)
    st.markdown(aside(summary.format(count=things)))
    for entry in card.discrepancies:
        count = ngettext("{count} claim", "{count} claims", len(entry.claims)).format(count=len(entry.claims))
        title = f"{literal(topic_name(entry.topic))}: {published(entry.subject)} ({count})"
        with st.expander(title, unfolded, type="compact"):
            st.markdown(_claims(entry, sources))


def _claims(entry: Discrepancy, sources: Mapping[str, Source]) -> str:
    lines = table_head((_("Claim"), _("Source"), _("Kind"), _("Read on")))
    for claim in entry.claims:
        source = sources.get(claim.source)
        name = source_link(source) if source else literal(claim.source)
        lines.append(f"| {published(claim.value)} | {name} | {kind_name(claim.kind)} | {day(claim.read)} |")
    reading = _("How it is read here: {reading}").format(reading=published(entry.reading))
    return "\n".join(lines) + f"\n\n{reading}"


def topic_name(topic: str) -> str:
    """The subject of a disagreement, in a word."""
    names = {
        "size": _("size"),
        "active": _("active size"),
        "context": _("context"),
        "max output": _("largest output"),
        "date": _("date"),
        "benchmark": _("score"),
        "price": _("price"),
        "license": _("licence"),
        "api": _("API"),
        "knowledge cutoff": _("knowledge cutoff"),
        "poisoned data": _("poisoned data"),
    }
    return names.get(topic, topic)
