"""The history as a grid: newest first, a page at a time, with what can be done to the chosen runs."""

import time
from collections.abc import Callable, Sequence
from functools import partial

import pandas as pd  # type: ignore[import-untyped]
import streamlit as st

from glm_playground.ledger import Cursor, Deletion, Ledger, Page, RunFilter, RunRow
from glm_playground.runs.live_run import LiveRun
from glm_playground.service import runtime, storage
from glm_playground.ui.history.exports import draw_exports
from glm_playground.ui.history.filters import draw_filters, forget_filters, is_asked, is_narrowed
from glm_playground.ui.server.model_pages import model_pages
from glm_playground.ui.server.owner import browser_owner
from glm_playground.ui.shared.answer.run_footer import cost_state_name, outcome_name
from glm_playground.ui.shared.figures import dollars, seconds
from glm_playground.ui.shared.i18n import _, moment, ngettext, number
from glm_playground.ui.shared.page.ledger_notice import attempt
from glm_playground.ui.shared.page.moment_column import moment_column
from glm_playground.ui.shared.page.navigation import RUN
from glm_playground.ui.shared.page.playground_link import open_playground
from glm_playground.ui.shared.text.accent import on_accent
from glm_playground.ui.shared.text.answer_markdown import literal

ROWS_A_PAGE = 50
_STOP_S = 1.0
_ROW_HEIGHT = 34
UNDO = "history_undo"
"""Names the last deletion, which can be taken back."""
_PAGES, _FILTER, _GRID, _CONFIRM = (
    "history_pages",
    "history_filter",
    "history_grid",
    "history_delete_all",
)


def draw_list(ledger: Ledger, owner: str) -> None:
    """Draws the filters, the runs that fit, and what can be done with them."""
    models = ledger.models(owner)
    if not is_asked() and not models:
        _draw_undo(ledger, owner)
        _draw_empty()
        return
    wanted = draw_filters(ledger, owner, models)
    state = st.session_state
    if state.get(_FILTER) != wanted:
        state[_FILTER], state[_PAGES] = wanted, []
    before: list[Cursor] = state.setdefault(_PAGES, [])
    page = ledger.page(owner, wanted, before[-1] if before else None, ROWS_A_PAGE)
    _draw_undo(ledger, owner)
    if not page.rows:
        _draw_nothing(wanted)
        return
    # What is chosen is chosen by its place, so other rows are another grid: nothing is chosen in it yet.
    key = f"{_GRID}-{hash(tuple(row.id for row in page.rows))}"
    chosen = _draw_grid(page.rows, key)
    _draw_actions(ledger, owner, wanted, [row.id for row in chosen])
    _draw_pager(page, before)
    _draw_reading(page.rows)


def _draw_empty() -> None:
    st.markdown(_("No runs yet. Ask something in the playground: each answer is saved here."))
    if st.button(on_accent(_("Open the playground")), type="primary"):
        open_playground()


def _draw_nothing(wanted: RunFilter) -> None:
    if not is_narrowed(wanted):
        _draw_empty()
    else:
        st.markdown(_("No run fits."))
        st.button(_("Show all"), key="history_none_all", on_click=forget_filters)


def _draw_grid(rows: Sequence[RunRow], key: str) -> list[RunRow]:
    """Draws the grid; the rows that are chosen."""
    column = st.column_config
    frame = pd.DataFrame(
        {
            "open": [_("Open")] * len(rows),
            "started": [row.started_at for row in rows],
            "model": [row.model for row in rows],
            "prompt": [row.prompt for row in rows],
            "outcome": [_outcome(row) for row in rows],
            "tokens": pd.array([row.completion_tokens for row in rows], dtype="Int64"),
            "ttft": [None if row.ttft_ns is None else row.ttft_ns / 1e6 for row in rows],
            "speed": [row.output_speed for row in rows],
            "cost": [_cost(row) for row in rows],
            "server": [_("stand-in, not GLM") if row.stand_in else row.server for row in rows],
            "tags": [list(row.tags) for row in rows],
        }
    )
    open_key = f"{key}-open"
    event = st.dataframe(
        frame,
        hide_index=True,
        height=min(480, (len(rows) + 1) * _ROW_HEIGHT + 3),
        row_height=_ROW_HEIGHT,
        key=key,
        on_select="rerun",
        selection_mode="multi-row",
        placeholder=_("unknown"),
        alt=_("Runs, newest first"),
        column_config={
            "open": column.ButtonColumn(
                _("Open"), on_click=partial(_open_row, rows, open_key), key=open_key, type="tertiary"
            ),
            "started": moment_column(_("Started")),
            "model": column.TextColumn(_("Model"), width=110),
            "prompt": column.TextColumn(_("Prompt"), width=240),
            "outcome": column.TextColumn(_("Outcome"), width=100),
            "tokens": column.NumberColumn(_("Tokens"), format="localized"),
            "ttft": column.NumberColumn(_("TTFT, ms"), format="%.0f"),
            "speed": column.NumberColumn(_("Tokens/s"), format="%.1f"),
            "cost": column.TextColumn(_("Cost"), alignment="right", width=245),
            "server": column.TextColumn(_("Answered by")),
            "tags": column.ListColumn(_("Tags")),
        },
    )
    chosen = event.selection.rows if event else []
    return [rows[place] for place in chosen if place < len(rows)]


