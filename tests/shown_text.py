"""What can be read of an answer: by what it means, by what a model of Streamlit's frontend makes of what is drawn.

Both give the same form, a text with a few tags, as does `READ_PAGE` of what a browser shows.
"""

import re
from collections.abc import Iterator
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from streamlit.string_util import clean_text

from glm_playground.markdown.block_markdown import CodeBlock
from glm_playground.markdown.formulas import FormulaBudget
from glm_playground.markdown.parser import parse

LINE = "⏎"
_TAGS = {"em": "i", "strong": "b", "s": "s", "bullet_list": "ul", "list_item": "li", "blockquote": "q"}
_CELLS = ("th", "td")
_PLAIN = {"paragraph", "thead", "tbody"}


def meant(text: str) -> str:
    """What `text` means."""
    return form("".join(_written(parse(text), FormulaBudget())))


def drawn(elements: tuple[str | CodeBlock, ...]) -> str:
    """What a model of the frontend makes of what is drawn."""
    parts = []
    for element in elements:
        if isinstance(element, CodeBlock):
            parts.append(f"<pre>{element.text}</pre>")
        else:
            parts += _written(_FRONTEND.parse(clean_text(element.replace(":material/", ":material_"))), None)
    return form("".join(parts))


def read_in_document(markdown: str) -> str:
    """What a model of a reader of Markdown documents, which draws HTML and formulas, makes of one."""
    return form("".join(_written(_DOCUMENT.parse(markdown), None)))


def form(written: str) -> str:
    """`written` without what HTML does not tell apart."""
    written = written.replace("</c><c>", "")
    written = re.sub(
        r"<math>(.*?)</math>", lambda found: f"<math>{''.join(found[1].split())}</math>", written, flags=re.S
    )
    written = re.sub(r"<a (.*?)>", lambda found: f"<a {unquote(found[1])}>", written)
    parts = re.split(r"(<pre>.*?</pre>|<c>.*?</c>)", written, flags=re.S)
    parts[::2] = [re.sub(r"[ \t\n\r\x0b\x0c\x1c-\x1f\x85]+", " ", part) for part in parts[::2]]
    tag = r"</?(?:ul|ol|li|q|h|table|tr|th|td|hr)(?: \d+)?>|<pre>.*?</pre>|<math>.*?</math>"
    return re.sub(rf" ?({tag}|{LINE}) ?", r"\1", "".join(parts), flags=re.S).strip()


def _written(tokens: list[Token], formulas: FormulaBudget | None) -> Iterator[str]:
    place = ""
    for token in tokens:
        name = re.sub("_(open|close)$", "", token.type)
        begins = token.nesting > 0
        if token.type == "inline":
            yield from _inline(token.children or [], place, formulas)
        elif name in _CELLS or name == "heading":
            place = name if begins else ""
            tag = "h" if name == "heading" else name
            yield f"<{tag}>" if begins else f"</{tag}>"
        elif name == "ordered_list":
            start = token.attrs.get("start", 1)
            yield "</ol>" if not begins else "<ol>" if start == 1 else f"<ol {start}>"
        elif name in {"table", "tr"}:
            yield f"<{name}>" if begins else f"</{name}>"
        elif name in _TAGS:
            yield f"<{_TAGS[name]}>" if begins else f"</{_TAGS[name]}>"
            if begins and "done" in token.meta:
                yield "[x]" if token.meta["done"] else "[ ]"
        elif token.type == "hr":
            yield "<hr>"
        elif token.type in {"fence", "code_block", "math_block"}:
            yield _block(token, formulas)
        else:
            assert name in _PLAIN, token
            yield " "


def _block(token: Token, formulas: FormulaBudget | None) -> str:
    text = token.content.removesuffix("\n")
    formula = token.type == "math_block" or (
        formulas is not None and token.info.strip() == "math" and text.strip() != ""
    )
    if formula and (formulas is None or formulas.draws(text)):
        return f"<math>{text}</math>"
    if formulas is None and text.startswith("\n"):
        # What the frontend does.
        text = text[1:]
    return f"<pre>{token.meta.get('source', text)}</pre>"


def _inline(tokens: list[Token], place: str, formulas: FormulaBudget | None) -> Iterator[str]:
    open_tags: list[str] = []
    for token in tokens:
        name, _underline, side = token.type.rpartition("_")
        if name not in _TAGS:
            yield _leaf(token, place, formulas)
            continue
        if side == "open":
            open_tags.append(_TAGS[name])
        # Emphasis within emphasis within emphasis is not drawn.
        if open_tags.count("s") < 2 if name == "s" else len(open_tags) - open_tags.count("s") < 3:
            yield f"{'</' if side == 'close' else '<'}{_TAGS[name]}>"
        if side == "close":
            open_tags.pop()


def _leaf(token: Token, place: str, formulas: FormulaBudget | None) -> str:
    match token.type:
        case "text":
            text = token.content if formulas else _replaced(token.content)
            return text.replace("\n", LINE) if place else text
        case "math_inline" | "math_display" if formulas and not formulas.draws(token.content):
            return str(token.meta["source"])
        case "math_inline" | "math_display":
            bars = formulas is not None and place in _CELLS
            formula = token.content.replace("\\|", "\\Vert ").replace("|", "\\vert ") if bars else token.content
            return f"<math>{formula}</math>"
        case "link_open":
            return f"<a {token.attrs['href']}>"
    written = {
        "hardbreak": LINE,
        "code_inline": f"<c>{token.content}</c>",
        "link_close": "</a>",
        "part": "",
        "image": "<an image>",
        "html_inline": {"<b>": "", "</b>": "", "<br>": LINE}.get(token.content, "<html>"),
    }
    return written[token.type]


