"""The history of the facts as an Atom feed (RFC 4287): an entry for each model or gateway and day."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import date
from html import escape
from itertools import islice
from urllib.parse import quote
from xml.etree import ElementTree

from glm_playground.catalog.catalog import Catalog
from glm_playground.catalog.history import FactChange

MOST_ENTRIES = 100
"""What happened before is in `history.toml`."""

_ATOM = "http://www.w3.org/2005/Atom"
_NAMES = uuid.uuid5(uuid.NAMESPACE_URL, "urn:glm-playground:changes")


def changes_feed(catalog: Catalog, changes: Iterable[FactChange], root: str) -> str:
    """The feed's XML, newest first; `root` is the address that the paths are appended to."""
    ElementTree.register_namespace("", _ATOM)
    grouped: dict[tuple[date, str], list[FactChange]] = {}
    for change in changes:
        grouped.setdefault((change.day, change.about), []).append(change)
    feed = ElementTree.Element(f"{{{_ATOM}}}feed", {"{http://www.w3.org/XML/1998/namespace}lang": "en"})
    _text(feed, "id", _NAMES.urn)
    _text(feed, "title", "GLM Playground: changed facts")
    _text(feed, "updated", _time(max((day for day, _about in grouped), default=date(2026, 11, 23))))
    _text(ElementTree.SubElement(feed, f"{{{_ATOM}}}author"), "name", "GLM Playground")
    _link(feed, "self", f"{root}/api/changes.atom", "application/atom+xml")
    _link(feed, "alternate", f"{root}/", "text/html")
    for (day, about), found in islice(grouped.items(), MOST_ENTRIES):
        entry = ElementTree.SubElement(feed, f"{{{_ATOM}}}entry")
        _text(entry, "id", uuid.uuid5(_NAMES, f"{day} {about}").urn)
        _text(entry, "title", _title(catalog, about, found))
        _text(entry, "updated", _time(day))
        if about in catalog:
            _link(entry, "alternate", f"{root}/?id={quote(about)}", "text/html")
            _link(entry, "related", f"{root}/models/{quote(about)}.md", "text/markdown")
        _text(entry, "content", _content(found), {"type": "html"})
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(feed, encoding="unicode") + "\n"


def _title(catalog: Catalog, about: str, found: Sequence[FactChange]) -> str:
    sheet = catalog.gateway(about)
    name = catalog[about].name if about in catalog else sheet.name if sheet else about
    whole = next((change for change in found if change.fact is None), None)
    if whole:
        return f"{name} {'added' if whole.after else 'taken out'}"
    return f"{name}: {len(found)} {'fact' if len(found) == 1 else 'facts'} changed"


def _content(found: Sequence[FactChange]) -> str:
    return f"<ul>{''.join(f'<li>{_sentence(change)}</li>' for change in found)}</ul>"


def _sentence(change: FactChange) -> str:
    before, after = (escape(text) if text else "unknown" for text in (change.before, change.after))
    if change.fact is None:
        return f"{escape(change.about)}: {'added' if change.after else 'taken out'}"
    return f"<b>{escape(change.fact)}</b>: {after} (before: {before})"


def _text(parent: ElementTree.Element, name: str, text: str, attributes: dict[str, str] | None = None) -> None:
    ElementTree.SubElement(parent, f"{{{_ATOM}}}{name}", attributes or {}).text = text


def _link(parent: ElementTree.Element, rel: str, href: str, media_type: str) -> None:
    ElementTree.SubElement(parent, f"{{{_ATOM}}}link", {"rel": rel, "href": href, "type": media_type})


def _time(day: date) -> str:
    return f"{day.isoformat()}T00:00:00Z"
