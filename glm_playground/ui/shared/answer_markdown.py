"""A model's answer as Markdown that is safe and right to draw; the stored text is never altered.

The answer is untrusted. No image is fetched, every link shows its host, Streamlit's own directives (colours, icons,
emoji codes) are plain text, a Mermaid fence is code. `\\(..\\)` and `\\[..\\]` become math and `$5` stays money.
Raw HTML is already shown as text by Streamlit. Every repetition in a pattern is bounded: the text may be hostile.

Patterns read Markdown only roughly. So what they give out is read again by a CommonMark parser, and where that still
finds an image or a link that hides its host, the signs that make them are taken out of the whole text.
"""

import re
from functools import lru_cache
from itertools import pairwise
from textwrap import dedent
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

from glm_playground import bounds
from glm_playground.ui.shared.busy_text import as_text, is_busy
from glm_playground.ui.shared.fences import Fence
from glm_playground.ui.shared.formulas import may_be_drawn

_CODE_SPAN = re.compile(r"\\[\\`]|(?<!`)(?P<ticks>`+)(?!`)(?:[^\n]|\n(?![ \t]*\n)){0,1000}?[^`](?P=ticks)(?!`)")
_HELD = re.compile("\ue000(\\d+)\ue001")
# A formula holds no code span: its end would be looked for in there.
_MATH = re.compile(
    r"\\[\\$]"
    r"|\\\((?P<inline>(?:[^$\n\\\ue000]|\\[^$\n()\ue000]|\n(?![ \t]*\n)){1,1000}+)\\\)"
    r"|\\\[(?P<block>(?:[^$\\\ue000]|\\[^$\[\]\ue000]|\\?\$(?!\$)){1,4000}+)\\\]"
    r"|\$\$(?P<dollars>(?:[^$\ue000]|\$(?!\$)){1,4000}?)\$\$"
    r"|(?<![$\w])\$(?P<dollar>[^\s$\ue000](?:[^$\n\ue000]{0,500}?[^\s$\\\ue000])?)\$(?![\d$])"
)
_MATHEMATICAL = re.compile(r"[\\^_={}<>+]|^[A-Za-z]$")
_IMAGE_OR_LINK = re.compile(
    r"\\."
    r"|(!?)\[((?:[^\[\]\\]|\\.|\[[^\[\]]{0,200}\]){0,500})\]"
    r"\(\s{0,9}(?:<([^<>\n]{0,2000})>|([^\s<>()]{0,2000}(?:\([^\s()]{0,200}\)[^\s<>()]{0,200}){0,9}))"
    r"(?:\s{1,9}(?:\"[^\"\n]{0,500}\"|'[^'\n]{0,500}'|\([^()\n]{0,500}\)))?\s{0,9}\)"
)
_REFERENCE = re.compile(r"^([ \t>]{0,20})\[([^\]\n]+)\]:", re.MULTILINE)
# Streamlit looks for icons and emoji codes in text that is parsed already, where an escape is no longer seen. An empty
# directive behind the colon parts that text, and neither shows nor is copied.
_CODE_AHEAD = r"(?=material/|(?![0-9]{1,60}:)[a-z0-9_+-]{1,60}:)"
_PARTED_COLON = r"\::small[]"
_SIGN = re.compile(rf"\\?(?P<code>:){_CODE_AHEAD}|\\.|:(?=[a-z-]+\[)|\$")
_LITERAL_SIGN = re.compile(rf"(?P<code>:){_CODE_AHEAD}|[\\`*_{{}}\[\]<>()#+\-.!|~$:&\"']")
_IMAGE_SIGN = re.compile(r"\\.|!(?=\[)")
_HEADING = re.compile(r"^( {0,3})(#{1,4})(?=[ \t])", re.MULTILINE)
_SHOWN_HEADING = {1: "####", 2: "####", 3: "#####", 4: "######"}

_commonmark = MarkdownIt("commonmark").enable("table")
_commonmark.validateLink = lambda url: True  # type: ignore[method-assign]
_commonmark.normalizeLink = lambda url: url  # type: ignore[method-assign]


@lru_cache(maxsize=bounds.DRAWN_PIECES_KEPT)
def piece_markdown(piece: str) -> str:
    """`to_markdown` of a finished piece, kept for the next time that it is drawn."""
    return to_markdown(piece)


def to_markdown(text: str) -> str:
    """`text` as Markdown for `st.markdown`; what costs too much as Markdown is shown as it is (`busy_text`)."""
    shown = _rewritten(text)
    if _has_image_or_hidden_link(shown):
        for sign, entity in (("![", "&#33;["), ("](", "]&#40;"), ("]:", "]&#58;"), ("][", "]&#91;")):
            shown = shown.replace(sign, entity)
    return shown


def _rewritten(text: str) -> str:
    out: list[str] = []
    prose: list[str] = []
    fence: Fence | None = None
    opened = coded = 0
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        if fence is None and (fence := Fence.opened_by(line)):
            out.append(_prose("\n".join(prose)))
            prose.clear()
            # Streamlit would draw a Mermaid fence; a diagram of untrusted text stays text.
            mermaid = fence.info.lower().startswith("mermaid")
            out.append(line.replace(fence.info, "text") if mermaid else line)
            opened = len(out) - 1
        elif fence is not None:
            out.append(line)
            coded += len(line)
            if coded > bounds.DRAWN_CODE_CHARACTERS:
                out[opened] = out[opened].replace(fence.info, "text")
            if fence.closed_by(line):
                fence, coded = None, 0
        else:
            prose.append(line)
    if prose:
        out.append(_prose("\n".join(prose)))
    return "\n".join(piece for index, piece in enumerate(out) if piece or index)