def _replaced(text: str) -> str:
    """What the frontend replaces in text that is parsed."""
    for sign, drawn_as in (("<->", "↔"), ("->", "→"), ("<-", "←"), ("--", "—"), (">=", "≥"), ("<=", "≤"), ("~=", "≈")):
        text = re.sub(rf"(^|\s){sign}(\s|$)", rf"\1{drawn_as}\2", text)
    text = re.sub(r":[a-z0-9_+-]+:", "<an emoji>", text)
    return re.sub(r"(?i)https?://|www\.|[-.\w+]@[-\w]", "<an address>", text)


def _directive(state: StateInline, silent: bool) -> bool:
    found = re.compile(r":([a-z][\w-]*)(\[\])?").match(state.src, state.pos)
    if not found:
        return False
    if not silent:
        token = state.push("part", "", 0)
        assert found[0] == ":color[]", found[0]
        token.content = ""
    state.pos = found.end()
    return True


def _math(state: StateInline, silent: bool) -> bool:
    found = re.compile(r"(\$+)(?!\$)(.+?)(?<!\$)\1(?!\$)", re.DOTALL).match(state.src, state.pos)
    if not found:
        return False
    if not silent:
        state.push("math_inline", "math", 0).content = found[2].strip()
    state.pos = found.end()
    return True


def _math_lines(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    def line(number: int) -> str:
        return state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]]

    if line(start) != "$$" or silent:
        return line(start) == "$$"
    last = next(number for number in range(start + 1, end) if line(number) == "$$")
    token = state.push("math_block", "math", 0)
    token.content = "\n".join(line(number) for number in range(start + 1, last))
    state.line = last + 1
    return True


def _reader(*, html: bool) -> MarkdownIt:
    md = MarkdownIt("commonmark", {"html": html}).enable(["table", "strikethrough"])
    md.validateLink = lambda url: True  # type: ignore[method-assign]
    md.normalizeLink = lambda url: url  # type: ignore[method-assign]
    if not html:
        md.inline.ruler.before("escape", "directive", _directive)
    md.inline.ruler.before("escape", "math", _math)
    md.block.ruler.before("fence", "math_lines", _math_lines, {"alt": ["paragraph", "blockquote", "list"]})
    md.core.ruler.push("tasks", lambda state: _mark_tasks(state.tokens))
    return md


def _mark_tasks(tokens: list[Token]) -> None:
    for item, _paragraph, inline in zip(tokens, tokens[1:], tokens[2:], strict=False):
        words = inline.children or []
        if (
            item.type == "list_item_open"
            and words
            and re.match(r"\[[ x]\] ", words[0].content)
            and inline.content[0] == "["
        ):
            item.meta = {"done": words[0].content[1] == "x"}
            words[0].content = words[0].content[4:]


_FRONTEND, _DOCUMENT = _reader(html=False), _reader(html=True)

READ_PAGE = r"""
selectors => selectors.map(selector => {
    const tags = {STRONG: 'b', EM: 'i', DEL: 's', UL: 'ul', LI: 'li', TABLE: 'table', TR: 'tr', TH: 'th', TD: 'td',
                  BLOCKQUOTE: 'q'};
    const parts = [];
    const walk = element => {
        for (const child of element.childNodes) {
            if (child.nodeType === 3) {
                parts.push(element.closest('td, th, h4, h5, h6') ? child.data.replace(/\n/g, '⏎') : child.data);
                continue;
            }
            const name = child.tagName;
            const within = tag => { parts.push(`<${tag}>`); walk(child); parts.push(`</${tag.split(' ')[0]}>`); };
            if (child.classList.contains('katex-error')) parts.push(`<math>${child.textContent}</math>`);
            else if (child.classList.contains('katex'))
                parts.push(`<math>${child.querySelector('annotation').textContent}</math>`);
            else if (['stMarkdownPre', 'stCode'].includes(child.dataset.testid))
                parts.push(`<pre>${child.querySelector('code').textContent}</pre>`);
            else if (child.dataset.testid === 'stText') parts.push(child.textContent);
            else if (name === 'CODE') parts.push(`<c>${child.textContent}</c>`);
            else if (name === 'HR') parts.push('<hr>');
            else if (name === 'BR') parts.push('⏎');
            else if (name === 'INPUT') parts.push(child.checked ? '[x]' : '[ ]');
            else if (['IMG', 'SCRIPT', 'IFRAME', 'STYLE'].includes(name)) parts.push(`<${name}>`);
            else if (name === 'A') within(`a ${child.getAttribute('href')}`);
            else if (/^H[1-6]$/.test(name)) within('h');
            else if (name === 'OL') within(child.start === 1 ? 'ol' : `ol ${child.start}`);
            else if (tags[name]) within(tags[name]);
            else walk(child);
        }
    };
    document.querySelectorAll(selector).forEach(walk);
    return parts.join('');
})
"""