def _open_row(rows: Sequence[RunRow], key: str) -> None:
    place = st.session_state[key].row
    if place < len(rows):
        open_run(rows[place].id)


def open_run(run_id: str) -> None:
    """Shows one run in the place of the list."""
    st.query_params[RUN] = run_id


def _outcome(row: RunRow) -> str:
    word = outcome_name(row.outcome) if row.readable else _("unreadable")
    return _("{outcome}, warm-up").format(outcome=word) if row.warm_up else word


def _cost(row: RunRow) -> str:
    if row.cost_state is None:
        return ""
    word = cost_state_name(row.cost_state)
    if row.cost is None:
        return word
    play = _("in play money") if row.stand_in else ""
    return f"{dollars(row.cost)} {word} {play}".rstrip()


def _draw_actions(ledger: Ledger, owner: str, wanted: RunFilter, chosen: list[str]) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if chosen:
            text = ngettext("{count} run chosen", "{count} runs chosen", len(chosen))
            st.markdown(f":small[{text.format(count=number(len(chosen)))}]", width="content")
            st.button(
                _("Delete"),
                key="history_delete",
                icon=":material/delete:",
                on_click=_delete,
                args=(ledger, owner, chosen),
            )
            if running := [run for run in runtime.engine().live_of(owner) if run.id in chosen]:
                st.button(_("Stop"), key="history_stop", icon=":material/stop:", on_click=stop_runs, args=(running,))
        else:
            st.caption(_("Select runs to export or delete."), width="content")
        draw_exports(ledger, owner, wanted, chosen)
        with st.popover(_("Delete all of mine"), type="tertiary", icon=":material/delete_forever:"):
            st.markdown(
                _("Every run of yours leaves the history, and your suites go. You can undo it while this page is open.")
            )
            st.button(
                on_accent(_("Delete all of mine")),
                key=_CONFIRM,
                type="primary",
                on_click=_delete_all,
                args=(ledger, owner),
            )


def stop_runs(runs: Sequence[LiveRun]) -> None:
    """Stops runs that are running here, and waits a moment until they are stored as stopped."""
    if not runs:
        return
    runtime.engine().stop(*runs)
    deadline = time.monotonic() + _STOP_S
    while (left := [run for run in runs if not run.ended]) and (seconds_left := deadline - time.monotonic()) > 0:
        runtime.engine().wait_end(left, seconds_left)
    storage.catch_up()


def _delete(ledger: Ledger, owner: str, run_ids: list[str]) -> None:
    # What is taken away is stopped: it would go on and cost.
    stop_runs([run for run in runtime.engine().live_of(owner) if run.id in run_ids])
    delete(lambda: ledger.delete(owner, run_ids))


def _delete_all(ledger: Ledger, owner: str) -> None:
    stop_runs(runtime.engine().live_of(owner))
    delete(lambda: ledger.delete_all(owner))


def delete(act: Callable[[], Deletion]) -> bool:
    """Deletes runs in a callback, which can be undone afterwards; False where the ledger failed."""
    state = st.session_state

    def do() -> None:
        state[UNDO] = act()
        model_pages.hide_all(browser_owner())

    return attempt(_("Nothing is deleted."), do, "deletion")


def _restore(ledger: Ledger, owner: str) -> None:
    if deletion := st.session_state.get(UNDO):
        state = st.session_state

        def do() -> None:
            ledger.restore(owner, deletion.id)
            state.pop(UNDO, None)

        attempt(_("Nothing is restored yet."), do, "restoring")


def _draw_undo(ledger: Ledger, owner: str) -> None:
    deletion = st.session_state.get(UNDO)
    if deletion:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            text = ngettext("{count} run was deleted.", "{count} runs were deleted.", deletion.runs)
            st.markdown(text.format(count=number(deletion.runs)), width="content")
            st.button(
                _("Undo"), key="history_undo_button", icon=":material/undo:", on_click=_restore, args=(ledger, owner)
            )


def _draw_pager(page: Page, before: list[Cursor]) -> None:
    if not before and page.older is None:
        return
    with st.container(horizontal=True, gap="small"):
        st.button(
            _("Newer"),
            key="history_newer",
            icon=":material/chevron_left:",
            disabled=not before,
            on_click=_go_back,
            args=(before,),
        )
        st.button(
            _("Older"),
            key="history_older",
            icon=":material/chevron_right:",
            disabled=page.older is None,
            on_click=before.append,
            args=(page.older,),
        )


def _go_back(before: list[Cursor]) -> None:
    if before:
        before.pop()


def _draw_reading(rows: Sequence[RunRow]) -> None:
    """Draws the same as a plain table with links, for screen readers, keyboards and paper."""
    fold = st.expander(_("As a plain table with links"), key="history_reading", type="compact", on_change="rerun")
    if not fold.open:
        return
    heads = (_("Started"), _("Model"), _("Gateway"), _("Prompt"), _("Outcome"), _("Tokens"), "TTFT", _("Cost"))
    lines = [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
    for row in rows:
        cells = (
            f"[{moment(row.started_at)}](?{RUN}={row.id})",
            literal(row.model),
            literal(row.server),
            literal(" ".join(row.prompt.split())[:80]),
            _outcome(row),
            _("unknown") if row.completion_tokens is None else number(row.completion_tokens),
            seconds(row.ttft_ns),
            literal(_cost(row)),
        )
        lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    with fold:
        st.markdown("\n".join(lines))
