"""Presets: lanes under a name, kept in the session, taken away and brought as a file."""

import streamlit as st

from glm_playground.chat.setup import MAX_PRESETS, Preset, PresetProblem, read_presets, write_presets
from glm_playground.chat.variables import variables_of
from glm_playground.ui.playground import workbench
from glm_playground.ui.playground.lane_settings import take_over
from glm_playground.ui.playground.workbench import PROMPT, Workbench
from glm_playground.ui.shared.answer_markdown import literal
from glm_playground.ui.shared.i18n import _, ngettext
from glm_playground.ui.shared.styled import styled

_PRESETS, _SAID = "presets_kept", "presets_said"


def presets() -> dict[str, Preset]:
    """The session's presets by name."""
    found: dict[str, Preset] = st.session_state.setdefault(_PRESETS, {})
    return found


def draw_presets(bench: Workbench) -> None:
    """Draws what is kept, how to keep more, and the file."""
    kept = presets()
    st.caption(_("Models and settings under a name, with a prompt if you like; kept in this session. Export to keep."))
    for number, preset in enumerate(kept.values()):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            models = ", ".join(literal(setup.model) for setup in preset.lanes)
            st.markdown(f"**{literal(preset.name)}** {styled('small', models)}", width="stretch")
            st.button(_("Use"), key=f"preset-use-{number}", on_click=_use, args=(preset,))
            st.button(
                _("Delete"),
                key=f"preset-delete-{number}",
                type="tertiary",
                on_click=_delete,
                args=(preset.name,),
            )
    st.text_input(_("Name"), key="preset_name", max_chars=80)
    st.text_area(
        _("Prompt (may hold variables)"),
        key="preset_prompt",
        height=80,
        help=_(
            "A variable is a name in two braces, like {example}; you are asked for its value before sending."
        ).format(example="`{{topic}}`"),
    )
    st.button(_("Keep the lanes as a preset"), key="preset_keep", on_click=_keep, args=(bench,))
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


def _keep(bench: Workbench) -> None:
    state = st.session_state
    name, kept = (state.get("preset_name") or "").strip(), presets()
    if not name:
        state[_SAID] = styled("red", _("Give the preset a name."))
    elif name not in kept and len(kept) >= MAX_PRESETS:
        state[_SAID] = styled("red", _("No more presets fit; delete one first."))
    else:
        for lane in bench.lanes:
            take_over(lane)
        lanes = tuple(bench.setup_of(lane) for lane in bench.lanes)
        try:
            preset = Preset(name=name, prompt=state.get("preset_prompt") or "", lanes=lanes)
            write_presets([preset])
        except ValueError as error:
            state[_SAID] = styled("red", _("It cannot be kept: {reason}").format(reason=literal(str(error)[:300])))
            return
        kept[name] = preset
        state["preset_name"] = state["preset_prompt"] = ""
        state[_SAID] = _("Kept as {name}.").format(name=literal(name))


def _delete(name: str) -> None:
    presets().pop(name, None)


def _use(preset: Preset) -> None:
    workbench.use_setups(preset.lanes)
    if preset.prompt:
        st.session_state[PROMPT] = preset.prompt
        names = variables_of(preset.prompt)
        if names:
            said = ", ".join(literal(name) for name in names)
            workbench.notify(_("The preset's prompt is in the input."), _("It asks for: {names}").format(names=said))


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
    kept = presets()
    new = [preset for preset in found if preset.name not in kept]
    if len(kept) + len(new) > MAX_PRESETS:
        state[_SAID] = styled("red", _("No more presets fit; delete one first."))
        return
    kept.update({preset.name: preset for preset in new})
    said = ngettext("{count} preset imported.", "{count} presets imported.", len(new)).format(count=len(new))
    left = len(found) - len(new)
    if left:
        said += " " + _("Left out, since the name is taken: {count}.").format(count=left)
    state[_SAID] = said
