"""What a browser tab shows: the tree of blocks and elements that a Streamlit server's deltas build.

The rules are those of Streamlit's frontend (1.67): a delta names a path of child indices under four roots (main,
sidebar, event, bottom); a block sent again with its type unchanged keeps its children; a node that a finished run did
not touch is stale and goes; on another page only what the entry script itself drew stays. Spinners and the like are
transient: they lie over the node at their path and go with the next run.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field

from streamlit.proto.Block_pb2 import Block
from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsgMetadata

# The fields of element and block messages that a person can read, in the order they are drawn.
_VISIBLE_FIELDS = ("title", "name", "label", "body", "text", "code_text", "message", "delta", "placeholder")
_ROOTS = 4


@dataclass(slots=True)
class Node:
    """One place in the tree: an element, a block with children, or only transients waiting for one of these."""

    element: Element | None = None
    block: Block | None = None
    children: list[Node] = field(default_factory=list)
    transients: list[Element] = field(default_factory=list)
    run_id: str = ""
    fragment_id: str = ""
    script_hash: str = ""

    @property
    def kind(self) -> str:
        """The name of the element or block type, such as ``markdown`` or ``chat_message``; empty for a bare place."""
        message = self.element if self.element is not None else self.block
        return (message.WhichOneof("type") or "") if message is not None else ""

    def walk(self) -> Iterator[Node]:
        """This node and all below it, in drawing order."""
        yield self
        for child in self.children:
            yield from child.walk()

    def texts(self) -> Iterator[str]:
        """The readable strings of this node itself."""
        for message in (self.block, *self.transients, self.element):
            if message is not None:
                yield from _readable(message)


class ElementTree:
    """The nodes of one tab, changed in place by deltas."""

    def __init__(self) -> None:
        self.root = Node(children=[Node() for _ in range(_ROOTS)])

    def apply(self, delta: Delta, metadata: ForwardMsgMetadata, run_id: str) -> None:
        """Put a delta's element, block or transients at its path."""
        kind = delta.WhichOneof("type")
        siblings, index = self._place(metadata.delta_path, run_id)
        old = siblings[index]
        if kind == "new_transient":
            old.transients = list(delta.new_transient.elements)
            old.run_id = run_id
            return
        new = Node(run_id=run_id, fragment_id=delta.fragment_id, script_hash=metadata.active_script_hash)
        if old.run_id == run_id:
            new.transients = old.transients
        if kind == "new_element":
            new.element = delta.new_element
        elif kind == "add_block":
            new.block = delta.add_block
            if _same_block(old.block, new.block):
                new.children = old.children
        else:
            raise ValueError(f"unknown delta type {kind!r}")
        siblings[index] = new

    def _place(self, path: Collection[int], run_id: str) -> tuple[list[Node], int]:
        """The list and index that a path means; every block on the way is marked as touched by the run."""
        node = self.root
        *parents, index = path
        for step in parents:
            if step >= len(node.children):
                raise LookupError(f"delta path {list(path)} leads through a node that was never sent")
            node = node.children[step]
            node.run_id = run_id
        if index == len(node.children):
            node.children.append(Node())
        elif index > len(node.children):
            raise LookupError(f"delta path {list(path)} leaves a gap after {len(node.children)} children")
        return node.children, index

    def clear_transients(self, fragment_ids: Collection[str]) -> None:
        """At the start of a run: take away spinners of the last one, those of other fragments excepted."""

        def clear(node: Node) -> None:
            if fragment_ids and node.fragment_id and node.fragment_id not in fragment_ids:
                return
            node.transients = []
            for child in node.children:
                clear(child)

        clear(self.root)

    def keep_only_script(self, script_hash: str) -> None:
        """On another page: keep what the entry script itself drew."""
        self._filter(lambda node: node.script_hash == script_hash)

    def clear_stale(self, run_id: str, fragment_ids: Collection[str]) -> None:
        """At the end of a run: drop what it should have drawn again and did not."""
        if not fragment_ids:
            self._filter(lambda node: node.run_id == run_id or node.kind == "toast")
            return

        def prune(node: Node, inside: bool) -> None:
            if inside:
                node.children = [
                    child for child in node.children if child.run_id == run_id or _outlives_fragment(child)
                ]
            for child in node.children:
                mine = child.block is not None and child.run_id == run_id and child.fragment_id in fragment_ids
                prune(child, inside or mine)

        for root in self.root.children:
            prune(root, inside=False)

    def _filter(self, keep: Callable[[Node], bool]) -> None:
        def prune(node: Node) -> None:
            node.children = [child for child in node.children if keep(child)]
            for child in node.children:
                prune(child)

        for root in self.root.children:
            prune(root)

    def nodes(self, kind: str | None = None) -> Iterator[Node]:
        """All nodes in drawing order, or those of one type."""
        return (node for node in self.root.walk() if kind is None or node.kind == kind)

    @property
    def text(self) -> str:
        """All readable text, one string a line; what is folded away or behind a tab counts as readable."""
        return "\n".join(text for node in self.root.walk() for text in node.texts())


def _readable(message: Element | Block) -> Iterator[str]:
    kind = message.WhichOneof("type")
    if kind is None:
        return
    detail = getattr(message, kind)
    for name in _VISIBLE_FIELDS:
        if name in detail.DESCRIPTOR.fields_by_name:
            value = getattr(detail, name)
            if isinstance(value, str) and value:
                yield value


def _outlives_fragment(node: Node) -> bool:
    """Whether a node inside a fragment's block stays although the fragment's run did not draw it."""
    return node.kind == "toast" or (node.block is None and not node.fragment_id)


def _same_block(old: Block | None, new: Block | None) -> bool:
    """Whether a block sent again is the same container: its type is, and a dialog's id too."""
    if old is None or new is None or old.WhichOneof("type") != new.WhichOneof("type"):
        return False
    return not new.HasField("dialog") or old.id == new.id
