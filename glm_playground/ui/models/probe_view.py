"""A model's page: what probes measured on the user's gateways beside what is advertised, and the button that probes."""

from collections.abc import Mapping, Sequence
from functools import partial
from urllib.parse import quote, urlsplit

import streamlit as st

from glm_playground.catalog import ModelCard, Source
from glm_playground.evals import background
from glm_playground.evals.candidates import CandidateError
from glm_playground.evals.evaluation import CapError
from glm_playground.evals.probe_claims import Advertised, advertised, agrees
from glm_playground.evals.probe_findings import ProbeFinding
from glm_playground.evals.probe_suite import Probe
from glm_playground.evals.probes import (
    AboveCapError,
    CapsRefuseError,
    MeasuredTodayError,
    NoContextError,
    ProbeError,
    ProbePlan,
    UnderWayError,
    begin,
    of_today,
    plan,
    probe_rows,
    stored_findings,
)
from glm_playground.ledger import Ledger, LedgerError
from glm_playground.ledger.evaluation_values import CellState, EvaluationRow
from glm_playground.ui.server.owner import owner
from glm_playground.ui.server.scheduler import released
from glm_playground.ui.shared.answer.refusal_words import explain_refusal
from glm_playground.ui.shared.facts.fact_values import aside, fact_text, table_head, title
from glm_playground.ui.shared.facts.fact_view import short_name
from glm_playground.ui.shared.facts.probe_words import finding_text, probe_names
from glm_playground.ui.shared.figures import dollars, tokens
from glm_playground.ui.shared.i18n import _, day, ngettext, number
from glm_playground.ui.shared.page.ledger_notice import draw_error, ledger
from glm_playground.ui.shared.page.navigation import EVALUATE
from glm_playground.ui.shared.page.own_key import asked_gateways
from glm_playground.ui.shared.text.accent import on_accent
from glm_playground.ui.shared.text.answer_markdown import literal

_REDRAWN_S = 1.0
_MOST_LINKS = 6


def draw_probes(card: ModelCard, sources: Mapping[str, Source]) -> None:
    """Draws the findings, a table a gateway, and the button."""
    opened = ledger()
    if not isinstance(opened, Ledger):
        draw_error(opened)
        return
    try:
        with released():
            found = stored_findings(opened, owner(), card.id)
            newest = next(probe_rows(opened, owner(), card.id), None)
    except LedgerError as error:
        draw_error(error)
        return
    parts = [title(_("Measured on my gateway"))]
    for group in _by_gateway(found):
        parts += [_gateway_text(group[0]), _table(card, group, sources)]
    if not found:
        parts.append(_("Probes ask the model a few short questions and show whether it does here what is advertised."))
    st.markdown("\n\n".join(parts))
    if newest and background.here(newest):
        st.fragment(partial(_draw_progress, newest), run_every=_REDRAWN_S)()
    else:
        _draw_begin(opened, card)


def _by_gateway(found: Sequence[ProbeFinding]) -> list[list[ProbeFinding]]:
    groups: dict[tuple[str, str | None], list[ProbeFinding]] = {}
    for one in sorted(found, key=lambda one: list(Probe).index(one.probe)):
        groups.setdefault((one.origin, one.stand_in), []).append(one)
    return list(groups.values())


def _gateway_text(one: ProbeFinding) -> str:
    name = f"**{literal(one.gateway)}**"
    if one.stand_in is None:
        return name
    said = _("stand-in model, not GLM: {stand_in}").format(stand_in=literal(one.stand_in))
    return f"{name} :orange[{said}]"


