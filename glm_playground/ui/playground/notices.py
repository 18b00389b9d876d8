"""What a command that was not done, or not wholly, has to say, in words."""

from decimal import Decimal

import streamlit as st

from glm_playground.chat.extra import ExtraProblem
from glm_playground.chat.lane import FieldProblem, Lane
from glm_playground.chat.notice import Notice, NoticeKind
from glm_playground.chat.structured import SchemaProblem
from glm_playground.chat.tools import ToolProblem
from glm_playground.chat.workbench import Workbench
from glm_playground.chat.workbench_json import WorkbenchNewer, WorkbenchUnreadable
from glm_playground.ledger import Stored
from glm_playground.ui.playground.setting_words import explain_extra, explain_schema, explain_tools
from glm_playground.ui.shared.answer.attachment_words import explain_files
from glm_playground.ui.shared.answer.finding_words import explain_finding
from glm_playground.ui.shared.figures import dollars
from glm_playground.ui.shared.i18n import _
from glm_playground.ui.shared.page.explanation import Explanation
from glm_playground.ui.shared.page.no_room import explain_no_room
from glm_playground.ui.shared.page.session import opened, said
from glm_playground.ui.shared.text.answer_markdown import code_span, literal


def explain_notice(notice: Notice, bench: Workbench, lane: Lane | None = None) -> Explanation:
    """A notice as a headline and what to do; `lane` is the one whose settings it is about."""
    match notice.kind:
        case NoticeKind.VARIABLES:
            empty = ", ".join(map(code_span, notice.names))
            todo = _("Fill in {names}, or send the prompt as it is.").format(names=empty) if empty else ""
            return Explanation(
                _("The prompt has variables."), todo or _("Check their values, or send the prompt as it is.")
            )
        case NoticeKind.CONFIRM | NoticeKind.CONFIRM_TOGETHER:
            told = (
                _("It may cost more than {limit}, your limit.")
                if notice.kind is NoticeKind.CONFIRM
                else _("With what the other lanes have just sent, it may cost more than {limit}, your limit.")
            )
            limit = literal(dollars(bench.ask_above or Decimal(0)))
            return Explanation(_("Confirm the cost."), told.format(limit=limit))
        case NoticeKind.SETTINGS:
            problems = (bench.settings_of(lane) if lane else bench.lanes[0]).problems
            # Where there is one, the headline names it.
            said = [
                f"{field_name(name)}: {explain_problem(problem)}" if len(problems) > 1 else explain_problem(problem)
                for name, problem in problems.items()
            ]
            return Explanation(
                _("A setting cannot be used: {names}.").format(
                    names=", ".join(map(field_name, tuple(problems) or notice.names))
                ),
                " ".join((*said, _("Open Settings to correct it. Nothing was sent."))),
            )
        case NoticeKind.CHECK if notice.finding:
            return explain_finding(notice.finding, notice.model)
        case NoticeKind.ENCODING | NoticeKind.PDF | NoticeKind.FOLDER | NoticeKind.FILES:
            return explain_files(notice)
        case NoticeKind.NO_GATEWAY:
            name = literal(" ".join(notice.names))
            return Explanation(
                _("This server has no gateway named {name}.").format(name=name),
                _("Nothing was sent, to no other either. Choose a model of another gateway in the lane's model box."),
            )
        case NoticeKind.LINK_IGNORED:
            shown = ", ".join(literal(piece) for piece in notice.names[:5])
            return Explanation(
                _("A part of the link was left out."), _("Not understood: {pieces}").format(pieces=shown)
            )
    return _explain_kind(notice.kind)


def _explain_kind(kind: NoticeKind) -> Explanation:
    """A notice of which its kind says all."""
    match kind:
        case NoticeKind.BUSY:
            return Explanation(_("An answer is still being written."), _("Send it once the answer ends, or stop that."))
        case NoticeKind.READY:
            return Explanation(_("A prompt of the preset."), _("Change it if you like, then send it."))
        case NoticeKind.LANES_FULL:
            return Explanation(
                _("There is no room for it."), _("Six lanes fit beside each other: remove one, then undo again.")
            )
        case NoticeKind.NO_WORKBENCH:
            return Explanation(
                _("There is no such workbench of yours."),
                _("It was deleted, or it belongs to another browser or person. Another one is shown here."),
            )
        case NoticeKind.LANE_TAKEN_IN:
            return Explanation(
                _("A lane that was added elsewhere had no room."),
                _("Six lanes fit beside each other: what it asked is in this one now, beside the first prompt."),
            )
        case NoticeKind.ONLY_SOME_LANES:
            return Explanation(
                _("Only the first three lanes are asked again."),
                _("Six lanes fit beside each other: three, each twice."),
            )
    return Explanation(_("The lane it was for is gone."), _("Send it to the lanes that are there, or discard it."))


def explain_problem(problem: FieldProblem) -> str:
    """Why a field of the settings cannot be used."""
    if isinstance(problem, ToolProblem):
        return explain_tools(problem)
    if isinstance(problem, SchemaProblem):
        return explain_schema(problem)
    return _explain_extra(problem)


def _explain_extra(problem: ExtraProblem) -> str:
    if problem.reserved:
        return explain_extra(_("{names} cannot be set here").format(names=", ".join(problem.reserved)))
    return explain_extra(problem.reason or _("expected an object"))


def field_name(name: str) -> str:
    """What a field of the settings that is written as JSON is called on the screen."""
    return {"tools": _("Tools (JSON)"), "schema": _("JSON Schema"), "extra": _("Extra request fields (JSON)")}[name]


def explain_unreadable(error: WorkbenchUnreadable) -> Explanation:
    """Why a stored workbench was not opened."""
    if isinstance(error, WorkbenchNewer):
        reason = _("A later version of this app wrote it.")
    else:
        reason = _("What is stored of it cannot be read: {reason}.").format(reason=literal(str(error).rstrip(".")))
    kept = _("It is left as it is; this is another, empty one.")
    return Explanation(_("The workbench was not opened."), f"{reason} {kept}")


def draw_notice(bench: Workbench) -> None:
    """Draws what the last command has to say, and why another workbench is here than the one that was asked for."""
    unreadable = opened().unreadable
    if unreadable and bench.empty:
        title, body = explain_unreadable(unreadable)
        st.warning(body, title=title)
    if opened().full:
        body = explain_no_room(Stored.WORKBENCHES).body
        stays = _("It stays as long as this page is open, and is stored once there is room.")
        st.warning(f"{body} {stays}", title=_("The last change of this workbench is not stored."))
    elif opened().unstored:
        st.warning(
            _("It stays as long as this page is open. Take what you need under Share, or begin another with New."),
            title=_("The last change of this workbench is not stored."),
        )
    if notice := said():
        title, body = explain_notice(notice, bench)
        st.warning(body, title=title)
