"""The readers of what strangers send, each as a function of bytes that raises only where it is at fault."""

import json
from collections.abc import Callable
from contextlib import suppress

from glm_playground.bundles.bundle import BundleError, read_bundle, write_bundle
from glm_playground.chat.attachments import read_attachment
from glm_playground.chat.extra import read_extra, refused_fields
from glm_playground.chat.setup import Preset, Setup, from_link, read_presets, write_presets
from glm_playground.chat.strict_json import read_json
from glm_playground.chat.workbench import Workbench
from glm_playground.chat.workbench_json import WorkbenchUnreadable, from_json, to_json
from glm_playground.gateway.bodies import read_completion
from glm_playground.gateway.error_shapes import read_error_body
from glm_playground.gateway.errors import StreamLineTooLong
from glm_playground.gateway.sse import EventStreamReader
from glm_playground.ui.shared.text.answer_markdown import piece_elements
from glm_playground.ui.shared.text.pieces import Piece, PieceCutter
from tests.bundles import small_bundle

Reader = Callable[[bytes], object]


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogatepass" if b"\xed" in data else "replace") if _is_text(data) else str(data)


def _is_text(data: bytes) -> bool:
    try:
        data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return False
    return True


def _bundle(data: bytes) -> None:
    with suppress(BundleError):
        read_bundle(data)


def _stream(data: bytes) -> None:
    reader = EventStreamReader()
    with suppress(StreamLineTooLong):
        for start in range(0, len(data), 7):
            reader.feed(data[start : start + 7], start)
        reader.flush(len(data))


def _extra(data: bytes) -> None:
    found = read_extra(_text(data))
    if isinstance(found, dict):
        refused_fields(found)


def _workbench(data: bytes) -> None:
    with suppress(WorkbenchUnreadable):
        from_json(_text(data), {}, id="1", name="")


def _json(data: bytes) -> None:
    with suppress(ValueError):
        read_json(_text(data))


def _answer(data: bytes) -> None:
    text = _text(data)
    cutter = PieceCutter()
    for piece in (*cutter.take(text), Piece(cutter.rest(text))):
        piece_elements(piece)


READERS: dict[str, Reader] = {
    "bundle": _bundle,
    "presets": read_presets,
    "stream": _stream,
    "completion": lambda data: read_completion(data, 0),
    "error body": lambda data: read_error_body(data, "", 500),
    "extra fields": _extra,
    "workbench": _workbench,
    "schema or tools": _json,
    "attachment": lambda data: read_attachment("a.txt", data),
    "link": lambda data: from_link([_text(data)]),
    "answer": _answer,
}

_CHUNK = {"choices": [{"index": 0, "delta": {"content": "a", "tool_calls": [{"index": 0}]}, "finish_reason": "stop"}]}
SEEDS: dict[str, tuple[bytes, ...]] = {
    "bundle": (write_bundle(small_bundle()),),
    "presets": (write_presets([Preset(name="a", lanes=(Setup(model="m"),))]).encode(),),
    "stream": (f"data: {json.dumps(_CHUNK)}\n\ndata: [DONE]\n\n".encode(), b"event: error\ndata: {}\n\n: ping\r\n\r\n"),
    "completion": (json.dumps({"choices": [{"message": {"content": "a"}}], "usage": {"prompt_tokens": 1}}).encode(),),
    "error body": (
        b'{"error": {"message": "m", "code": 1, "param": [{"loc": ["a"], "msg": "b"}]}}',
        b"<title>a</title>",
    ),
    "extra fields": (b'{"a": {"user_id": [1e9, null, true, "b"]}}',),
    "workbench": (to_json(Workbench(), lambda run: True).encode(),),
    "schema or tools": (b'{"type": "object", "properties": {"a": {"pattern": "^a+$"}}}', b'[{"name": "f"}]'),
    "attachment": ("grün".encode(), "grün".encode("utf-16"), b"gr\xfcn"),
    "link": (b"glm-5.1;temperature=0.5;thinking=on;effort=high",),
    "answer": (
        b"# a\n\n- [b](https://c.example) ![d](e)\n\n```python\nf\n```\n\\(x\\) $$y$$ | a |\n|---|\n",
        b"> - `a` **b** <c> :d: \\[\\def\\a{\\a}\\]",
    ),
}