def _table(card: ModelCard, found: Sequence[ProbeFinding], sources: Mapping[str, Source]) -> str:
    """A line a probe; what a stand-in does says nothing of what is advertised of the model."""
    gateway = asked_gateways().find(found[0].gateway)
    seller = gateway.seller if gateway and gateway.origin == found[0].origin else ""
    head = [_("Feature"), _("Advertised"), _("Measured"), "n", _("Measured on"), _("Runs")]
    if stand_in := found[0].stand_in:
        head.remove(_("Advertised"))
    lines = table_head(tuple(head), tuple("--:" if name == "n" else "---" for name in head))
    for one in found:
        claimed = None if stand_in else advertised(card, one.probe, seller)
        cells = [probe_names()[one.probe], *([] if stand_in else [_claimed_text(claimed, one, sources)])]
        cells += [_measured_text(claimed, one), number(one.counted), day(one.day), _links(one.run_ids)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _claimed_text(claimed: Advertised | None, one: ProbeFinding, sources: Mapping[str, Source]) -> str:
    if claimed is None:
        return _("nobody says")
    text = _("yes") if claimed.holds else _("no")
    if one.probe is Probe.CONTEXT:
        text = fact_text(claimed.fact)
    source = sources.get(claimed.fact.source or "")
    return f"{text} {aside(literal(short_name(source)))}" if source else text


def _measured_text(claimed: Advertised | None, one: ProbeFinding) -> str:
    text = finding_text(one)
    agreement = agrees(claimed, one) if claimed else None
    if agreement is None:
        return text
    word = _("agrees") if agreement else _("disagrees")
    return f"{text} · {word}" if agreement else f"**{text} · ≠ {word}**"


def _links(run_ids: Sequence[str]) -> str:
    root = quote(urlsplit(st.context.url or "").path.rstrip("/"))
    links = [f"[{place}]({root}/history?run={quote(id)})" for place, id in enumerate(run_ids[:_MOST_LINKS], 1)]
    return " ".join(links) + (" …" if len(run_ids) > _MOST_LINKS else "")


def _draw_progress(row: EvaluationRow) -> None:
    execution = background.here(row)
    if execution is None:
        # It has ended: the whole page is drawn as it is then.
        st.rerun()
    found = execution.progress
    done = found.total - found.left
    said = _("Probing: {done} of {total}").format(done=number(done), total=number(found.total))
    st.progress(done / max(found.total, 1), said)
    st.page_link(EVALUATE, label=_("Follow or stop it"), query_params={"evaluation": row.id}, help="")


def _draw_begin(opened: Ledger, card: ModelCard) -> None:
    popover = st.popover(_("Probe"), icon=":material/biotech:", key=f"probe-{card.id}", on_change="rerun")
    if not popover.open:
        return
    with popover:
        names = asked_gateways().names
        gateway = names[0]
        if len(names) > 1:
            gateway = st.selectbox(_("Gateway"), names, key="probe_gateway") or names[0]
        context = st.toggle(
            _("Fill the whole context"),
            key="probe_context",
            help=_("Sends one long prompt in place of the short ones. It costs more than all of them together."),
        )
        try:
            with released():
                found = plan(opened, owner(), asked_gateways(), card.id, gateway, context=context)
                earlier = of_today(opened, found)
        except (ProbeError, CandidateError, CapError) as error:
            st.error(problem_text(error), title=_("Nothing was sent."))
            return
        _draw_plan(found)
        if st.button(on_accent(_button_label(found, earlier)), type="primary", key="probe_begin"):
            _begin(opened, found, again=bool(earlier and not earlier.cells.get(CellState.WAITING)))


def _draw_plan(found: ProbePlan) -> None:
    count = found.outlook.cells
    parts = [ngettext("{count} request", "{count} requests", count).format(count=number(count))]
    parts.append(_("{amount} at most").format(amount=tokens(found.outlook.most.tokens)))
    if found.outlook.unpriced:
        parts.append(_("no price is known"))
    else:
        parts.append(_("{amount} at most").format(amount=literal(dollars(found.outlook.most.dollars))))
    if found.outlook.play_money:
        parts.append(_("play money"))
    st.markdown(" · ".join(parts))
    if found.gateway.stand_in:
        st.caption(_("A stand-in model answers here, not GLM. What it does is never shown as GLM's."))


def _button_label(found: ProbePlan, earlier: EvaluationRow | None) -> str:
    most = tokens(found.outlook.most.tokens)
    if not found.outlook.unpriced:
        most = literal(dollars(found.outlook.most.dollars))
    if earlier and earlier.cells.get(CellState.WAITING):
        return _("Resume: {amount} at most").format(amount=most)
    if earlier:
        return _("Measured today. Probe again: {amount} at most").format(amount=most)
    return _("Probe: {amount} at most").format(amount=most)


def _begin(opened: Ledger, found: ProbePlan, *, again: bool) -> None:
    try:
        with released():
            row, execution = begin(opened, found, found.cap_dollars, found.cap_tokens, again=again)
            background.begin(row, execution)
    except LedgerError as error:
        draw_error(error)
    except (ProbeError, CapError) as error:
        st.error(problem_text(error), title=_("Nothing was sent."))
    else:
        st.rerun()


def problem_text(error: ProbeError | CandidateError | CapError) -> str:
    """Why nothing is asked, as Markdown."""
    if isinstance(error, CapsRefuseError):
        return " ".join(explain_refusal(error.refusal))
    if isinstance(error, NoContextError):
        return _("How long the context of this model is here is not known, or it is too long for one prompt.")
    if isinstance(error, UnderWayError):
        return _("These probes are running already.")
    if isinstance(error, MeasuredTodayError):
        return _("It was measured today already.")
    if isinstance(error, AboveCapError):
        return _("The largest cost is above the cap.")
    return literal(str(error))
