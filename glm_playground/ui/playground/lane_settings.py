"""The settings of a lane: controls by what the model's card says, and the request they make."""

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import streamlit as st

from glm_playground.catalog import ModelCard, load_catalog
from glm_playground.chat.builtin_tools import BUILTIN_TOOLS
from glm_playground.chat.conversation import Prompt
from glm_playground.chat.structured import SchemaProblem, read_schema
from glm_playground.chat.tools import ToolProblem, read_tools
from glm_playground.ui.playground.setting_words import capability_note, explain_extra, explain_schema, explain_tools
from glm_playground.ui.playground.workbench import Lane, model_ids, workbench
from glm_playground.ui.shared.answer_markdown import literal
from glm_playground.ui.shared.i18n import _, number
from glm_playground.ui.shared.styled import styled

T = TypeVar("T")
_SWITCHES = ("default", "on", "off")
_FORMATS = ("text", "json_object", "json_schema")
_MOST_SEED = 2**53 - 1
_RANGES: dict[str, tuple[float, float]] = {
    "temperature": (0.0, 1.0),
    "top_p": (0.01, 1.0),
    "max_tokens": (1, 10_000_000),
    "seed": (0, _MOST_SEED),
}
_SIMPLE = tuple(_RANGES)


def take_over(lane: Lane) -> None:
    """Has the lane ask with what its widgets say, and notes what of it cannot be used.

    A widget that was never drawn says nothing, so the lane keeps its value.
    """
    state, suffix = st.session_state, f"-{lane.id}"

    def typed(name: str) -> Any:
        return state[f"{name}{suffix}"]

    def drawn(name: str) -> bool:
        return f"{name}{suffix}" in state

    setup: dict[str, Any] = {}
    if drawn("model"):
        setup["model"] = (typed("model") or "").strip()
    if drawn("system"):
        setup["system"] = typed("system") or ""
    values: dict[str, Any] = {name: typed(name) for name in _SIMPLE if drawn(name)}
    for name in ("thinking", "clear_thinking", "do_sample"):
        if drawn(name):
            values[name] = {"on": True, "off": False}.get(typed(name) or "")
    if drawn("reasoning_effort"):
        effort = typed("reasoning_effort")
        values["reasoning_effort"] = None if effort in {None, "default"} else effort
    if drawn("stop_text"):
        values["stop"] = typed("stop_text") or None
    lane.problems = _read_json_fields(lane, state, values)
    parameters = lane.setup.parameters.model_copy(update=values)
    lane.setup = lane.setup.model_copy(update={**setup, "parameters": parameters})


def _read_json_fields(lane: Lane, state: Mapping[Any, Any], values: dict[str, Any]) -> dict[str, str]:
    """Adds the fields that are written as JSON to `values`; why those that cannot be read are not among them."""
    suffix = f"-{lane.id}"
    problems: dict[str, str] = {}
    if f"tools{suffix}" in state:
        tools = _read_once(lane, "tools", state[f"tools{suffix}"] or "", read_tools)
        if isinstance(tools, ToolProblem):
            problems["tools"] = explain_tools(tools)
        else:
            ours = BUILTIN_TOOLS if state.get(f"builtin{suffix}") else ()
            values["tools"] = (*(tool for tool in ours if tool not in tools), *tools)
    if f"format{suffix}" in state:
        kind = state[f"format{suffix}"] or "text"
        values["response_format"] = None if kind == "text" else {"type": kind}
        if kind == "json_schema":
            schema = _read_once(lane, "schema", state.get(f"schema{suffix}") or "", read_schema)
            if isinstance(schema, SchemaProblem):
                problems["schema"] = explain_schema(schema)
            else:
                values["response_format"] = {"type": kind, "json_schema": {"name": "answer", "schema": schema}}
    if f"extra{suffix}" in state:
        extra = read_extra(state[f"extra{suffix}"] or "")
        if isinstance(extra, str):
            problems["extra"] = extra
        else:
            values["extra"] = extra
    return problems


def _read_once(lane: Lane, name: str, text: str, read: Callable[[str], T]) -> T:
    """What `read` makes of `text`; a schema takes milliseconds to check, and the page runs at every click."""
    if lane.read.get(name, (None,))[0] != text:
        lane.read[name] = (text, read(text))
    found: T = lane.read[name][1]
    return found


