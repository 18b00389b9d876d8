"""Opening a bundle: what is in it, and what can be done with it. Opening one never sends anything."""

import streamlit as st

from glm_playground.bundles import bundle as bundles
from glm_playground.bundles.bundle import Bundle, BundleError
from glm_playground.runs.metrics import metrics_of
from glm_playground.service.opened_bundles import opened
from glm_playground.ui.history import bundle_lanes
from glm_playground.ui.server.owner import owner
from glm_playground.ui.server.scheduler import released
from glm_playground.ui.shared.accent import on_accent
from glm_playground.ui.shared.answer_markdown import literal
from glm_playground.ui.shared.explanations import Explanation
from glm_playground.ui.shared.figures import seconds, tokens
from glm_playground.ui.shared.i18n import _, moment
from glm_playground.ui.shared.navigation import PLAYGROUND
from glm_playground.ui.shared.own_key import asked_gateway
from glm_playground.ui.shared.page_header import stand_in_badge
from glm_playground.ui.shared.run_footer import cost_text, outcome_name

_OPENED = "opened_bundle"
_MOST_SHOWN = 50


def draw_open_bundle() -> None:
    """Draws the place for the file, and what is in it."""
    st.markdown(
        _(
            "A bundle is one `.glmrun` file with recorded runs: what was asked, each piece of the answers with its "
            "time, the figures, the prices. It plays without a network."
        )
    )
    file = st.file_uploader(
        _("Bundle"), type=["glmrun"], key="bundle_file", max_upload_size=bundles.MAX_FILE_BYTES // 1024**2
    )
    if file is None:
        return
    file_id, digest = st.session_state.get(_OPENED, ("", ""))
    found = opened.held(owner(), digest) if file_id == file.file_id else None
    if found is None:
        with released():
            digest, found = opened.read(owner(), file.getvalue())
        st.session_state[_OPENED] = (file.file_id, digest)
    if isinstance(found, Bundle):
        draw_bundle(found)
    else:
        why = explain(found)
        st.error(why.body, title=why.title)


def explain(error: BundleError) -> Explanation:
    """Why a file is not opened."""
    titles = {
        bundles.BundleNewer: _("A later version of this app has written the file. Update the app to open it."),
        bundles.BundleTooLarge: _("The file is too large, or it would be once unpacked."),
        bundles.BundleTampered: _("The file was changed after it was written."),
        bundles.BundleUnsafe: _("The file holds something that a bundle may not hold."),
        bundles.BundleInvalid: _("The file is not a bundle that this app can read."),
    }
    kind = next((kind for kind in titles if isinstance(error, kind)), None)
    title = titles[kind] if kind else _("The file is not a whole bundle.")
    return Explanation(
        title, _("Nothing was opened. Ask for the file again. ({reason})").format(reason=literal(str(error)))
    )


def draw_bundle(bundle: Bundle) -> None:
    """Draws what is in the bundle, and the buttons."""
    st.markdown(f"**{literal(bundle.title)}**")
    st.caption(_("Written {time}").format(time=moment(bundle.created_at)))
    if bundle.note:
        st.text(bundle.note)
    stand_ins = sorted({one.run.server.stand_in for one in bundle.runs if one.run.server.stand_in})
    if stand_ins:
        st.markdown(" ".join(stand_in_badge(name) for name in stand_ins))
    _draw_runs(bundle)
    with st.container(horizontal=True, gap="small"):
        chosen = [
            st.button(on_accent(_("Replay")), key="bundle_play", type="primary"),
            st.button(_("Replay 4 times as fast"), key="bundle_fast", icon=":material/fast_forward:"),
            st.button(_("Open as it was"), key="bundle_show", icon=":material/description:"),
            st.button(_("Run again and compare"), key="bundle_again", icon=":material/compare_arrows:"),
        ]
    if any(chosen):
        _act(bundle, chosen.index(True))
        st.switch_page(PLAYGROUND)
    server = asked_gateway()
    sends = _("Only the last one sends anything: the same requests, to {server}.").format(server=literal(server.name))
    st.caption(sends)


def _act(bundle: Bundle, chosen: int) -> None:
    match chosen:
        case 0:
            bundle_lanes.play(bundle, 1.0)
        case 1:
            bundle_lanes.play(bundle, 4.0)
        case 2:
            bundle_lanes.show(bundle)
        case _:
            bundle_lanes.ask_again(bundle)


def _draw_runs(bundle: Bundle) -> None:
    heads = (_("Model"), _("Prompt"), _("Outcome"), _("Tokens"), "TTFT", _("Cost"))
    lines = [f"| {' | '.join(heads)} |", "|---|---|---|--:|--:|---|"]
    for one in bundle.runs[:_MOST_SHOWN]:
        run = one.run
        prompt = run.request.messages[-1].content if run.request.messages else ""
        cells = (
            literal(run.request.model),
            literal(" ".join(prompt[:1000].split())[:80]),
            outcome_name(run.outcome),
            tokens(run.usage.completion_tokens if run.usage else None),
            seconds(metrics_of(run).ttft),
            cost_text(one.cost) if one.cost else _("unknown"),
        )
        lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    st.markdown("\n".join(lines))
    if len(bundle.runs) > _MOST_SHOWN:
        st.caption(_("and {count} more").format(count=len(bundle.runs) - _MOST_SHOWN))
