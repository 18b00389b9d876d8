"""One evaluation: how far it is, what can be done with it, and what it says."""

from codecs import BOM_UTF8
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from io import BytesIO

import streamlit as st

from glm_playground.bundles.running_order import Scenario
from glm_playground.chat.setup import Setup
from glm_playground.evals import background
from glm_playground.evals.candidates import CandidateError, stored_candidates
from glm_playground.evals.evaluation import (
    CapError,
    check_caps,
    execution_of,
    judge_for,
    named_judge,
    with_caps,
    work_of,
)
from glm_playground.evals.execution import STOPPED
from glm_playground.evals.judge import Judge, stored_judge, write_judge
from glm_playground.evals.results import results_of
from glm_playground.evals.suite import Suite
from glm_playground.ledger import Ledger
from glm_playground.ledger.evaluation_values import RETRIED, CellState, EvaluationRow, EvaluationState
from glm_playground.ui.evaluate.address import close_evaluation
from glm_playground.ui.evaluate.caps import Caps, draw_caps
from glm_playground.ui.evaluate.judge import draw_judge_choice
from glm_playground.ui.evaluate.report import draw_report_menu
from glm_playground.ui.evaluate.verdict import draw_verdict
from glm_playground.ui.evaluate.words import (
    Names,
    candidate_names,
    cell_counts,
    problem_text,
    reason_text,
    spending,
    standing,
)
from glm_playground.ui.server.scheduler import released
from glm_playground.ui.shared.files.file_buttons import FileKind, dated, draw_file_buttons
from glm_playground.ui.shared.files.put_on_stage import draw_put_scenarios
from glm_playground.ui.shared.i18n import _, moment, number
from glm_playground.ui.shared.page.ledger_notice import attempt
from glm_playground.ui.shared.page.own_key import asked_gateways
from glm_playground.ui.shared.text.accent import on_accent
from glm_playground.ui.shared.text.answer_markdown import literal

_REDRAWN_S = 1.0
_SUITE = "evaluate_suite_shown"
_TYPES = {
    "csv": ("CSV", "csv", "text/csv"),
    "jsonl": ("JSON Lines", "jsonl", "application/jsonl"),
    "promptfoo": ("promptfoo", "json", "application/json"),
}


def draw_evaluation(ledger: Ledger, owner: str, id: str) -> None:
    """Draws it; while this process works on it, its progress is drawn again each second."""
    st.button(_("All evaluations"), key="evaluate_back", icon=":material/arrow_back:", on_click=close_evaluation)
    row = ledger.evaluations.find(owner, id)
    if row is None:
        st.markdown(_("There is no such evaluation."))
        return
    name = literal(row.name) or _("Evaluation")
    st.markdown(f"**{name}** · {moment(row.created_at)}")
    try:
        suite, setups = _suite(ledger, row), stored_candidates(row.candidates)
        stored_judge(row.judge)
    except ValueError:
        st.error(_("A later version of this app has written it. Update the app to open it."))
        return
    names = candidate_names(setups, asked_gateways())
    working = background.here(row) is not None
    busy = working or _works_elsewhere(row)
    caps: Caps | None = None
    if working:
        st.fragment(partial(_draw_progress, ledger, row, names), run_every=_REDRAWN_S)()
        _draw_stop(ledger, row)
    elif busy:
        st.fragment(partial(_draw_progress_elsewhere, ledger, row, names), run_every=_REDRAWN_S)()
        _draw_stop(ledger, row)
    else:
        st.markdown(f"{standing(row, names, here=False)} · {cell_counts(row)} · {spending(row)}")
        caps = _draw_what_is_left(ledger, row, suite, setups)
    draw_verdict(ledger, row, suite, setups, working=working)
    with st.container(horizontal=True, gap="small"):
        if row.state is not EvaluationState.RUNNING or row.cells.get(CellState.FINISHED):
            _draw_exports(ledger, row, suite, setups)
            draw_report_menu(ledger, row, suite, setups)
            draw_put_scenarios(partial(_scenarios, ledger, row, suite, setups), "evaluate_put_on_stage")
        if not busy:
            _draw_delete(ledger, row)
    if not (busy or row.judge) and row.cells.get(CellState.FINISHED):
        _draw_judging(ledger, row, suite, setups, caps)


