"""The settings of a lane: controls by what the model's card says, and the request they make."""

import json
from collections.abc import Mapping
from typing import Any

import streamlit as st

from glm_playground.catalog import ModelCard, load_catalog
from glm_playground.chat.lane import FIELDS, FORMATS, FieldProblem, Lane
from glm_playground.chat.plan import RequestLimits
from glm_playground.chat.prompt import Prompt
from glm_playground.chat.session import Session
from glm_playground.chat.structured import NO_SCHEMA
from glm_playground.chat.workbench import Workbench
from glm_playground.gateway import ThinkingSwitch
from glm_playground.ui.playground.form import command
from glm_playground.ui.playground.menus import request_fold
from glm_playground.ui.playground.notices import explain_problem
from glm_playground.ui.playground.panel import draw_panel_head, in_panel
from glm_playground.ui.playground.setting_words import capability_note
from glm_playground.ui.shared.answer.images import shown_body
from glm_playground.ui.shared.i18n import _, number
from glm_playground.ui.shared.page.session import model_choices, show_value
from glm_playground.ui.shared.text.answer_markdown import literal
from glm_playground.ui.shared.text.long_text import draw_code
from glm_playground.ui.shared.text.styled import styled

_SWITCHES = ("default", "on", "off")
_MOST_SEED = 2**53 - 1
_RANGES: dict[str, tuple[float, float]] = {
    "temperature": (0.0, 2.0),
    "top_p": (0.0, 1.0),
    "max_tokens": (1, 10_000_000),
    "seed": (0, _MOST_SEED),
}
_GLM_RANGES = {"temperature": (0.0, 1.0), "top_p": (0.01, 1.0)}
_WHOLE = ("max_tokens", "seed")
_TOOL_TEMPLATE = {
    "name": "get_weather",
    "description": "The weather in a city now.",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
    },
}
_SCHEMA_TEMPLATE = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "due": {"type": "string", "format": "date"}},
    "required": ["name"],
    "additionalProperties": False,
}


def draw_lane_panel(session: Session) -> None:
    """Draws the settings of the lane that was opened, in the panel beside the chat."""
    bench = session.bench
    lane = bench.lane(in_panel())
    if lane is None:
        return
    with st.sidebar:
        draw_panel_head(_("**Settings** of {model}").format(model=literal(lane.setup.asked)))
        if bench.same_settings and lane is not bench.lanes[0]:
            st.caption(_("Using lane 1's settings."))
        else:
            _draw_changed(session, lane)
            draw_settings(session, lane)
        _draw_request(session, lane)


def _draw_changed(session: Session, lane: Lane) -> None:
    """Draws how much differs from a new lane, and the way back."""
    changed = changed_fields(lane)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(styled("small", _changed_text(len(changed))), width="stretch")
        st.button(
            _("Reset"),
            key=f"reset-{lane.id}",
            icon=":material/restart_alt:",
            disabled=not changed,
            on_click=command,
            args=(session, session.reset, lane),
            help=_("Back to the server's defaults; Undo brings them back"),
        )


def changed_fields(lane: Lane) -> tuple[str, ...]:
    """The fields that differ from a new lane's; the model is not among them."""
    fresh = Lane(lane.id)
    return tuple(name for name in FIELDS if name != "model" and lane.value(name) != fresh.value(name))


def _changed_text(count: int) -> str:
    return _("All at the server's defaults") if not count else _("{count} changed").format(count=number(count))


def _show(lane: Lane, name: str, within: tuple[float, float] | None = None) -> str:
    """Shows the lane's value in the field's widget; returns its key. The widget takes `_shown` as its default."""
    key = f"{name}-{lane.id}"
    show_value(key, _shown(lane, name, within or _RANGES.get(name)), always=name in _RANGES)
    return key


def _shown(lane: Lane, name: str, within: tuple[float, float] | None) -> Any:
    """The lane's value as the field's widget can hold it."""
    value = lane.value(name)
    if within is None or value is None:
        return value
    # A preset may have been written by hand: what no widget can hold is not sent either.
    least, most = within
    value = max(least, min(value, most))
    return int(value) if name in _WHOLE else float(value)


