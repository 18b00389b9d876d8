"""Presets: lanes under a name, stored with their owner, taken away and brought as a file."""

import streamlit as st

from glm_playground.chat.notice import Notice, NoticeKind
from glm_playground.chat.session import Session
from glm_playground.chat.setup import MAX_PRESETS, Preset, PresetProblem, read_presets, write_presets
from glm_playground.chat.workbench import Draft
from glm_playground.service import presets as stored
from glm_playground.ui.playground.form import take_changes
from glm_playground.ui.server.owner import owner
from glm_playground.ui.server.scheduler import released
from glm_playground.ui.shared.i18n import _, ngettext
from glm_playground.ui.shared.page.ledger_notice import attempt
from glm_playground.ui.shared.text.answer_markdown import literal
from glm_playground.ui.shared.text.styled import styled

_SAID, _DELETED = "presets_said", "presets_deleted"
_REASON_CHARACTERS, _NAME_CHARACTERS = 300, 80


def draw_presets(session: Session) -> None:
    """Draws what is stored, how to add to it, and the file."""
    try:
        with released():
            kept = stored.presets(owner())
    except stored.PresetsUnreadable as error:
        st.warning(
            _("They stay stored as they are, and no other is kept meanwhile: {reason}").format(
                reason=literal(str(error)[:_REASON_CHARACTERS])
            ),
            title=_("Your presets cannot be read."),
        )
        st.button(_("Delete them all"), key="preset_clear", type="tertiary", on_click=_clear)
        return
    st.caption(_("Models and settings under a name, with a prompt if you like; kept for this browser."))
    for number, preset in enumerate(kept.values()):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            models = ", ".join(literal(setup.asked) for setup in preset.lanes)
            st.markdown(f"**{literal(preset.name)}** {styled('small', models)}", width="stretch")
            st.button(_("Use"), key=f"preset-use-{number}", on_click=_use, args=(session, preset))
            st.button(
                _("Delete"), key=f"preset-delete-{number}", type="tertiary", on_click=_delete, args=(preset.name,)
            )
    if deleted := st.session_state.get(_DELETED):
        st.button(
            _("Restore {name}").format(name=literal(deleted.name)),
            key="preset_restore",
            icon=":material/undo:",
            on_click=_restore,
            args=(deleted,),
        )
    st.text_input(_("Name"), key="preset_name", max_chars=_NAME_CHARACTERS)
    st.text_area(
        _("Prompt (may hold variables)"),
        key="preset_prompt",
        height=80,
        help=_(
            "A variable is a name in two braces, like {example}; you are asked for its value before sending."
        ).format(example="`{{topic}}`"),
    )
    st.button(_("Keep the lanes as a preset"), key="preset_keep", on_click=_keep, args=(session,))
    if kept:
        st.download_button(
            _("Export"),
            lambda: write_presets(list(kept.values())),
            file_name="glm-playground-presets.json",
            mime="application/json",
            key="preset_export",
            on_click="ignore",
            icon=":material/download:",
        )
    st.file_uploader(_("Import a file of presets"), type=["json"], key="preset_file", on_change=_import)
    if said := st.session_state.pop(_SAID, None):
        st.markdown(said)


def _keep(session: Session) -> None:
    state = st.session_state
    name = (state.get("preset_name") or "").strip()
    take_changes(session)
    if not name:
        state[_SAID] = styled("red", _("Give the preset a name."))
        return
    lanes = tuple(session.bench.setup_of(lane) for lane in session.bench.lanes)
    try:
        preset = Preset(name=name, prompt=state.get("preset_prompt") or "", lanes=lanes)
        write_presets([preset])
    except ValueError as error:
        state[_SAID] = styled(
            "red", _("It cannot be kept: {reason}").format(reason=literal(str(error)[:_REASON_CHARACTERS]))
        )
        return
    if _store([preset], replace=True):
        state["preset_name"] = state["preset_prompt"] = ""
        state[_SAID] = _("Kept as {name}.").format(name=literal(name))


def _store(presets: list[Preset], *, replace: bool) -> bool:
    """Adds presets; False, with a word said, where there is no room or the ledger fails."""
    whose, kept = owner(), _kept()
    if kept is None:
        return False
    if len({preset.name for preset in presets} | kept.keys()) > MAX_PRESETS:
        st.session_state[_SAID] = styled("red", _("Preset limit reached; delete one first."))
        return False
    return attempt(_("The presets were not stored."), lambda: stored.add(whose, presets, replace=replace), "presets")


def _delete(name: str) -> None:
    whose = owner()
    kept = _kept()
    if kept is None:
        return
    preset = kept.get(name)
    if attempt(_("The preset was not deleted."), lambda: stored.remove(whose, name), "presets"):
        st.session_state[_DELETED] = preset


def _clear() -> None:
    whose = owner()
    attempt(_("The presets were not deleted."), lambda: stored.clear(whose), "presets")


def _restore(preset: Preset) -> None:
    """Stores a deleted preset again, under another name where its own was given to another one meanwhile."""
    kept = _kept() or {}
    numbered = (f"{preset.name[: _NAME_CHARACTERS - 6]} ({number})" for number in range(2, MAX_PRESETS + 3))
    name = next(name for name in (preset.name, *numbered) if name not in kept)
    if _store([preset.model_copy(update={"name": name})], replace=False):
        st.session_state.pop(_DELETED, None)


def _kept() -> dict[str, Preset] | None:
    """What is stored; None where another tab's version of the app stored what cannot be read, which the page says."""
    try:
        return stored.presets(owner())
    except stored.PresetsUnreadable:
        return None


def _use(session: Session, preset: Preset) -> None:
    take_changes(session)
    session.use_setups(preset.lanes)
    if preset.prompt:
        session.wait(Draft(preset.prompt, lane_ids=session.bench.targets(), notice=Notice(NoticeKind.READY)))


def _import() -> None:
    state = st.session_state
    file = state.get("preset_file")
    if file is None:
        return
    found = read_presets(file.getvalue())
    if isinstance(found, PresetProblem):
        reason = literal(": ".join(filter(None, found)))
        state[_SAID] = styled("red", _("Nothing was imported: {reason}").format(reason=reason))
        return
    known = _kept() or {}
    new = [preset for preset in found if preset.name not in known]
    if not _store(new, replace=False):
        return
    said = ngettext("{count} preset imported.", "{count} presets imported.", len(new)).format(count=len(new))
    left = len(found) - len(new)
    if left:
        said += " " + _("Left out, since the name is taken: {count}.").format(count=left)
    state[_SAID] = said
