"""What can be taken away: a link to the settings, the request as code, the conversation as a file."""

from urllib.parse import urlencode, urlsplit

import streamlit as st

from glm_playground.bundles.bundle import RecordedRun
from glm_playground.chat.lane import Lane
from glm_playground.chat.link import fields_left_out, query_of
from glm_playground.chat.prompt import Prompt
from glm_playground.chat.workbench import Workbench
from glm_playground.runs.cost import Cost
from glm_playground.runs.live_run import LiveRun
from glm_playground.settings import RUNAPI_BASE_URL
from glm_playground.ui.playground.panel import Panel, draw_panel_button, draw_panel_head, in_panel
from glm_playground.ui.shared.answer.images import shown_body
from glm_playground.ui.shared.answer.starters import starters
from glm_playground.ui.shared.i18n import _
from glm_playground.ui.shared.page.own_key import asked_gateways
from glm_playground.ui.shared.text.answer_markdown import literal
from glm_playground.ui.shared.text.snippets import KEY_NAME, request_snippets


def draw_share_button() -> None:
    """Draws the button that opens it."""
    draw_panel_button(Panel.SHARE, _("Share"), ":material/share:")


def draw_share(bench: Workbench) -> None:
    """Draws what can be taken away, where it was opened."""
    if in_panel() != Panel.SHARE:
        return
    with st.sidebar:
        draw_panel_head(_("**Share**"))
        _draw_link(bench)
        _draw_code(bench)
        _draw_downloads(bench)


def _draw_link(bench: Workbench) -> None:
    st.markdown(_("**Link to these models and settings.** No prompt and no key is in it."))
    parts = urlsplit(st.context.url or "")
    query = urlencode(query_of(bench))
    origin = f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
    # The page's own path, which has the server's base path in front where there is one.
    path = parts.path if parts.path.endswith("/playground") else "/playground"
    st.code(f"{origin}{path}?{query}", language=None, wrap_lines=True)
    if names := fields_left_out(bench):
        st.caption(_("Not in the link: {names}. A preset or a bundle carries them.").format(names=", ".join(names)))
    options = {
        _("Run automatically"): bench.run_tools,
        _("Confirm cost above (US dollars)"): bench.ask_above is not None,
    }
    if set_here := [name for name, is_set in options.items() if is_set]:
        said = _("Options that stay with this workbench: {names}.")
        st.caption(said.format(names=", ".join(set_here)))


def _draw_code(bench: Workbench) -> None:
    st.markdown(
        _("**The request as code.** The last one sent, or the one a first prompt would make; never with a key.")
    )
    lane = bench.lanes[0]
    if len(bench.lanes) > 1:
        names = [f"{number} {one.setup.asked}" for number, one in enumerate(bench.lanes, start=1)]
        chosen = st.selectbox(_("Lane"), names, key="code_lane", persist_state="session")
        lane = bench.lanes[names.index(chosen)] if chosen in names else lane
    runs = [turn.answer.run for turn in lane.conversation.turns if turn.answers and turn.answer.run]
    first = starters()["starter"]
    prompt = Prompt(first.prompt, first.attachments)
    request = runs[-1].request if runs else lane.conversation.request(prompt, bench.setup_of(lane))
    gateways = asked_gateways()
    asked = gateways.find(bench.setup_of(lane).gateway)
    if asked is None:
        name = literal(bench.setup_of(lane).gateway)
        st.caption(_("This server has no gateway named {name}.").format(name=name))
        return
    is_reachable = asked.stand_in is None or _is_on_this_computer()
    is_runapis = asked.site == RUNAPI_BASE_URL
    # Whoever copies the code for one gateway does not send it the key of another.
    key_name = KEY_NAME if is_runapis or not gateways.several else "GATEWAY_API_KEY"
    api_root = asked.api_root if is_reachable and not is_runapis else ""
    snippets = request_snippets(shown_body(request), api_root, key_name)
    for tab, snippet in zip(st.tabs([snippet.name for snippet in snippets]), snippets, strict=True):
        tab.code(snippet.text, language=snippet.language, height=260)
    if asked.stand_in and is_reachable and asked.key:
        st.caption(_("The sandbox answers this code on this computer only, until the app ends, with this key:"))
        st.code(f"export RUNAPI_API_KEY={asked.key.get_secret_value()}", language="bash")


def _is_on_this_computer() -> bool:
    """Whether the browser shows the page from the computer that the sandbox runs on."""
    return urlsplit(st.context.url or "").hostname in {"127.0.0.1", "localhost", "::1"}


def _draw_downloads(bench: Workbench) -> None:
    st.markdown(_("**The conversation as a file**, with its figures."))
    if not any(lane.conversation.turns for lane in bench.lanes):
        st.caption(_("Nothing was asked yet."))
        return
    # Jinja is loaded once somebody wants a file.
    from glm_playground.reports.transcript import TranscriptLane  # noqa: PLC0415
    from glm_playground.ui.shared.files.bundle_download import draw_bundle_download  # noqa: PLC0415
    from glm_playground.ui.shared.files.downloads import draw_downloads, draw_lanes_report  # noqa: PLC0415
    from glm_playground.ui.shared.files.link_form import draw_links  # noqa: PLC0415
    from glm_playground.ui.shared.files.put_on_stage import draw_put_on_stage  # noqa: PLC0415

    lanes = [
        TranscriptLane(
            bench.setup_of(lane),
            lane.conversation,
            _costs(lane),
        )
        for lane in bench.lanes
    ]
    draw_downloads(lambda: lanes, "download")
    draw_lanes_report(lambda: lanes, "share-report")
    draw_bundle_download(lambda: _recorded(bench), "share-bundle")
    draw_put_on_stage(lambda: _recorded(bench), "share-stage")
    draw_links("share-links")


def _recorded(bench: Workbench) -> list[RecordedRun]:
    """Every run of the turns on the screen that has ended, lane by lane."""
    return [
        RecordedRun(run=run.recorded() if isinstance(run, LiveRun) else run, cost=answer.cost, lane=place)
        for place, lane in enumerate(bench.lanes)
        for turn in lane.conversation.turns
        for answer in turn.answers
        if (run := answer.run) and run.ended
    ]


def _costs(lane: Lane) -> dict[str, Cost]:
    """By run: what it cost, for the turns on the screen."""
    answers = (answer for turn in lane.conversation.turns for answer in turn.answers)
    return {answer.run.id: answer.cost for answer in answers if answer.run and answer.cost}
