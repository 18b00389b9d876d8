"""What a person could read and use on a tab: texts, exceptions and widgets."""

from __future__ import annotations

from tests.live.element_tree import ElementTree
from tests.live.widget_state import Widget


class Screen:
    """The questions a test asks of the tree of elements."""

    def __init__(self) -> None:
        self.tree = ElementTree()

    @property
    def text(self) -> str:
        """All readable text of the page, one string a line."""
        return self.tree.text

    def markdown_texts(self) -> list[str]:
        """The bodies of the Markdown elements, in drawing order."""
        return [node.element.markdown.body for node in self.tree.nodes("markdown") if node.element]

    def exceptions(self) -> list[str]:
        """What the page shows of uncaught exceptions."""
        shown = [node.element.exception for node in self.tree.nodes("exception") if node.element]
        return [f"{error.type}: {error.message}" for error in shown]

    def widgets(self, kind: str | None = None) -> list[Widget]:
        """The widgets on the page, or those of one kind, in drawing order."""
        found = (Widget.of(node) for node in self.tree.nodes())
        return [widget for widget in found if widget is not None and kind in (None, widget.kind)]

    def find_widget(self, kind: str, name: str | None = None) -> Widget:
        """The one widget of a kind, with the given key or, where no key is so called, label."""
        candidates = self.widgets(kind)
        if name is not None:
            by_key = [widget for widget in candidates if widget.key == name]
            candidates = by_key or [widget for widget in candidates if widget.label == name]
        if len(candidates) != 1:
            present = [widget.key or widget.label for widget in self.widgets(kind)]
            raise LookupError(f"{len(candidates)} widgets {kind} {name!r}; on the page: {present}")
        return candidates[0]

    def find_button(self, name: str) -> Widget:
        """The one button with this key or label."""
        return self.find_widget("button", name)
