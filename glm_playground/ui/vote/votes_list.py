"""The votes given: what was said of whom, as a grid; deleting, undoing, exporting."""

from collections.abc import Sequence

import pandas as pd  # type: ignore[import-untyped]
import streamlit as st

from glm_playground import bounds
from glm_playground.ledger import Deletion, Ledger
from glm_playground.ledger.votes import StoredVote
from glm_playground.reports.vote_files import csv_lines, json_lines
from glm_playground.ui.server.scheduler import released
from glm_playground.ui.shared.files.file_buttons import FileKind, dated, draw_file_buttons
from glm_playground.ui.shared.i18n import _, ngettext, number
from glm_playground.ui.shared.page.ledger_notice import attempt
from glm_playground.ui.shared.page.moment_column import moment_column
from glm_playground.ui.shared.page.navigation import HISTORY, RUN
from glm_playground.ui.shared.text.accent import on_accent
from glm_playground.ui.vote.words import candidate_name, verdict_name

_SHOWN = 200
_ROW_HEIGHT = 34
_UNDO = "vote_undo"


def draw_votes(ledger: Ledger, owner: str) -> None:
    """Draws the newest votes, and what can be done with the chosen ones or with all."""
    _draw_undo(ledger, owner)
    with released():
        votes = ledger.votes.newest(owner, _SHOWN)
    if not votes:
        st.markdown(_("No vote is given yet. Ask two models, and say which answer is better."))
        return
    chosen = _draw_grid(votes)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if chosen:
            st.button(
                _("Delete"),
                key="vote_delete",
                icon=":material/delete:",
                on_click=_delete,
                args=(ledger, owner, [vote.id for vote in chosen]),
            )
        else:
            st.caption(_("Select votes to delete them, or one to open its answers."), width="content")
        _draw_exports(ledger, owner)
        with st.popover(_("Delete all of mine"), type="tertiary", icon=":material/delete_forever:"):
            st.markdown(_("Every vote of yours is deleted. You can undo it while this page is open. The runs stay."))
            st.button(
                on_accent(_("Delete all of mine")),
                key="vote_delete_all",
                type="primary",
                on_click=_delete,
                args=(ledger, owner, None),
            )
        if len(chosen) == 1:
            for name, run_id in (("A", chosen[0].run_a), ("B", chosen[0].run_b)):
                label = _("Answer {side}").format(side=name)
                st.page_link(HISTORY, label=label, icon=":material/history:", query_params={RUN: run_id})


def _draw_grid(votes: Sequence[StoredVote]) -> list[StoredVote]:
    column = st.column_config
    frame = pd.DataFrame(
        {
            "given": [vote.voted_at for vote in votes],
            "verdict": [verdict_name(vote.verdict) for vote in votes],
            "a": [candidate_name(vote.candidate_a) for vote in votes],
            "b": [candidate_name(vote.candidate_b) for vote in votes],
            "asked": [vote.asked or _("deleted") for vote in votes],
            "case": [vote.case for vote in votes],
            "stand_in": [_("stand-in, not GLM") if vote.stand_in else "" for vote in votes],
        }
    )
    event = st.dataframe(
        frame,
        hide_index=True,
        height=min(480, (len(votes) + 1) * _ROW_HEIGHT + 3),
        row_height=_ROW_HEIGHT,
        # What is chosen is chosen by its place, so other votes are another grid: nothing is chosen in it yet.
        key=f"vote_grid-{hash(tuple(vote.id for vote in votes))}",
        on_select="rerun",
        selection_mode="multi-row",
        alt=_("Votes, newest first"),
        column_config={
            "given": moment_column(_("Given")),
            "verdict": column.TextColumn(_("Verdict"), width=110),
            "a": column.TextColumn("A", width=130),
            "b": column.TextColumn("B", width=130),
            "asked": column.TextColumn(_("Prompt"), width=320),
            "case": column.TextColumn(_("Case")),
            "stand_in": column.TextColumn(_("Answered by")),
        },
    )
    rows = event.selection.rows if event else []
    return [votes[place] for place in rows if place < len(votes)]


def _draw_exports(ledger: Ledger, owner: str) -> None:
    with st.popover(_("Export"), icon=":material/download:", key="vote_export", on_change="rerun") as popover:
        if not popover.open:
            return
        st.caption(_("The newest {most} votes at most.").format(most=number(bounds.VOTES_READ)))

        def votes() -> tuple[StoredVote, ...]:
            return ledger.votes.newest(owner, bounds.VOTES_READ)

        kinds = (
            # The mark at the beginning tells spreadsheets that the file is UTF-8.
            FileKind("CSV", "csv", "text/csv", lambda: "\ufeff" + "".join(csv_lines(votes()))),
            FileKind("JSON Lines", "jsonl", "application/jsonl", lambda: "".join(json_lines(votes()))),
        )
        with st.container(horizontal=True):
            draw_file_buttons(kinds, dated("glm-playground-votes"), "vote")


def _delete(ledger: Ledger, owner: str, vote_ids: list[str] | None) -> None:
    state = st.session_state

    def do() -> None:
        state[_UNDO] = ledger.votes.delete(owner, vote_ids)

    attempt(_("Nothing is deleted."), do, "vote deletion")


def _draw_undo(ledger: Ledger, owner: str) -> None:
    deletion: Deletion | None = st.session_state.get(_UNDO)
    if deletion is None or not deletion.runs:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        text = ngettext("{count} vote was deleted.", "{count} votes were deleted.", deletion.runs)
        st.markdown(text.format(count=number(deletion.runs)), width="content")
        args = (ledger, owner, deletion)
        st.button(_("Undo"), key="vote_undo_button", icon=":material/undo:", on_click=_restore, args=args)


def _restore(ledger: Ledger, owner: str, deletion: Deletion) -> None:
    state = st.session_state

    def do() -> None:
        ledger.votes.restore(owner, deletion.id)
        state.pop(_UNDO, None)

    attempt(_("Nothing is restored yet."), do, "vote restoring")
