"""The menu with the decision record."""

from collections.abc import Mapping
from functools import partial

import streamlit as st

from glm_playground.catalog import Catalog, Source
from glm_playground.catalog.choice import Shortlist
from glm_playground.ui.shared.file_buttons import FileKind, dated, draw_file_buttons
from glm_playground.ui.shared.i18n import _, language
from glm_playground.ui.shared.price_basis import PriceBasis


def draw_record(shortlist: Shortlist, catalog: Catalog, sources: Mapping[str, Source], basis: PriceBasis) -> None:
    """Draws the menu with the formats, once it is opened."""
    popover = st.popover(_("Decision record"), icon=":material/download:", key="choose_record", on_change="rerun")
    if not popover.open:
        return
    # Jinja is loaded once somebody wants a record.
    from glm_playground.reports.decision import to_html, to_markdown  # noqa: PLC0415
    from glm_playground.ui.choose.decision import decision_of  # noqa: PLC0415

    decision = decision_of(shortlist, catalog, sources, basis, st.context.url or "")
    kinds = (
        FileKind("HTML", "html", "text/html", partial(to_html, decision, language=language().replace("_", "-"))),
        FileKind("Markdown", "md", "text/markdown", partial(to_markdown, decision)),
    )
    with popover:
        draw_file_buttons(kinds, dated("glm-decision"), "decision", type="tertiary")