def draw_model(bench: Workbench, lane: Lane) -> None:
    """Draws the choice of the lane's model."""
    key, chosen = f"model-{lane.id}", lane.setup.asked if lane.setup.model else None
    show_value(key, chosen)
    ids = model_choices()
    if chosen and chosen not in ids:
        ids.append(chosen)
    several = len(bench.lanes) > 1
    st.selectbox(
        _("Model"),
        ids,
        ids.index(chosen) if chosen else None,
        key=key,
        accept_new_options=True,
        placeholder=_("Choose a model or type an id"),
        label_visibility="collapsed" if several else "visible",
        width="stretch" if several else 220,
    )


def draw_settings(session: Session, lane: Lane) -> None:
    """Draws the controls."""
    problems = lane.problems
    card = load_catalog().get(lane.setup.model)
    limits = session.runner.limits(lane.setup.gateway, lane.setup.model)
    st.text_area(_("System prompt"), lane.value("system"), key=_show(lane, "system"), height=120)
    _draw_thinking(lane, card, session.runner.dialect(lane.setup.gateway).thinking)
    _draw_sampling(lane, card, limits)
    _draw_tools(session, lane, card, problems)
    _draw_format(session, lane, card, problems)
    extra_help = _("A JSON object that is added to the request as it is.")
    _json_area(lane, "extra", _("Extra request fields (JSON)"), problems, extra_help)