def read_extra(text: str) -> dict[str, Any] | str:
    """Further fields of the body as a user typed them; why they cannot be used."""
    if not text.strip():
        return {}
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        return explain_extra(str(error))
    if not isinstance(value, dict):
        return explain_extra(_("expected an object"))
    if reserved := {"messages", "stream", "stream_options", "model"} & value.keys():
        return explain_extra(_("{names} cannot be set here").format(names=", ".join(sorted(reserved))))
    return value


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def draw_model(lane: Lane) -> None:
    """Draws the choice of the lane's model."""
    key = f"model-{lane.id}"
    st.session_state.setdefault(key, lane.setup.model)
    ids = model_ids()
    if (chosen := st.session_state[key]) and chosen not in ids:
        ids.append(chosen)
    st.selectbox(
        _("Model"),
        ids,
        key=key,
        accept_new_options=True,
        persist_state="session",
        placeholder=_("Choose a model or type an id"),
        label_visibility="collapsed" if len(workbench().lanes) > 1 else "visible",
    )


def draw_settings(lane: Lane) -> None:
    """Draws the controls, to be called in an open popover."""
    _seed(lane)
    problems = lane.problems
    card = load_catalog().get(lane.setup.model)
    st.text_area(_("System prompt"), key=f"system-{lane.id}", persist_state="session", height=100)
    _draw_thinking(lane, card)
    _draw_sampling(lane, card)
    _draw_tools(lane, card, problems)
    _draw_format(lane, card, problems)
    extra_help = _("A JSON object that is added to the request as it is.")
    _json_area(_("Further fields (JSON)"), f"extra-{lane.id}", problems.get("extra"), extra_help)


def _seed(lane: Lane) -> None:
    """Gives each widget that was never drawn the lane's own value."""
    state, setup = st.session_state, lane.setup
    parameters = setup.parameters
    switch = {None: "default", True: "on", False: "off"}
    schema = (parameters.response_format or {}).get("json_schema", {}).get("schema")
    own_tools = [tool for tool in parameters.tools if tool not in BUILTIN_TOOLS]
    values: dict[str, Any] = {
        "system": setup.system,
        **{name: _within(getattr(parameters, name), *_RANGES[name]) for name in _SIMPLE},
        **{name: switch[getattr(parameters, name)] for name in ("thinking", "clear_thinking", "do_sample")},
        "reasoning_effort": parameters.reasoning_effort or "default",
        "stop_text": parameters.stop or "",
        "tools": _pretty(own_tools) if own_tools else "",
        "builtin": len(own_tools) < len(parameters.tools),
        "format": (parameters.response_format or {}).get("type", "text"),
        "schema": _pretty(schema) if schema else "",
        "extra": _pretty(parameters.extra) if parameters.extra else "",
    }
    for name, value in values.items():
        state.setdefault(f"{name}-{lane.id}", value)


def _within(value: float | None, least: float, most: float) -> float | None:
    """The value where a widget can hold it; a preset may have been written by hand."""
    return None if value is None else max(least, min(value, most))