def _prose(text: str) -> str:
    """Text outside fences, with its code spans left as they are."""
    if is_busy(text):
        return as_text(text)
    spans: list[str] = []

    def hold(found: re.Match[str]) -> str:
        if not found["ticks"]:
            return found[0]
        spans.append(found[0])
        return f"\ue000{len(spans) - 1}\ue001"

    held = _CODE_SPAN.sub(hold, text.replace("\ue000", "\ufffd"))
    return _HELD.sub(lambda found: spans[int(found[1])], _math(held))


def _math(text: str) -> str:
    pieces: list[str] = []
    position = drawn = characters = 0
    for found in _MATH.finditer(text):
        formula = found["inline"] or found["dollar"]
        display = found["block"] or found["dollars"]
        if not (formula or display) or (found["dollar"] and not _MATHEMATICAL.search(found["dollar"])):
            continue
        source = formula or display
        drawn, characters = drawn + 1, characters + len(source)
        if drawn > bounds.FORMULAS or characters > bounds.FORMULAS_CHARACTERS or not may_be_drawn(source):
            continue
        pieces.append(_plain(text[position : found.start()]))
        pieces.append(f"${formula.strip()}$" if formula else f"\n$$\n{display.strip()}\n$$\n")
        position = found.end()
    pieces.append(_plain(text[position:]))
    return "".join(pieces)


def _plain(text: str) -> str:
    text = _HEADING.sub(lambda found: found[1] + _SHOWN_HEADING[len(found[2])], text)
    text = _REFERENCE.sub(r"\1\\[\2]:", text)
    text = _SIGN.sub(_without_sign, text)
    text = _IMAGE_OR_LINK.sub(_link, text)
    # What is left of an image is not one that the pattern above could read.
    return _IMAGE_SIGN.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    """The sign with a backslash before it; what is escaped already stays."""
    return found[0] if found[0].startswith("\\") else f"\\{found[0]}"


def _without_sign(found: re.Match[str]) -> str:
    return _PARTED_COLON if found["code"] else _escaped(found)


def _link(found: re.Match[str]) -> str:
    if found[0].startswith("\\"):
        return found[0]
    image, label, address = found[1], found[2], found[3] or found[4] or ""
    for shown, meant in ((_PARTED_COLON, ":"), ("\\:", ":"), ("\\$", "$")):
        address = address.replace(shown, meant)
    host = _host(address)
    if host is None:
        return f"{'!' if image else ''}\\[{label}\\]({address})"
    target = f"<{address}>" if found[3] else address
    name = label.strip() or host
    return f"[{name}]({target})" if _names(name, host) else f"[{name}]({target}) ({_shown(host)})"


def _host(address: str) -> str | None:
    """What a link leads to, in a form that fits behind it; None where the link is not to be one."""
    try:
        parts = urlsplit(address)
        host = parts.path if parts.scheme == "mailto" else parts.hostname
    except ValueError:
        return None
    return host if host and parts.scheme in {"http", "https", "mailto"} else None


def _names(label: str, host: str) -> bool:
    """Whether the text of a link is its host or an address there, and nothing that looks like another."""
    try:
        parts = urlsplit(label if "//" in label else f"//{label}")
        return label == host or ("@" not in parts.netloc and parts.hostname == host)
    except ValueError:
        return False


def _shown(host: str) -> str:
    return host if re.fullmatch(r"[A-Za-z0-9.-]+", host) else literal(host)


def _has_image_or_hidden_link(markdown: str) -> bool:
    if "[" not in markdown or not any(sign in markdown for sign in ("](", "![", "]:")):
        return False
    # Streamlit takes a common indentation away before it draws.
    tokens = _commonmark.parse(dedent(markdown))
    return any(_gives_away(token.children) for token in tokens if token.children)


def _gives_away(tokens: list[Token]) -> bool:
    """Whether an image, or a link without its host, is among the pieces of one paragraph."""
    label = ""
    host: str | None = None
    for token, after in pairwise([*tokens, Token("text", "", 0)]):
        if token.type == "image":
            return True
        if token.type == "link_open" and token.markup != "autolink":
            label, host = "", _host(str(token.attrs["href"]))
            if host is None:
                return True
        elif token.type == "link_close" and host is not None:
            if not _names(label, host) and not after.content.startswith(f" ({host})"):
                return True
            host = None
        else:
            label += token.content
    return False


def literal(text: str) -> str:
    """`text` so that Markdown shows it as it is, on one line; for words of a gateway inside our own sentences."""
    return _LITERAL_SIGN.sub(lambda found: _PARTED_COLON if found["code"] else f"\\{found[0]}", " ".join(text.split()))


def code_span(text: str) -> str:
    """`text`, such as a server's id, as a code span on one line, in a table too; it may hold anything."""
    return "`" + " ".join(text.split()).replace("`", "'").replace("|", "¦") + "`"
