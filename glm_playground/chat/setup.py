"""What a lane asks with, and how it is kept: in a file of presets, and in a link.

A link carries only what may stand in an address: the model and plain settings, never a prompt, a system prompt, tools,
a response format, extra fields or a stop text.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated, Any, Final, Literal, NamedTuple

from pydantic import AfterValidator, BaseModel, ConfigDict, FailFast, Field, StringConstraints, ValidationError

from glm_playground import bounds
from glm_playground.gateway import ChatRequest, Parameters
from glm_playground.runs.marks import unmarked_request

MAX_LANES = bounds.LANES
MAX_MODEL_CHARACTERS = bounds.MODEL_CHARACTERS
MAX_GATEWAY_CHARACTERS = bounds.GATEWAY_CHARACTERS
MAX_PROMPT_CHARACTERS = bounds.PROMPT_CHARACTERS
"""Of a system prompt, and of a preset's prompt."""
MAX_PRESET_FILE_BYTES = bounds.PRESET_FILE_BYTES
MAX_PRESETS = bounds.PRESETS
PRESET_KIND: Final = "glm-playground-presets"
PRESET_VERSION: Final = 1

_AT = " @ "
"""No model's id holds it."""
_MAX_PATH_CHARACTERS = 200
# The longest that to_link writes has 456.
_MAX_LINK_CHARACTERS = bounds.LINK_CHARACTERS
_MAX_IGNORED_CHARACTERS = 80

_MODEL = re.compile(rf"[A-Za-z0-9._:/@+~-]{{0,{MAX_MODEL_CHARACTERS}}}")
GATEWAY = "gateway"
"""Names the gateway in a link."""
_GATEWAY = re.compile(rf"\w[\w .()+-]{{0,{MAX_GATEWAY_CHARACTERS - 1}}}")
_EFFORT = re.compile(r"[A-Za-z0-9_-]{1,40}")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_WHOLE = re.compile(r"[0-9]{1,19}")


class Setup(BaseModel):
    """What one lane asks with."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: Annotated[str, Field(max_length=MAX_MODEL_CHARACTERS)]
    gateway: Annotated[str, Field(max_length=MAX_GATEWAY_CHARACTERS)] = ""
    """Name of the gateway that is asked; empty for the first one."""
    system: Annotated[str, Field(max_length=MAX_PROMPT_CHARACTERS)] = ""
    parameters: Parameters = Parameters()

    @property
    def asked(self) -> str:
        """Model and gateway as one text, which `asked_of` reads: "glm-5.1", or "glm-5.1 @ RunAPI"."""
        return asked_text(self.model, self.gateway)

    def differing(self, other: "Setup") -> tuple[str, ...]:
        """The names of the fields that are not the same in `other`: model, system, temperature, ..."""
        own = tuple(name for name in ("model", "gateway", "system") if getattr(self, name) != getattr(other, name))
        return own + tuple(
            name
            for name in Parameters.model_fields
            if getattr(self.parameters, name) != getattr(other.parameters, name)
        )


def asked_text(model: str, gateway: str) -> str:
    """`model` at `gateway` as one text; the model alone where no gateway is named."""
    return f"{model}{_AT}{gateway}" if gateway else model


def asked_of(text: str) -> tuple[str, str]:
    """The model and the gateway in a text such as "glm-5.1 @ RunAPI"; the gateway is empty where none is named."""
    model, at, gateway = text.rpartition(_AT)
    return (model.strip(), gateway.strip()) if at else (text.strip(), "")


def setup_of(request: ChatRequest, gateway: str = "") -> Setup:
    """What a lane asks with that makes requests such as this one, but for their mark against prompt caches."""
    request = unmarked_request(request)
    system = "\n\n".join(message.content for message in request.messages if message.role == "system")
    parameters = Parameters(**{name: getattr(request, name) for name in Parameters.model_fields})
    # Not checked again: what was sent, or read from a checked file, may be longer than what may be typed.
    return Setup.model_construct(model=request.model, gateway=gateway, system=system, parameters=parameters)


class Preset(BaseModel):
    """Lanes under a name, with the prompt to ask them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
    prompt: Annotated[str, Field(max_length=MAX_PROMPT_CHARACTERS)] = ""
    """May hold variables."""
    lanes: Annotated[tuple[Setup, ...], Field(min_length=1, max_length=MAX_LANES)]