def _scenarios(ledger: Ledger, row: EvaluationRow, suite: Suite, setups: tuple[Setup, ...]) -> Sequence[Scenario]:
    from glm_playground.ui.evaluate.on_stage import scenarios_of_evaluation  # noqa: PLC0415 - what few ask for

    return scenarios_of_evaluation(ledger, row, suite, setups)


def _suite(ledger: Ledger, row: EvaluationRow) -> Suite:
    """Its suite, read once while it is open in this tab; a `ValueError` where a later version has written it."""
    which = row.id, row.digest
    known: tuple[tuple[str, str], Suite] | None = st.session_state.get(_SUITE)
    if known is None or known[0] != which:
        with released():
            known = which, Suite.model_validate_json(ledger.evaluations.suite(row.number))
        st.session_state[_SUITE] = known
    return known[1]


def _draw_progress(ledger: Ledger, row: EvaluationRow, names: Names) -> None:
    execution = background.here(row)
    if execution is None:
        # It has ended: the whole page is drawn as it is then.
        st.rerun()
    found = execution.progress
    done = found.total - found.left
    st.progress(done / max(found.total, 1))
    parts = [_("{done} of {total}").format(done=number(done), total=number(found.total))]
    if found.rate:
        parts.append(_("{rate} a second").format(rate=number(found.rate, 1)))
    if found.seconds_left is not None:
        parts.append(_("about {seconds} s left").format(seconds=number(found.seconds_left)))
    now = ledger.evaluations.find(row.owner, row.id)
    if now:
        parts += [cell_counts(now), spending(now)]
    st.markdown(" · ".join(parts))
    for name, why in found.given_up.items():
        said = _("{name} is asked no more.").format(name=literal(names.get(name, name)))
        st.warning(literal(reason_text(why, names)), title=said)
    if found.problem:
        st.warning(_("Nothing new is sent until the database can be written again."))


def _works_elsewhere(row: EvaluationRow) -> bool:
    """Whether another process works on it, or the workers of a cluster."""
    return row.state is EvaluationState.RUNNING and bool(row.cells.get(CellState.CLAIMED))


def _draw_progress_elsewhere(ledger: Ledger, row: EvaluationRow, names: Names) -> None:
    now = ledger.evaluations.find(row.owner, row.id)
    if now is None or not _works_elsewhere(now):
        st.rerun()
    left = now.cells.get(CellState.WAITING, 0) + now.cells[CellState.CLAIMED]
    st.progress((now.total - left) / max(now.total, 1))
    st.markdown(f"{standing(now, names, here=False)} · {cell_counts(now)} · {spending(now)}")


def _draw_stop(ledger: Ledger, row: EvaluationRow) -> None:
    st.button(_("Stop"), key="evaluate_stop", icon=":material/stop:", on_click=_stop, args=(ledger, row))


def _stop(ledger: Ledger, row: EvaluationRow) -> None:
    if execution := background.here(row):
        execution.stop()
        return
    attempt(
        _("The evaluation was not stopped."), partial(ledger.evaluations.stop, row.number, STOPPED), "evaluation stop"
    )


def _draw_what_is_left(ledger: Ledger, row: EvaluationRow, suite: Suite, setups: tuple[Setup, ...]) -> Caps | None:
    """Draws the ways to ask what has no answer; the caps that stand in the fields, None where nothing is left."""
    waiting = row.cells.get(CellState.WAITING, 0)
    unanswered = sum(row.cells.get(state, 0) for state in RETRIED)
    interrupted = row.cells.get(CellState.INTERRUPTED, 0)
    if not (waiting or unanswered or interrupted):
        return None
    states: list[CellState] | None = None
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        caps = _draw_new_caps(row)
        if waiting and st.button(on_accent(_("Go on")), type="primary", key="evaluate_resume"):
            states = []
        if unanswered and st.button(_("Ask again what failed"), key="evaluate_retry_failed"):
            states = list(RETRIED)
        paid = _("What they cost is unknown and stays reserved; asked again, it may be paid twice.")
        if interrupted and st.button(_("Ask again what was interrupted"), key="evaluate_retry", help=paid):
            states = [CellState.INTERRUPTED]
    if states is not None:
        _go_on(ledger, row, suite, setups, states=states, caps=caps)
    return caps


