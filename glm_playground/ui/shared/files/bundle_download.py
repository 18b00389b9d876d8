"""Writing a bundle: what leaves the machine is shown first, and what looks like a key is found and taken out."""

from collections.abc import Callable, Sequence

import streamlit as st

from glm_playground.bundles.bundle import Bundle, RecordedRun, preview, write_bundle
from glm_playground.bundles.secrets import SecretFinding, find_secrets, without_secrets
from glm_playground.bundles.snapshot import snapshot
from glm_playground.settings import settings
from glm_playground.ui.shared.files.file_buttons import dated
from glm_playground.ui.shared.i18n import _, ngettext, number
from glm_playground.ui.shared.page.own_key import asked_gateways
from glm_playground.ui.shared.text.answer_markdown import literal

_MOST_SHOWN = 20


def draw_bundle_download(runs: Callable[[], Sequence[RecordedRun]], key: str) -> None:
    """Draws the title, the preview and the download of a bundle; `runs` is asked once it is open."""
    fold = st.expander(
        _("As a bundle, to replay and to run again"), key=f"{key}-open", type="compact", on_change="rerun"
    )
    if not fold.open:
        return
    with fold:
        found = tuple(runs())
        if not found:
            st.caption(_("No run has ended yet."))
            return
        title = st.text_input(_("Title"), key=f"{key}-title", max_chars=120, placeholder=found[0].run.request.model)
        bundle = snapshot(found, (title or "").strip() or found[0].run.request.model)
        bundle = _draw_secrets(bundle, key)
        _draw_preview(bundle)
        st.download_button(
            _("Download the bundle"),
            lambda: write_bundle(bundle),
            file_name=f"{dated('glm-playground')}.glmrun",
            mime="application/zip",
            key=f"{key}-download",
            on_click="ignore",
            icon=":material/download:",
        )


def known_keys() -> list[str]:
    """The keys this session asks with: none of them may leave."""
    gateways = (secret for gateway in asked_gateways().all for secret in gateway.secrets)
    keys = [settings().api_key, *gateways, settings().callback_secret]
    return [key.get_secret_value() for key in keys if key]


def _draw_secrets(bundle: Bundle, key: str) -> Bundle:
    """Draws what looks like a key; the bundle without it."""
    known = known_keys()
    found: tuple[SecretFinding, ...] = find_secrets(bundle, known)
    if not found:
        st.caption(_("Nothing in it looks like a key or a password."))
        return bundle
    text = ngettext(
        "{count} place looks like a key or a password.", "{count} places look like keys or passwords.", len(found)
    )
    st.warning(
        "\n".join(f"- {literal(one.where)}: {literal(one.excerpt)}" for one in found[:_MOST_SHOWN]),
        title=text.format(count=number(len(found))),
    )
    if st.checkbox(_("Take them out of the file"), value=True, key=f"{key}-clean"):
        return without_secrets(bundle, known)
    # What is certainly our key never leaves, whatever was chosen.
    return without_secrets(bundle, known, only_known=True)


def _draw_preview(bundle: Bundle) -> None:
    st.caption(_("What the file will hold; no key and no cookie is in it."))
    lines = [_("| Part | Bytes | What it is |"), "|---|--:|---|"]
    lines += [f"| `{row.path}` | {number(row.size)} | {_holds(row.path)} |" for row in preview(bundle)[:_MOST_SHOWN]]
    st.markdown("\n".join(lines))


def _holds(path: str) -> str:
    if path.startswith("runs/"):
        return _("a run: request, events with their times, figures, cost and price")
    if path.startswith("cards/"):
        return _("the facts of a model as they stand now")
    return _("title, note, date, versions, checksums")