def _unique(presets: tuple[Preset, ...]) -> tuple[Preset, ...]:
    name, count = max(Counter(preset.name for preset in presets).items(), key=lambda row: row[1], default=("", 0))
    if count > 1:
        raise ValueError(f"{count} presets are named {name!r}")
    return presets


class PresetFile(BaseModel):
    """A file of presets."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["glm-playground-presets"] = PRESET_KIND
    version: Literal[1] = PRESET_VERSION
    presets: Annotated[tuple[Preset, ...], FailFast(), Field(max_length=MAX_PRESETS), AfterValidator(_unique)]


class PresetProblem(NamedTuple):
    """Why a file of presets is not read."""

    path: str
    """Where, such as `presets[0].lanes[1].model`; empty for the file as a whole."""
    message: str


def write_presets(presets: Sequence[Preset]) -> str:
    """A file of presets as JSON; what holds its default is left out.

    Raises:
        ValueError: `read_presets` would refuse the file, since a name stands twice or a limit is passed.
    """
    rows = [preset.model_dump(exclude_defaults=True) for preset in presets]
    file = {"kind": PRESET_KIND, "version": PRESET_VERSION, "presets": rows}
    try:
        text = json.dumps(file, ensure_ascii=False, allow_nan=False, indent=2) + "\n"
    except (TypeError, RecursionError) as error:
        raise ValueError(f"not JSON: {error}") from error
    if isinstance(problem := read_presets(text.encode()), PresetProblem):
        raise ValueError(": ".join(filter(None, problem)))
    return text


def read_presets(data: bytes) -> tuple[Preset, ...] | PresetProblem:
    """The presets in a file, or the first thing that is wrong with it, whatever the bytes are."""
    if len(data) > MAX_PRESET_FILE_BYTES:
        return PresetProblem("", f"the file has more than {MAX_PRESET_FILE_BYTES} bytes")
    try:
        text = data.decode("utf-8-sig")
        # Pydantic's own parser lets NaN and 1e999 through.
        value = json.loads(text, parse_constant=_finite, parse_float=_finite, parse_int=_finite_whole)
    except (ValueError, RecursionError) as error:
        return PresetProblem("", f"not JSON: {error}")
    if problem := _header_problem(value):
        return problem
    try:
        # From the text again: strictly, a list is a tuple only in JSON.
        return PresetFile.model_validate_json(text, strict=True).presets
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        message = "unknown key" if first["type"] == "extra_forbidden" else first["msg"].removeprefix("Value error, ")
        return PresetProblem(_path(first["loc"]), message)


def _finite(text: str) -> float:
    if not math.isfinite(value := float(text)):
        raise ValueError(f"{text[:20]} is not a finite number")
    return value


def _finite_whole(text: str) -> int:
    # As large as a float at most: it may stand where one is read.
    _finite(text)
    return int(text)


def _header_problem(value: Any) -> PresetProblem | None:
    """What makes it another file, told before what is wrong inside."""
    if not isinstance(value, dict) or value.get("kind") != PRESET_KIND:
        return PresetProblem("kind", f"the file is not of the kind {PRESET_KIND}")
    version = value.get("version")
    if type(version) is not int or version < 1:
        return PresetProblem("version", "the version is not a whole number from 1")
    if version > PRESET_VERSION:
        return PresetProblem("version", f"the file is of a later version than {PRESET_VERSION}")
    return None


def _path(keys: tuple[int | str, ...]) -> str:
    path = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys)
    return path.removeprefix(".")[:_MAX_PATH_CHARACTERS]


def _number(text: str, least: float, most: float) -> float | None:
    value = float(text) if _NUMBER.fullmatch(text) else math.nan
    return value if least <= value <= most else None


def _whole(text: str, least: int, most: int) -> int | None:
    value = int(text) if _WHOLE.fullmatch(text) else -1
    return value if least <= value <= most else None


def _switch(text: str) -> bool | None:
    return {"on": True, "off": False}.get(text)


def _effort(text: str) -> str | None:
    return text if _EFFORT.fullmatch(text) else None


class _Setting(NamedTuple):
    """A field of the parameters that a link may carry, and how its text is read; None for what it cannot be."""

    field: str
    read: Callable[[str], float | str | None]


_SETTINGS = {
    "temperature": _Setting("temperature", partial(_number, least=0, most=2)),
    "top_p": _Setting("top_p", partial(_number, least=0.01, most=1)),
    "max_tokens": _Setting("max_tokens", partial(_whole, least=1, most=10_000_000)),
    "seed": _Setting("seed", partial(_whole, least=0, most=2**63 - 1)),
    "thinking": _Setting("thinking", _switch),
    "clear_thinking": _Setting("clear_thinking", _switch),
    "effort": _Setting("reasoning_effort", _effort),
    "do_sample": _Setting("do_sample", _switch),
}


def to_link(setups: Sequence[Setup]) -> list[str]:
    """The values of the repeated query parameter `lane`, not yet percent-encoded, one for each of `setups`.

    Such as `glm-5.1;gateway=RunAPI;temperature=0.5;thinking=on;effort=high`. What `from_link` would ignore is left out.
    """
    return [_lane_text(setup) for setup in setups]


def left_out(setup: Setup) -> tuple[str, ...]:
    """The names of the fields that a link to `setup` does not carry: model, system, tools, ..."""
    carried, _ignored = from_link([_lane_text(setup)])
    return setup.differing(carried[0]) if carried else ("model",)


def from_link(lanes: Sequence[str]) -> tuple[tuple[Setup, ...], tuple[str, ...]]:
    """The setups in the values of the query parameter `lane`, and the pieces that were ignored.

    Ignored are unknown and repeated names, values out of type or range, a model's id that cannot be one (the lane then
    has an empty id), a lane that is too long, and lanes after the sixth.
    """
    setups: list[Setup] = []
    ignored: list[str] = []
    for number, lane in enumerate(lanes):
        if number >= MAX_LANES or len(lane) > _MAX_LINK_CHARACTERS:
            ignored.append(lane)
        else:
            setups.append(_lane_setup(lane, ignored))
    return tuple(setups), tuple(map(shown, ignored))


def _lane_text(setup: Setup) -> str:
    pieces = [setup.model if _MODEL.fullmatch(setup.model) else ""]
    pieces += [f"{GATEWAY}={setup.gateway}"] if _GATEWAY.fullmatch(setup.gateway) else []
    for name, setting in _SETTINGS.items():
        value = getattr(setup.parameters, setting.field)
        text = ("on" if value else "off") if isinstance(value, bool) else str(value)
        if value is not None and setting.read(text) == value:
            pieces.append(f"{name}={text}")
    return ";".join(pieces)


def _lane_setup(lane: str, ignored: list[str]) -> Setup:
    """The setup in one lane's text; what is ignored is added to `ignored`."""
    model, *pieces = lane.split(";")
    if not _MODEL.fullmatch(model):
        ignored.append(model)
        model = ""
    fields: dict[str, Any] = {}
    gateway = ""
    for piece in filter(None, pieces):
        name, _equals, text = piece.partition("=")
        if name == GATEWAY and not gateway and _GATEWAY.fullmatch(text):
            gateway = text
            continue
        setting = _SETTINGS.get(name)
        value = setting.read(text) if setting else None
        if setting is None or value is None or setting.field in fields:
            ignored.append(piece)
        else:
            fields[setting.field] = value
    return Setup(model=model, gateway=gateway, parameters=Parameters(**fields))


def shown(piece: str) -> str:
    """A piece as it can be shown: short, and without lone surrogates, which cannot be written as UTF-8."""
    return piece[:_MAX_IGNORED_CHARACTERS].encode("utf-8", "replace").decode()