def _pretty(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def _switch(lane: Lane, name: str, label: str, note: str) -> None:
    words = {"default": _("default"), "on": _("on"), "off": _("off")}
    st.segmented_control(
        label,
        _SWITCHES,
        default=lane.value(name),
        format_func=words.__getitem__,
        key=_show(lane, name),
        required=True,
        help=note or None,
    )


def _draw_thinking(lane: Lane, card: ModelCard | None, switch: ThinkingSwitch) -> None:
    note = capability_note(card, "reasoning_controls")
    if switch is ThinkingSwitch.TYPE:
        _switch(lane, "thinking", _labelled(_("Thinking"), note), _published(card, "thinking.type"))
    elif switch is ThinkingSwitch.TEMPLATE:
        _switch(lane, "thinking", _("Thinking"), _("Sent as {field}.").format(field="`chat_template_kwargs`"))
    efforts = card.facts.reasoning_efforts.value if card else None
    options = list(dict.fromkeys(["default", *(efforts or ()), lane.value("reasoning_effort")]))
    words = {"default": _("the server's default")}
    # A known model without efforts leaves nothing to choose from.
    if card is None or len(options) > 1:
        st.selectbox(
            _labelled(_("Reasoning effort"), note if efforts else _("not declared")),
            options,
            options.index(lane.value("reasoning_effort")),
            format_func=lambda option: words.get(option, option),
            key=_show(lane, "reasoning_effort"),
            accept_new_options=True,
            help=_published(card, "reasoning_effort") or None,
        )
    if switch is not ThinkingSwitch.NONE:
        label = _("Leave out earlier reasoning (clear_thinking)")
        _switch(lane, "clear_thinking", label, _published(card, "thinking.clear_thinking"))


def _draw_sampling(lane: Lane, card: ModelCard | None, limits: RequestLimits) -> None:
    default = _("the server's default")
    for name, label, step in (
        ("temperature", _("Temperature ({least} to {most})"), 0.05),
        ("top_p", _("top_p ({least} to {most})"), 0.01),
    ):
        least, most = _range(card, name) if limits.glm_ranges else _RANGES[name]
        st.number_input(
            label.format(least=number(least, 2 if least % 1 else 0), most=number(most, 2 if most % 1 else 0)),
            least,
            most,
            None,
            step,
            key=_show(lane, name, (least, most)),
            placeholder=default,
            help=_published(card, name) or None,
        )
    label = _max_tokens_label(limits)
    most_tokens = int(limits.most_output or _RANGES["max_tokens"][1])
    key = _show(lane, "max_tokens", (1, most_tokens))
    st.number_input(label, 1, limits.most_output, None, 1, key=key, placeholder=default)
    _switch(lane, "do_sample", _("Sampling (do_sample)"), _published(card, "do_sample"))
    # A text area: a line break can be typed.
    st.text_area(
        _("Stop sequence"),
        lane.value("stop"),
        key=_show(lane, "stop"),
        max_chars=200,
        height=68,
        help=_published(card, "stop") or None,
    )
    st.number_input(
        _labelled(_("Seed"), _("not declared")),
        0,
        _MOST_SEED,
        None,
        1,
        key=_show(lane, "seed"),
        placeholder=default,
    )


def _max_tokens_label(limits: RequestLimits) -> str:
    if limits.max_output_tokens is None:
        return _("Max tokens (no limit is published)")
    words = _("Max tokens (elsewhere up to {limit})") if limits.output_is_advice else _("Max tokens (1 to {limit})")
    return words.format(limit=number(limits.max_output_tokens))


def _range(card: ModelCard | None, name: str) -> tuple[float, float]:
    """What the card's facts let a parameter be; GLM's own range where it has none."""
    parameter = card.parameter(name) if card else None
    least, most = (parameter.minimum.value, parameter.maximum.value) if parameter else (None, None)
    return _GLM_RANGES[name] if least is None or most is None else (float(least), float(most))


def _draw_tools(session: Session, lane: Lane, card: ModelCard | None, problems: Mapping[str, FieldProblem]) -> None:
    note = capability_note(card, "function_tools")
    st.toggle(
        _labelled(_("Built-in tools: calculator and clock"), note),
        lane.value("builtin"),
        key=_show(lane, "builtin"),
    )
    text = _("A list of functions as JSON: name, description, and parameters as a JSON Schema.")
    _json_area(lane, "tools", _labelled(_("Tools (JSON)"), note), problems, text)
    _draw_template(session, lane, "tools", _TOOL_TEMPLATE)


def _draw_format(session: Session, lane: Lane, card: ModelCard | None, problems: Mapping[str, FieldProblem]) -> None:
    note = capability_note(card, "structured_output")
    words = {"text": _("text"), "json_object": "JSON", "json_schema": _("JSON Schema")}
    st.segmented_control(
        _labelled(_("Answer format"), note),
        FORMATS,
        default=lane.value("format"),
        format_func=words.__getitem__,
        key=_show(lane, "format"),
        required=True,
        help=_published(card, "response_format") or None,
    )
    if lane.value("format") == "json_schema":
        text = _("The answer is checked by it on our side; whether the server heeds it is another matter.")
        _json_area(lane, "schema", _("JSON Schema"), problems, text)
        _draw_template(session, lane, "schema", _SCHEMA_TEMPLATE)


def _json_area(lane: Lane, name: str, label: str, problems: Mapping[str, FieldProblem], note: str) -> None:
    st.text_area(label, lane.value(name), key=_show(lane, name), height=200 if lane.value(name) else 100, help=note)
    problem = problems.get(name)
    if problem == NO_SCHEMA:
        st.markdown(styled("small", styled("gray", _("Type a JSON Schema, or insert the example."))))
    elif problem:
        st.markdown(styled("red", explain_problem(problem)))


def _draw_template(session: Session, lane: Lane, name: str, template: Mapping[str, Any]) -> None:
    """Offers an example to begin with, where nothing was written yet."""
    if not lane.value(name).strip():
        st.button(
            _("Insert an example"),
            key=f"template-{name}-{lane.id}",
            type="tertiary",
            icon=":material/edit_note:",
            on_click=command,
            args=(session, session.edit, lane, name, _pretty(template)),
        )


def _labelled(label: str, note: str) -> str:
    # A screen reader says a label as it is written: no directive of Markdown stands in one.
    return f"{label} ({note})" if note else label


def _published(card: ModelCard | None, name: str) -> str:
    """What Z.ai documents of a parameter, with its source's date; empty where nobody did."""
    parameter = card.parameter(name) if card else None
    fact = next((fact for _side, fact in parameter.items() if fact.known and fact.note), None) if parameter else None
    if fact is None or fact.read is None:
        return ""
    return f"{literal(fact.note or '')} (Z.ai, {fact.read:%Y-%m})"


def _draw_request(session: Session, lane: Lane) -> None:
    """Draws the request that the lane's next prompt would make, folded."""
    fold = st.expander(_("Request"), icon=":material/data_object:", key=request_fold(lane), on_change="rerun")
    if not fold.open:
        return
    setup = session.bench.setup_of(lane)
    request = lane.conversation.request(Prompt(_("(your prompt)")), setup).said_in(
        session.runner.dialect(setup.gateway)
    )
    with fold:
        st.caption(_("What will be sent with your next prompt, as JSON. The key is not part of it."))
        draw_code(_pretty(shown_body(request)), "json", wrap_lines=False, height=320)


def differences(bench: Workbench, lane: Lane) -> tuple[str, ...]:
    """What differs from the first lane's settings, by the names on the wire; the model is not among them."""
    first = bench.lanes[0]
    if lane is first or bench.same_settings:
        return ()
    return tuple(name for name in lane.setup.differing(first.setup) if name not in {"model", "gateway"})
