"""The menu with the decision record."""

from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import urlencode

import streamlit as st

from glm_playground.catalog import Catalog, Source
from glm_playground.catalog.choice import Shortlist
from glm_playground.ui.shared.facts.price_basis import PriceBasis
from glm_playground.ui.shared.i18n import _, language, long_day


def draw_record(shortlist: Shortlist, catalog: Catalog, sources: Mapping[str, Source], basis: PriceBasis) -> None:
    """Draws the menu with the formats, once it is opened."""
    popover = st.popover(_("Decision record"), icon=":material/download:", key="choose_record", on_change="rerun")
    if not popover.open:
        return
    # Jinja is loaded once somebody wants a record.
    from glm_playground.reports.decision_report import decision_report  # noqa: PLC0415
    from glm_playground.reports.report import Cover, Paper, Report  # noqa: PLC0415
    from glm_playground.ui.choose.decision import decision_of  # noqa: PLC0415
    from glm_playground.ui.shared.files.report_form import draw_report  # noqa: PLC0415
    from glm_playground.ui.shared.files.report_words import report_words  # noqa: PLC0415

    address = _address_now()

    def make(cover: Cover, paper: Paper) -> Report:
        return decision_report(
            decision_of(shortlist, catalog, sources, basis, address),
            cover,
            report_words(),
            language=language(),
            day_text=long_day(cover.day),
            written_at=datetime.now(UTC),
            paper=paper,
        )

    with popover:
        draw_report(make, lambda: _("Which GLM model: a decision record"), "decision", stem="glm-decision")


def _address_now() -> str:
    """The page's address with all that is asked, so that whoever reads the record can ask it again."""
    # Streamlit's address is without what is asked.
    url, asked = st.context.url or "", urlencode(st.query_params.to_dict(), safe=":,")
    return f"{url}?{asked}" if url and asked else url