def _draw_judging(
    ledger: Ledger, row: EvaluationRow, suite: Suite, setups: tuple[Setup, ...], caps: Caps | None
) -> None:
    """Draws the way to have the answers judged, with the caps where they are in no field yet."""
    with st.expander(_("Have a model judge the answers"), type="compact", key="evaluate_judging"):
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            judge = draw_judge_choice(f"evaluate_{row.id}")
            caps = caps or _draw_new_caps(row)
            begins = st.button(_("Have it judged"), key="evaluate_judge_now", disabled=judge is None)
        if begins and judge:
            _go_on(ledger, row, suite, setups, states=[], caps=caps, judge=judge)


def _draw_new_caps(row: EvaluationRow) -> Caps:
    now = row.spending
    # Where somebody else has changed the caps, the fields show theirs.
    key = f"evaluate-{row.id}-{now.cap_picodollars}-{now.cap_tokens}"
    return draw_caps(key, now.cap_dollars, now.cap_tokens)


def _draw_delete(ledger: Ledger, row: EvaluationRow) -> None:
    with st.popover(_("Delete"), icon=":material/delete:", type="tertiary", key="evaluate_delete"):
        st.markdown(_("The evaluation and its suite are deleted for good. Its runs stay in the history."))
        if st.button(_("Delete for good"), key="evaluate_delete_now"):
            said = _("The evaluation was not deleted.")
            if attempt(said, partial(ledger.evaluations.delete, row.owner, row.id), "evaluation deletion"):
                close_evaluation()
            st.rerun()


def _go_on(
    ledger: Ledger,
    row: EvaluationRow,
    suite: Suite,
    setups: tuple[Setup, ...],
    *,
    states: list[CellState],
    caps: Caps,
    judge: Judge | None = None,
) -> None:
    try:
        with released():
            if judge is not None:
                named = named_judge(judge, asked_gateways())
                if not ledger.evaluations.judge(row.number, write_judge(named)):
                    raise CandidateError("another judge was named meanwhile")
                row = replace(row, judge=write_judge(named))
            work = work_of(suite, setups, asked_gateways(), row.owner, judge_for(ledger, row))
            capped = replace(row, spending=with_caps(row.spending, caps.dollars, caps.tokens))
            check_caps(work, capped.spending.cap_dollars, capped.spending.cap_tokens)
            if states:
                ledger.evaluations.retry(row.number, states)
            background.begin(row, execution_of(ledger, capped, work, caps.at_once))
    except (CandidateError, CapError) as error:
        names = candidate_names(setups, asked_gateways())
        st.error(problem_text(error, names), title=_("The evaluation can't continue."))
    else:
        st.rerun()


def _draw_exports(ledger: Ledger, row: EvaluationRow, suite: Suite, setups: tuple[Setup, ...]) -> None:
    def written(kind: str) -> bytes:
        from glm_playground.evals.judged import judge_verdict  # noqa: PLC0415 - as the next
        from glm_playground.evals.result_files import PAIRS_WRITERS, WRITERS  # noqa: PLC0415 - loads a reader of YAML

        # The mark at the beginning tells spreadsheets that the file is UTF-8.
        file = BytesIO()
        file.write(BOM_UTF8 if kind in ("csv", "pairs") else b"")
        if kind not in PAIRS_WRITERS:
            WRITERS[kind](file, row, results_of(ledger, row, suite, setups))
        elif judged := judge_verdict(ledger, row, suite, setups):
            PAIRS_WRITERS[kind](file, row, judged)
        return file.getvalue()

    types = _TYPES | ({"pairs": (_("Judged pairs"), "pairs.csv", "text/csv")} if row.judge else {})

    with st.popover(_("Export"), icon=":material/download:", key="evaluate_export", on_change="rerun") as popover:
        if popover.open:
            kinds = [FileKind(*words, partial(written, kind)) for kind, words in types.items()]
            with st.container(horizontal=True):
                draw_file_buttons(kinds, dated("glm-playground-evaluation"), "evaluate")