def _pretty(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def _switch(lane: Lane, name: str, label: str, note: str) -> None:
    words = {"default": _("the server's default"), "on": _("on"), "off": _("off")}
    st.segmented_control(
        label,
        _SWITCHES,
        format_func=words.__getitem__,
        key=f"{name}-{lane.id}",
        required=True,
        persist_state="session",
        help=note or None,
    )


def _draw_thinking(lane: Lane, card: ModelCard | None) -> None:
    note = capability_note(card, "reasoning_controls")
    _switch(lane, "thinking", _labelled(_("Thinking"), note), _published(card, "thinking.type"))
    efforts = card.facts.reasoning_efforts.value if card else None
    key = f"reasoning_effort-{lane.id}"
    options = ["default", *(efforts or ())]
    if st.session_state[key] not in options:
        options.append(st.session_state[key])
    words = {"default": _("the server's default")}
    st.selectbox(
        _labelled(_("Reasoning effort"), note if efforts else _("not declared")),
        options,
        format_func=lambda option: words.get(option, option),
        key=key,
        accept_new_options=True,
        persist_state="session",
        help=_published(card, "reasoning_effort") or None,
    )
    _switch(
        lane,
        "clear_thinking",
        _("Leave out earlier reasoning (clear_thinking)"),
        _published(card, "thinking.clear_thinking"),
    )


def _draw_sampling(lane: Lane, card: ModelCard | None) -> None:
    default = _("the server's default")
    limit = card.limits("runapi").max_output_tokens if card else None
    for name, label, step in (
        ("temperature", _("Temperature ({least} to {most})"), 0.05),
        ("top_p", _("top_p ({least} to {most})"), 0.01),
    ):
        least, most = _range(card, name)
        st.number_input(
            label.format(least=number(least, 2 if least % 1 else 0), most=number(most, 2 if most % 1 else 0)),
            least,
            most,
            None,
            step,
            key=f"{name}-{lane.id}",
            placeholder=default,
            persist_state="session",
            help=_published(card, name) or None,
        )
    label = (
        _("Max tokens (1 to {limit})").format(limit=number(limit)) if limit else _("Max tokens (no limit is published)")
    )
    st.number_input(label, 1, limit, None, 1, key=f"max_tokens-{lane.id}", placeholder=default, persist_state="session")
    _switch(lane, "do_sample", _("Sampling (do_sample)"), _published(card, "do_sample"))
    st.text_input(
        _("Stop at this text"),
        key=f"stop_text-{lane.id}",
        max_chars=200,
        persist_state="session",
        help=_published(card, "stop") or None,
    )
    st.number_input(
        _labelled(_("Seed"), _("not declared")),
        0,
        _MOST_SEED,
        None,
        1,
        key=f"seed-{lane.id}",
        placeholder=default,
        persist_state="session",
    )


def _range(card: ModelCard | None, name: str) -> tuple[float, float]:
    """What the card's facts let a parameter be; GLM's own range where it has none."""
    parameter = card.parameter(name) if card else None
    least, most = (parameter.minimum.value, parameter.maximum.value) if parameter else (None, None)
    return _RANGES[name] if least is None or most is None else (float(least), float(most))


def _draw_tools(lane: Lane, card: ModelCard | None, problems: Mapping[str, str]) -> None:
    note = capability_note(card, "function_tools")
    st.toggle(
        _labelled(_("Built-in tools: calculator and clock"), note),
        key=f"builtin-{lane.id}",
        persist_state="session",
    )
    text = _("A list of functions as JSON: name, description, and parameters as a JSON Schema.")
    _json_area(_labelled(_("Tools (JSON)"), note), f"tools-{lane.id}", problems.get("tools"), text)


def _draw_format(lane: Lane, card: ModelCard | None, problems: Mapping[str, str]) -> None:
    note = capability_note(card, "structured_output")
    words = {"text": _("text"), "json_object": "JSON", "json_schema": _("JSON by a schema")}
    st.segmented_control(
        _labelled(_("Answer format"), note),
        _FORMATS,
        format_func=words.__getitem__,
        key=f"format-{lane.id}",
        required=True,
        persist_state="session",
        help=_published(card, "response_format") or None,
    )
    if st.session_state[f"format-{lane.id}"] == "json_schema":
        text = _("The answer is checked by it on our side; whether the server heeds it is another matter.")
        _json_area(_("JSON Schema"), f"schema-{lane.id}", problems.get("schema"), text)


def _json_area(label: str, key: str, problem: str | None, note: str) -> None:
    st.text_area(label, key=key, height=100, persist_state="session", help=note)
    if problem:
        st.markdown(styled("red", problem))


def _labelled(label: str, note: str) -> str:
    return f"{label} {styled('gray', f'({note})')}" if note else label


def _published(card: ModelCard | None, name: str) -> str:
    """What Z.ai documents of a parameter, with its source's date; empty where nobody did."""
    parameter = card.parameter(name) if card else None
    fact = next((fact for _side, fact in parameter.items() if fact.known and fact.note), None) if parameter else None
    if fact is None or fact.read is None:
        return ""
    return f"{literal(fact.note or '')} (Z.ai, {fact.read:%Y-%m})"


def draw_request(lane: Lane) -> None:
    """Draws the request that the lane's next prompt would make; to be called in an open popover."""
    st.caption(_("What will be sent with your next prompt, as JSON. The key is not part of it."))
    setup = workbench().setup_of(lane)
    request = lane.conversation.request(Prompt(_("(your prompt)")), setup)
    st.code(_pretty(request.body()), language="json", height=320)


def differences(lane: Lane) -> tuple[str, ...]:
    """What differs from the first lane's settings, by the names on the wire; the model is not among them."""
    bench = workbench()
    first = bench.lanes[0]
    if lane is first or bench.in_step:
        return ()
    return tuple(name for name in lane.setup.differing(first.setup) if name != "model")
