"""The running orders: which scenarios are presented, in which order, with which words; a file to take away or open."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import streamlit as st

from glm_playground.bundles.archive import MAX_FILE_BYTES
from glm_playground.bundles.bundle import BundleError, write_bundle
from glm_playground.bundles.parts import MAX_NOTE_CHARACTERS, MAX_TITLE_CHARACTERS
from glm_playground.bundles.running_order import RunningOrder, Scenario, bundle_of, read_order
from glm_playground.bundles.secrets import without_secrets
from glm_playground.ledger import LedgerError
from glm_playground.service import running_orders, runtime
from glm_playground.settings import ENVIRONMENT_NAMES, settings
from glm_playground.translations import LANGUAGES
from glm_playground.ui.present import stage as stages
from glm_playground.ui.present.verdict_view import verdict_sentences
from glm_playground.ui.server.owner import owner
from glm_playground.ui.server.scheduler import released
from glm_playground.ui.shared.files.bundle_download import known_keys
from glm_playground.ui.shared.files.file_buttons import dated
from glm_playground.ui.shared.i18n import _, language
from glm_playground.ui.shared.page.badges import stand_in_badge
from glm_playground.ui.shared.page.ledger_notice import draw_error, explain
from glm_playground.ui.shared.page.navigation import NOTES, VIEW
from glm_playground.ui.shared.text.accent import on_accent
from glm_playground.ui.shared.text.answer_markdown import literal
from glm_playground.ui.shared.text.long_text import draw_typed

_FOLDER = Path(__file__).parents[2] / "scenarios"
_CHOSEN, _FILE, _SAID = "running_order", "running_order_file", "running_order_said"
_MINE = "mine"

Change = Callable[[RunningOrder], RunningOrder]


@cache
def bundled(name: str) -> RunningOrder | BundleError:
    """The running order that comes with the app in a language, or why it cannot be read."""
    try:
        return read_order((_FOLDER / f"{name}.glmrun").read_bytes())
    except BundleError as error:
        error.__traceback__ = error.__context__ = None
        return error


def draw_orders() -> None:
    """Draws the orders, and the scenarios of the one that is chosen."""
    names = {_MINE: _("Yours")} | LANGUAGES
    if _CHOSEN not in st.session_state:
        mine = _mine()
        st.session_state[_CHOSEN] = _MINE if isinstance(mine, RunningOrder) and mine.scenarios else language()
    chosen = st.segmented_control(
        _("Running order"),
        list(names),
        format_func=names.__getitem__,
        key=_CHOSEN,
        label_visibility="collapsed",
        required=True,
        persist_state="session",
    )
    is_mine = chosen == _MINE
    order = _mine() if is_mine else bundled(str(chosen))
    if isinstance(order, BundleError):
        st.error(literal(str(order)), title=_("This running order cannot be read."))
        order = RunningOrder()
    stages.ask_lists(order)
    _draw_buttons(order)
    if said := st.session_state.pop(_SAID, None):
        st.error(said[1], title=said[0])
    for broken in order.broken:
        st.warning(
            _("It is left out; the others are shown. ({reason})").format(reason=literal(str(broken.error))),
            title=_("This scenario cannot be read: {title}").format(title=literal(broken.title)),
        )
    if not order.scenarios:
        st.markdown(
            _("Nothing is here yet. Press Put on stage at a run of the history or under Share in the playground.")
        )
    for place, scenario in enumerate(order.scenarios):
        _draw_scenario(order, place, scenario, is_mine=is_mine)
    if is_mine:
        _draw_open()


def _mine() -> RunningOrder | BundleError:
    try:
        with released():
            return running_orders.running_order(owner())
    except LedgerError as error:
        draw_error(error)
        return RunningOrder()
    except BundleError as error:
        return error


def _draw_buttons(order: RunningOrder) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button(
            on_accent(_("Begin")),
            "order_begin",
            type="primary",
            icon=":material/slideshow:",
            disabled=not order.scenarios,
            on_click=stages.begin,
            args=(order,),
        )
        st.link_button(_("Notes in another window"), f"?{VIEW}={NOTES}", icon=":material/speaker_notes:")
        st.download_button(
            _("Download the running order"),
            lambda: write_bundle(without_secrets(bundle_of(order), known_keys())),
            file_name=f"{dated('running-order')}.glmrun",
            mime="application/zip",
            key="order_download",
            on_click="ignore",
            icon=":material/download:",
            disabled=not order.scenarios,
            help=_("With its recordings, titles and notes. What looks like a key is taken out."),
        )
    st.caption(
        _(
            "On stage: the right arrow or Page Down plays the recording, then shows the next one; the left arrow or "
            "Page Up goes back; P plays, L asks live, Esc stops and clears, B makes the screen black, Q leaves. "
            "F11 fills the screen."
        )
    )
    if not settings().audience_votes:
        said = _("Votes of the audience by phone are off: the operator allows them with `{name}`.")
        st.caption(said.format(name=ENVIRONMENT_NAMES["audience_votes"]))


def _draw_scenario(order: RunningOrder, place: int, scenario: Scenario, *, is_mine: bool) -> None:
    runs = (
        [one.run for one in scenario.lanes]
        if scenario.verdict is None
        else [one.run for one in scenario.scenes[-1].runs]
    )
    with st.container(border=True, key=f"scenario-{place}", gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{place + 1}. {literal(scenario.title)}**", width="stretch")
            st.button(_("From here"), f"order_from-{place}", on_click=stages.begin, args=(order, place))
            if is_mine:
                _draw_moves(order, place, scenario)
        models = ", ".join(literal(run.request.model) for run in runs)
        badges = " ".join(
            stand_in_badge(name) for name in sorted({run.server.stand_in for run in runs if run.server.stand_in})
        )
        st.markdown(f"{models} {badges}")
        if gone := _gone(scenario):
            said = _("Not listed any more, so that it can be played, but hardly asked live: {models}")
            st.caption(said.format(models=literal(", ".join(gone))))
        if scenario.verdict:
            for said in verdict_sentences(scenario.verdict, 2):
                st.markdown(said)
        else:
            draw_typed(scenario.question, 300)
        if scenario.notes:
            st.caption(literal(scenario.notes))


def _gone(scenario: Scenario) -> list[str]:
    """The models of a scenario that their gateways do not list, as far as those have said what they list."""
    gone = []
    for one in scenario.lanes:
        model, listed = one.run.request.model, runtime.live_models(stages.gateway_of(one.run)).value
        if listed and model not in listed.models:
            gone.append(model)
    return list(dict.fromkeys(gone))


def _draw_moves(order: RunningOrder, place: int, scenario: Scenario) -> None:
    st.button(
        _("Earlier"), f"order_up-{place}", icon=":material/arrow_upward:", disabled=place == 0,
        on_click=_change, args=(lambda found: found.moved(scenario.id, -1),),
    )  # fmt: skip
    st.button(
        _("Later"), f"order_down-{place}", icon=":material/arrow_downward:",
        disabled=place + 1 == len(order.scenarios), on_click=_change, args=(lambda found: found.moved(scenario.id, 1),),
    )  # fmt: skip
    with st.popover(_("Words"), key=f"order_words-{scenario.id}", icon=":material/edit:", on_change="rerun") as popover:
        if popover.open:
            _draw_words(scenario)
    st.button(
        _("Remove"), f"order_remove-{place}", icon=":material/delete:",
        on_click=_change, args=(lambda found: found.without(scenario.id),),
    )  # fmt: skip


def _draw_words(scenario: Scenario) -> None:
    keys = [f"order_{name}-{scenario.id}" for name in ("title", "language", "notes")]
    with st.form(f"order_form-{scenario.id}", border=False):
        st.text_input(_("Title"), scenario.title, key=keys[0], max_chars=MAX_TITLE_CHARACTERS)
        known = list(dict.fromkeys([*LANGUAGES, scenario.language]))
        st.selectbox(
            _("Language"), known, known.index(scenario.language), key=keys[1],
            format_func=lambda name: LANGUAGES.get(name, name or _("unknown")),
        )  # fmt: skip
        st.text_area(_("Notes for the speaker"), scenario.notes, key=keys[2], max_chars=MAX_NOTE_CHARACTERS)
        st.form_submit_button(_("Save"), on_click=_save_words, args=(scenario.id, keys))


def _save_words(id: str, keys: list[str]) -> None:
    title, tongue, notes = (str(st.session_state[key] or "") for key in keys)
    _change(lambda found: found.changed(id, title.strip(), notes, tongue))


def _draw_open() -> None:
    with st.expander(_("Open a running order"), key="order_open", type="compact", on_change="rerun") as fold:
        if not fold.open:
            return
        st.markdown(_("A `.glmrun` file; its scenarios are put behind yours. Any other bundle is one scenario."))
        file = st.file_uploader(
            _("Running order"), type=["glmrun"], key=_FILE, max_upload_size=MAX_FILE_BYTES // 1024**2
        )
        if file is not None:
            st.button(_("Put behind yours"), "order_add", on_click=_add, args=(file.getvalue(),))


def _add(data: bytes) -> None:
    try:
        with released():
            found = read_order(data)
    except BundleError as error:
        st.session_state[_SAID] = _("The file is not opened."), literal(str(error))
        return
    _change(lambda order: order.joined(found.scenarios))
    if found.broken:
        names = ", ".join(literal(one.title) for one in found.broken)
        st.session_state.setdefault(_SAID, (_("Some scenarios of the file cannot be read and are left out."), names))


def _change(change: Change) -> None:
    """Changes the owner's running order in a callback; what goes wrong is said above the list."""
    try:
        with released():
            running_orders.change(owner(), change)
    except LedgerError as error:
        st.session_state[_SAID] = _("The running order is not saved."), explain(error).body
    except BundleError as error:
        st.session_state[_SAID] = _("The running order is not saved."), literal(str(error))
