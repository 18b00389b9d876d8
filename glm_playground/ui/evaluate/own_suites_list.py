"""The owner's suites, the one used last first, and the starter suites to begin one with."""

from functools import partial

import streamlit as st

from glm_playground.evals import own_suites
from glm_playground.evals.starter import LANGUAGES, starter_text
from glm_playground.evals.suite import Suite
from glm_playground.evals.suite_file import open_suite
from glm_playground.ledger import Ledger
from glm_playground.ui.evaluate.address import open_suite_page
from glm_playground.ui.shared.i18n import _, moment, ngettext, number
from glm_playground.ui.shared.page.ledger_notice import attempt
from glm_playground.ui.shared.text.answer_markdown import literal


def draw_own_suites(ledger: Ledger, owner: str) -> None:
    """Draws them, each with the button that opens it."""
    rows = ledger.suites.all(owner)
    if not rows:
        st.markdown(_("No suites yet. Create one by adding a turn of the playground or a run of the history."))
    for row in rows:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            cases = ngettext("{count} case", "{count} cases", row.cases).format(count=number(row.cases))
            st.markdown(f"**{literal(row.name)}** · {cases} · {moment(row.used_at)}", width="stretch")
            st.button(_("Open"), key=f"own_suite_open_{row.id}", on_click=partial(open_suite_page, row.id))
    names = {"en": _("The starter suite in English"), "pt": _("The starter suite in Portuguese")}
    with st.container(horizontal=True, gap="small"):
        for language in LANGUAGES:
            st.button(
                names[language],
                key=f"own_suite_starter_{language}",
                icon=":material/add:",
                type="tertiary",
                on_click=partial(_take_starter, ledger, owner, language, names[language]),
            )


def _take_starter(ledger: Ledger, owner: str, language: str, name: str) -> None:
    suite = open_suite("starter.yaml", starter_text(language).encode()).suite
    keep_suite(ledger, owner, suite, name)


def keep_suite(ledger: Ledger, owner: str, suite: Suite, name: str) -> None:
    """Stores a suite in a callback and opens it; a `SuiteError` where it is too large to be kept."""

    def keep() -> None:
        open_suite_page(own_suites.keep(ledger, owner, suite, name).id)

    attempt(_("The suite is not kept."), keep, "suite")
