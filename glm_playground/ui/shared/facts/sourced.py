"""A value with a link to who says it, on one line."""

from collections.abc import Mapping

from glm_playground.catalog import AnyFact, Source
from glm_playground.ui.shared.facts.fact_values import fact_text
from glm_playground.ui.shared.facts.fact_view import source_link
from glm_playground.ui.shared.text.answer_markdown import literal


def sourced(fact: AnyFact, sources: Mapping[str, Source], text: str | None = None) -> str:
    """The value as small Markdown with a link to its source and the month it was read in; `text` stands for it."""
    if not fact.known:
        return f":small[:gray[{fact_text(fact)}]]"
    source = sources.get(fact.source or "")
    named = source_link(source, short=True) if source else literal(fact.source or "")
    # The hyphen is one that no line breaks at.
    return f":small[{text or fact_text(fact)} :gray[{named} {fact.read:%Y\u2011%m}]]"
