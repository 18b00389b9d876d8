"""The ways in which programs spell a text inside another: JSON, addresses, web pages, Python's `repr`."""

import html
import json
from urllib.parse import quote


def spellings(text: str) -> tuple[str, ...]:
    """`text` as it is and as others spell it, the longest first; one alone where all are the same, none of nothing."""
    if not text:
        return ()
    escaped = text.replace("\\", "\\\\")
    found = {
        text,
        text.replace("/", "\\/"),
        quote(text, safe=""),
        quote(text),
        html.escape(text),
        html.escape(text).replace("&quot;", "&#34;").replace("&#x27;", "&#39;"),
        html.escape(text, quote=False),
        escaped,
        escaped.replace("'", "\\'"),
    }
    found |= {json.dumps(one)[1:-1] for one in found}
    return tuple(sorted(found, key=lambda one: (-len(one), one)))
