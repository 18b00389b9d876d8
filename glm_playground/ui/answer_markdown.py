"""A model's answer as Markdown that is safe and right to draw; the stored text is never altered.

The answer is untrusted. No image is fetched, every link shows its host, Streamlit's own directives (colours, icons,
emoji codes) are plain text, a Mermaid fence is code. `\\(..\\)` and `\\[..\\]` become math and `$5` stays money.
Raw HTML is already shown as text by Streamlit. Every repetition in a pattern is bounded: the text may be hostile.
"""

import re
from urllib.parse import urlsplit

_FENCE = re.compile(r"^[ \t]*(`{3,}|~{3,})[ \t]*([^\n`]*)$")
_CODE_SPAN = re.compile(r"(`+)(?!`)(.{0,1000}?[^`])\1(?!`)", re.DOTALL)
_MATH = re.compile(
    r"\\\((?P<inline>.{1,1000}?)\\\)"
    r"|\\\[(?P<block>.{1,4000}?)\\\]"
    r"|(?<!\\)\$\$(?P<dollars>.{1,4000}?)\$\$"
    r"|(?<![\\$\w])\$(?P<dollar>[^\s$](?:[^$\n]{0,500}?[^\s$\\])?)\$(?![\d$])",
    re.DOTALL,
)
_MATHEMATICAL = re.compile(r"[\\^_={}<>+]|^[A-Za-z]$")
_IMAGE_OR_LINK = re.compile(
    r"(?<!\\)(!?)"
    r"\[((?:[^\[\]\\]|\\.|\[[^\[\]]{0,200}\]){0,500})\]"
    r"\(\s{0,9}<?([^\s<>()]{0,2000}(?:\([^\s()]{0,200}\)[^\s<>()]{0,200}){0,9})>?[^()\n]{0,500}\)"
)
_REFERENCE = re.compile(r"^( {0,3})\[([^\]\n]+)\]:", re.MULTILINE)
_DIRECTIVE = re.compile(r":(?=[a-z-]+\[|material/|[a-z0-9_+-]+:)")
_HEADING = re.compile(r"^( {0,3})(#{1,4})(?=[ \t])", re.MULTILINE)
_SHOWN_HEADING = {1: "####", 2: "####", 3: "#####", 4: "######"}


def to_markdown(text: str) -> str:
    """`text` as Markdown for `st.markdown`."""
    out: list[str] = []
    prose: list[str] = []
    fence: str | None = None
    for line in text.split("\n"):
        opening = _FENCE.match(line)
        if fence is None and opening:
            out.append(_prose("\n".join(prose)))
            prose.clear()
            fence = opening[1]
            # Streamlit would draw a Mermaid fence; a diagram of untrusted text stays text.
            out.append(line.replace(opening[2], "text") if opening[2].strip().lower().startswith("mermaid") else line)
        elif fence is not None:
            out.append(line)
            closing = line.strip()
            if closing.startswith(fence) and not closing.strip(fence[0]):
                fence = None
        else:
            prose.append(line)
    if prose:
        out.append(_prose("\n".join(prose)))
    return "\n".join(piece for index, piece in enumerate(out) if piece or index)


def _prose(text: str) -> str:
    """Text outside fences, with its code spans left as they are."""
    pieces: list[str] = []
    position = 0
    for span in _CODE_SPAN.finditer(text):
        pieces += [_math(text[position : span.start()]), span[0]]
        position = span.end()
    pieces.append(_math(text[position:]))
    return "".join(pieces)


def _math(text: str) -> str:
    pieces: list[str] = []
    position = 0
    for found in _MATH.finditer(text):
        formula = found["inline"] or found["dollar"]
        if found["dollar"] is not None and not _MATHEMATICAL.search(found["dollar"]):
            continue
        pieces.append(_plain(text[position : found.start()]))
        display = found["block"] or found["dollars"]
        pieces.append(f"${formula.strip()}$" if formula else f"\n$$\n{display.strip()}\n$$\n")
        position = found.end()
    pieces.append(_plain(text[position:]))
    return "".join(pieces)


def _plain(text: str) -> str:
    text = _HEADING.sub(lambda found: found[1] + _SHOWN_HEADING[len(found[2])], text)
    text = _REFERENCE.sub(r"\1\\[\2]:", text)
    text = _DIRECTIVE.sub(r"\\:", text)
    text = re.sub(r"(?<!\\)\$", r"\\$", text)
    text = _IMAGE_OR_LINK.sub(_link, text)
    # What is left of an image is not one that the pattern above could read.
    return re.sub(r"(?<!\\)!(?=\[)", r"\\!", text)


def _link(found: re.Match[str]) -> str:
    image, label, address = found[1], found[2], found[3].replace("\\:", ":")
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return "\\" + found[0].removeprefix("!")
    if parts.scheme not in {"http", "https", "mailto"} or (not host and parts.scheme != "mailto"):
        return f"{'!' if image else ''}\\[{label}\\]({address})"
    shown = host or parts.path
    name = label.strip() or shown
    return f"[{name}]({address})" if shown and shown in name else f"[{name}]({address}) ({shown})"


def literal(text: str) -> str:
    """`text` so that Markdown shows it as it is, on one line; for words of a gateway inside our own sentences."""
    return re.sub(r"([\\`*_{}\[\]<>()#+\-.!|~$:&\"'])", r"\\\1", " ".join(text.split()))
