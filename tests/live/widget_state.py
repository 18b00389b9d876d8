"""The widgets of a tab and how the value of each kind is written in a Streamlit ``WidgetState`` message."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from streamlit.proto.Block_pb2 import Block
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.WidgetStates_pb2 import WidgetState

from tests.live.element_tree import Node

_STRING = frozenset({"text_input", "text_area", "selectbox", "radio", "color_picker", "feedback", "time_input"})
_STRINGS = frozenset({"multiselect", "button_group", "date_input", "date_time_input"})
# Kinds whose value is gone after the one run it starts.
TRIGGERS = frozenset({"button", "download_button", "menu_button", "chat_input"})
KINDS = (
    _STRING
    | _STRINGS
    | TRIGGERS
    | {
        "dataframe",
        "checkbox",
        "expandable",
        "file_uploader",
        "number_input",
        "pagination",
        "popover",
        "slider",
        "tab_container",
    }
)


@dataclass(frozen=True, slots=True)
class Widget:
    """A widget as it stands in the tree now.

    ``key`` is the one the script gave it, or None; ``fragment_id`` the fragment that a change of it reruns, or "";
    ``script_hash`` the page script, or the entry script, that drew it.
    """

    kind: str
    id: str
    key: str | None
    label: str
    form_id: str
    fragment_id: str
    script_hash: str
    disabled: bool
    proto: Any

    @classmethod
    def of(cls, node: Node) -> Widget | None:
        """The widget at a node, or None."""
        message: Element | Block | None = node.element or node.block
        if message is None or node.kind not in KINDS:
            return None
        proto = getattr(message, node.kind)
        if not proto.id:
            # A popover or a fold whose script does not ask whether it is open.
            return None
        return cls(
            kind=node.kind,
            id=proto.id,
            key=_user_key(proto.id),
            label=getattr(proto, "label", "") or getattr(proto, "placeholder", ""),
            form_id=getattr(proto, "form_id", ""),
            fragment_id=node.fragment_id,
            script_hash=node.script_hash,
            disabled=getattr(proto, "disabled", False),
            proto=proto,
        )

    @property
    def is_form_submitter(self) -> bool:
        return self.kind == "button" and bool(self.proto.is_form_submitter)

    @property
    def starts_run(self) -> bool:
        """Whether a change of it asks for a run: not inside a form, and not with ``on_change="ignore"``."""
        inside_form = bool(self.form_id) and not self.is_form_submitter
        return not inside_form and not getattr(self.proto, "ignore_rerun", False)

    @property
    def text(self) -> str:
        """What a text input or area shows, apart from what is typed in it since."""
        return str(self.proto.value if self.proto.set_value else self.proto.default)

    def state(self, value: Any) -> WidgetState:
        """The message that carries a value: an option is given by its label, a button's value is True."""
        state = WidgetState(id=self.id)
        match self.kind:
            case "button" | "download_button":
                state.trigger_value = bool(value)
            case "menu_button":
                state.string_trigger_value.data = value
            case "chat_input":
                state.chat_input_value.data = value
            case "checkbox" | "expandable" | "popover":
                state.bool_value = value
            case "file_uploader":
                state.file_uploader_state_value.uploaded_file_info.add(**value)
            case "number_input":
                state.double_value = value
            case "pagination":
                state.int_value = value
            case "slider" if self.proto.type == self.proto.SELECT_SLIDER:
                state.string_array_value.data.extend(_several(value))
            case "slider":
                state.double_array_value.data.extend(_several(value))
            case kind if kind in _STRINGS:
                state.string_array_value.data.extend(_several(value))
            case _:
                state.string_value = value
        return state


def _several(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list | tuple) else [value]


def _user_key(widget_id: str) -> str | None:
    """The script's key in an id of the form ``$$ID-<hash>-<key>``."""
    parts = widget_id.split("-", 2)
    return parts[2] if len(parts) == 3 and parts[2] != "None" else None
