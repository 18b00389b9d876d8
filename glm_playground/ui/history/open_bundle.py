"""Opening a bundle: what is in it, and what can be done with it. Opening one never sends anything."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import streamlit as st

from glm_playground.bundles import bundle as bundles
from glm_playground.bundles.bundle import Bundle, BundleError, BundleParts, RecordedRun
from glm_playground.chat.setup import asked_text
from glm_playground.runs.marks import prompt_of
from glm_playground.runs.metrics import metrics_of
from glm_playground.service.opened_bundles import look, whole
from glm_playground.ui.history import bundle_lanes
from glm_playground.ui.server.owner import owner
from glm_playground.ui.server.scheduler import released
from glm_playground.ui.shared.answer.run_footer import cost_text, outcome_name
from glm_playground.ui.shared.figures import seconds, tokens
from glm_playground.ui.shared.i18n import _, language, moment
from glm_playground.ui.shared.page.badges import stand_in_badge
from glm_playground.ui.shared.page.explanation import Explanation
from glm_playground.ui.shared.page.navigation import PLAYGROUND
from glm_playground.ui.shared.page.own_key import asked_gateways
from glm_playground.ui.shared.text.accent import on_accent
from glm_playground.ui.shared.text.answer_markdown import literal

_OPENED = "opened_bundle"
_MOST_SHOWN = 50
_MODEL_CHARACTERS = 100


@dataclass(frozen=True)
class _Seen:
    """What the page tells of a bundle, so that no tab holds one whole."""

    title: str
    created_at: datetime
    note: str
    stand_ins: tuple[str, ...]
    servers: tuple[str, ...]
    lines: tuple[str, ...]
    """Of the first runs, as the language of then has them."""
    count: int
    """Of all runs."""


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
        st.session_state.pop(_OPENED, None)
        return
    key = file.file_id, language()
    known, found = st.session_state.get(_OPENED, (None, None))
    if known != key:
        found = _look(file.getvalue())
        st.session_state[_OPENED] = key, found
    if isinstance(found, BundleError):
        why = explain(found)
        st.error(why.body, title=why.title)
    else:
        _draw_bundle(found, file.getvalue)


def _look(data: bytes) -> _Seen | BundleError:
    try:
        with released():
            return look(data, _see)
    except BundleError as error:
        # Alone: its traceback, and the error that it came of, hold what was read so far.
        error.__traceback__ = error.__context__ = None
        return error


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


def _draw_bundle(seen: _Seen, data: Callable[[], bytes]) -> None:
    """Draws what is in the bundle, and the buttons."""
    st.markdown(f"**{literal(seen.title)}**")
    st.caption(_("Written {time}").format(time=moment(seen.created_at)))
    if seen.note:
        st.text(seen.note)
    if seen.stand_ins:
        st.markdown(" ".join(stand_in_badge(name) for name in seen.stand_ins))
    _draw_runs(seen)
    with st.container(horizontal=True, gap="small"):
        chosen = [
            st.button(on_accent(_("Replay")), key="bundle_play", type="primary"),
            st.button(_("Replay 4 times as fast"), key="bundle_fast", icon=":material/fast_forward:"),
            st.button(_("Open as it was"), key="bundle_show", icon=":material/description:"),
            st.button(_("Run again and compare"), key="bundle_again", icon=":material/compare_arrows:"),
        ]
    if any(chosen):
        with released():
            bundle = whole(owner(), data())
        _act(bundle, chosen.index(True))
        st.switch_page(PLAYGROUND)
    st.caption(_to_whom(seen))


def _to_whom(seen: _Seen) -> str:
    """Who would be asked the same again, and which of the recorded gateways cannot be."""
    gateways = asked_gateways()
    here = [name for name in seen.servers if gateways.find(name)]
    known = here if gateways.several else [gateways.first.name]
    said = _("Only the last one sends anything: the same requests, to {server}.")
    parts = [said.format(server=", ".join(map(literal, known)))] if known else []
    if missing := [name for name in seen.servers if gateways.several and name not in known]:
        words = _("Not here, so that their lanes wait until you choose another gateway: {names}.")
        parts.append(words.format(names=", ".join(map(literal, missing))))
    return " ".join(parts)


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


def _see(parts: BundleParts) -> _Seen:
    # By `map`, which does not hold one run while the next is read.
    told = list(map(_tell, parts.runs()))
    stand_ins = sorted({one.stand_in for one in told if one.stand_in})
    servers = tuple(dict.fromkeys(one.server for one in told))
    lines = tuple(one.line for one in told[:_MOST_SHOWN])
    shown = (tuple(stand_ins[:_MOST_SHOWN]), servers[:_MOST_SHOWN], lines)
    return _Seen(parts.title, parts.created_at, parts.note, *shown, len(told))


class _Told(NamedTuple):
    """What is told of one run."""

    stand_in: str
    """The model that stood in; empty where none did."""
    server: str
    line: str
    """Of the table."""


def _tell(one: RecordedRun) -> _Told:
    run = one.run
    cells = (
        literal(asked_text(run.request.model[:_MODEL_CHARACTERS], run.server.name[:_MODEL_CHARACTERS])),
        literal(" ".join(prompt_of(run.request)[:1000].split())[:80]),
        outcome_name(run.outcome),
        tokens(run.usage.completion_tokens if run.usage else None),
        seconds(metrics_of(run).ttft),
        cost_text(one.cost) if one.cost else _("unknown"),
    )
    line = f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
    return _Told((run.server.stand_in or "")[:_MODEL_CHARACTERS], run.server.name[:_MODEL_CHARACTERS], line)


def _draw_runs(seen: _Seen) -> None:
    heads = (_("Model"), _("Prompt"), _("Outcome"), _("Tokens"), "TTFT", _("Cost"))
    st.markdown("\n".join((f"| {' | '.join(heads)} |", "|---|---|---|--:|--:|---|", *seen.lines)))
    if seen.count > _MOST_SHOWN:
        st.caption(_("and {count} more").format(count=seen.count - _MOST_SHOWN))
