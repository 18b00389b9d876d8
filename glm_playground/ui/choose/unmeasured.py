"""What to do where a feature must have been measured and no probe has answered it: the probes that would."""

import streamlit as st

from glm_playground.catalog.choice import AssessedModel, Shortlist
from glm_playground.catalog.needs import Said
from glm_playground.evals.probe_suite import Probe
from glm_playground.ui.shared.facts.probe_words import probe_names
from glm_playground.ui.shared.i18n import _, ngettext
from glm_playground.ui.shared.page.navigation import MODELS
from glm_playground.ui.shared.page.own_key import asked_gateways
from glm_playground.ui.shared.text.answer_markdown import literal

_MOST_LINKS = 3


def draw_unmeasured(shortlist: Shortlist) -> None:
    """Draws which needed features no probe has answered for any model, and where to probe one."""
    missing = unmeasured(shortlist)
    if not missing:
        return
    names = probe_names()
    title = _("Not measured yet: {features}").format(features=", ".join(names[probe] for probe in missing))
    if all(gateway.stand_in for gateway in asked_gateways().all):
        st.info(
            _("Only a stand-in model answers here; its probes say nothing of GLM. Set a gateway's key."), title=title
        )
        return
    said = ngettext(
        "No probe of yours says yes or no for any model, so none is known to meet this need. Probes begin on the tab "
        "Measured of a model:",
        "No probe of yours says yes or no for any model, so none is known to meet these needs. Probes begin on the tab "
        "Measured of a model:",
        len(missing),
    )
    st.info(said, title=title)
    with st.container(horizontal=True, gap="small"):
        for one in _closest(shortlist)[:_MOST_LINKS]:
            label = _("Probe {model}").format(model=literal(one.card.name))
            st.page_link(MODELS, label=label, query_params={"id": one.card.id, "tab": "measured"}, help="")


def unmeasured(shortlist: Shortlist) -> list[Probe]:
    """The needed features that are to be measured, and of which no probe says yes or no for any model."""
    everyone = (*shortlist.fitting, *shortlist.may_fit, *shortlist.excluded)
    answered = {checked.need for one in everyone for checked in one.checked if checked.met is not None}
    needed = (feature for feature in shortlist.question.need.features if feature.said is Said.MEASURED)
    return [Probe(feature.name) for feature in needed if feature not in answered]


def _closest(shortlist: Shortlist) -> list[AssessedModel]:
    """Who may fit, those first of whom the least is unknown."""
    return sorted(shortlist.may_fit, key=lambda one: len(one.open))
