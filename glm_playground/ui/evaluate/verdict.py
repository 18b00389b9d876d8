"""What an evaluation says: pass rates, paired differences, price and time, and each cell with the way to its run."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median

import streamlit as st

from glm_playground.chat.setup import Setup
from glm_playground.evals.grade import Grade
from glm_playground.evals.judged import JudgeVerdict, judge_verdict
from glm_playground.evals.results import CellResult, Figures, results_of
from glm_playground.evals.suite import Suite
from glm_playground.evals.verdict import (
    ROUGH_CASES,
    GradedAnswer,
    PairedDifference,
    PassRate,
    differences,
    pass_rates,
)
from glm_playground.ledger import Ledger
from glm_playground.ledger.evaluation_values import CellState, EvaluationRow
from glm_playground.ui.evaluate.judge import PairRow, draw_judge, pair_rows
from glm_playground.ui.evaluate.words import Names, cell_reason, difference_text, grade_name, rate_text, short_names
from glm_playground.ui.server.scheduler import released
from glm_playground.ui.shared.figures import dollars, seconds
from glm_playground.ui.shared.i18n import _, ngettext, number
from glm_playground.ui.shared.page.navigation import HISTORY, RUN
from glm_playground.ui.shared.page.own_key import asked_gateways
from glm_playground.ui.shared.text.answer_markdown import literal

_VERDICT, _OPENED = "evaluate_verdict", "evaluate_opened_run"
_MOST_CELLS = 1_000


@dataclass(frozen=True)
class _Cell:
    """A row of the grid."""

    case: str
    candidate: str
    repeat: int
    grade: Grade
    reason: str
    run_id: str | None


@dataclass(frozen=True)
class _Verdict:
    """What is drawn; it holds no run."""

    rates: tuple[PassRate, ...]
    differences: tuple[PairedDifference, ...]
    figures: dict[str, Figures]
    candidates: dict[str, tuple[Setup, str | None]]
    """By name: who it is, and what answered in its place."""
    cells: tuple[_Cell, ...]
    """The first ones, those that did not pass first."""
    left_out: int
    judge: JudgeVerdict | None
    """Without its pairs, which hold as many texts as there are answers."""
    pairs: tuple[PairRow, ...]


def draw_verdict(ledger: Ledger, row: EvaluationRow, suite: Suite, setups: Sequence[Setup], *, working: bool) -> None:
    """Draws it once something has ended; while it runs, on request, since each answer is graded anew."""
    if run_id := st.session_state.pop(_OPENED, None):
        st.switch_page(HISTORY, query_params={RUN: run_id})
    ended = {state: count for state, count in row.cells.items() if state is not CellState.WAITING}
    if not ended or set(ended) == {CellState.CLAIMED}:
        return
    if working and not st.button(_("What it says so far"), key="evaluate_so_far"):
        return
    key = row.number, row.judge, tuple(sorted(ended.items())), row.spending, ledger.evaluations.attempts(row.number)
    known: tuple[object, _Verdict] | None = st.session_state.get(_VERDICT)
    if known is None or known[0] != key:
        with st.spinner(_("The answers are graded.")), released():
            found = _verdict(ledger, row, suite, setups)
        st.session_state[_VERDICT] = key, found
    else:
        found = known[1]
    names, shared = short_names(found.candidates)
    for one in found.differences:
        st.markdown(difference_text(one._replace(first=names[one.first], second=names[one.second])))
    if any(one.rough for one in found.differences):
        st.caption(_("Below {count} cases an interval is rough.").format(count=ROUGH_CASES))
    _draw_rates(found, names)
    if shared:
        st.caption(_("Each is asked {how}.").format(how=literal(shared)))
    if found.judge:
        draw_judge(found.judge, found.pairs, names, asked_gateways())
    _draw_cells(found, names)


def _verdict(ledger: Ledger, row: EvaluationRow, suite: Suite, setups: Sequence[Setup]) -> _Verdict:
    points: list[GradedAnswer] = []
    figures: dict[str, Figures] = {}
    candidates: dict[str, tuple[Setup, str | None]] = {}
    passed: list[_Cell] = []
    others: list[_Cell] = []
    for result in results_of(ledger, row, suite, setups):
        if result.cell.state in (CellState.WAITING, CellState.CLAIMED):
            continue
        points.append(result.point)
        candidates[result.candidate] = result.setup, result.stand_in
        figures.setdefault(result.candidate, Figures()).add(result)
        (passed if result.grade is Grade.PASSED else others).append(_cell(result))
    cells = [*others, *passed]
    judged = judge_verdict(ledger, row, suite, setups)
    return _Verdict(
        tuple(pass_rates(points)),
        tuple(differences(points)),
        figures,
        candidates,
        tuple(cells[:_MOST_CELLS]),
        max(len(cells) - _MOST_CELLS, 0),
        judged._replace(pairs=()) if judged else None,
        pair_rows(judged) if judged else (),
    )


def _cell(result: CellResult) -> _Cell:
    run_id = result.cell.run_id if result.stored else None
    return _Cell(result.case, result.candidate, result.cell.key.repeat + 1, result.grade, result.reason, run_id)


def _draw_rates(found: _Verdict, names: Names) -> None:
    import pandas as pd  # type: ignore[import-untyped]  # noqa: PLC0415 - takes a while

    rows = [(rate, found.figures[rate.candidate]) for rate in found.rates]
    frame = pd.DataFrame(
        {
            _("Candidate"): [names[rate.candidate] for rate, _figures in rows],
            _("Passed"): [rate_text(rate) for rate, _figures in rows],
            _("Answers"): [f"{rate.passed} / {rate.answers}" for rate, _figures in rows],
            _("Cannot be told"): [number(rate.untold) for rate, _figures in rows],
            _("Cost, mean"): [_mean_cost(figures) for _rate, figures in rows],
            _("Time, median"): [
                seconds(median(figures.latencies) * 1e6 if figures.latencies else None) for _rate, figures in rows
            ],
        }
    )
    st.dataframe(frame, hide_index=True, key="evaluate_rates", alt=_("Pass rates"))


def _mean_cost(figures: Figures) -> str:
    if not figures.known_costs:
        return _("unknown")
    mean = dollars(figures.dollars / figures.known_costs)
    return _("{amount}, play money").format(amount=mean) if figures.play_money else mean


def _draw_cells(found: _Verdict, names: Names) -> None:
    import pandas as pd  # noqa: PLC0415 - takes a while

    cells = found.cells
    frame = pd.DataFrame(
        {
            "open": [_("Open") for _cell in cells],
            "grade": [grade_name(one.grade) for one in cells],
            "case": [one.case for one in cells],
            "candidate": [names[one.candidate] for one in cells],
            "repeat": [one.repeat for one in cells],
            "reason": [cell_reason(one.reason) for one in cells],
        }
    )
    column = st.column_config
    open_key = "evaluate_cells_open"
    st.dataframe(
        frame,
        hide_index=True,
        height=min(420, (len(cells) + 1) * 35 + 3),
        key="evaluate_cells",
        alt=_("Cells, those that did not pass first"),
        column_config={
            "open": column.ButtonColumn(
                _("Run"), on_click=partial(_open_run, cells, open_key), key=open_key, type="tertiary"
            ),
            "grade": column.TextColumn(_("Grade"), width=110),
            "case": column.TextColumn(_("Case")),
            "candidate": column.TextColumn(_("Candidate")),
            "repeat": column.NumberColumn(_("Repeat"), width=80),
            "reason": column.TextColumn(_("Reason"), width=300),
        },
    )
    if found.left_out:
        left = ngettext("{count} more is in the export.", "{count} more are in the export.", found.left_out)
        st.caption(left.format(count=number(found.left_out)))


def _open_run(cells: Sequence[_Cell], key: str) -> None:
    # A callback cannot change the page; the script that follows does.
    place = st.session_state[key].row
    if place < len(cells) and cells[place].run_id:
        st.session_state[_OPENED] = cells[place].run_id
