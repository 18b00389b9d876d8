"""What is asked of Choose as the address says it, to be shared; what is spelt wrong is left out and named."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from glm_playground import bounds
from glm_playground.catalog.choice import Aspect
from glm_playground.catalog.needs import Feature, Need, Said, Use
from glm_playground.catalog.sellers import OWN, SELLERS, gateway_of
from glm_playground.evals.probe_suite import Probe

MOST_WEIGHT = 5
MOST_TOKENS = 100_000_000
MOST_GPUS, MOST_MEMORY = 10_000, 10_000
MOST_PRICE = Decimal(1_000_000)
DEFAULT_WEIGHTS: Mapping[Aspect, int] = {Aspect.CODING: 1, Aspect.AGENTS: 1, Aspect.PRICE: 1}
FLAGS = ("tools", "vision", "open_weights", "thinking_off")
"""Needs that are there or not."""
NEEDED: Mapping[Said, tuple[Probe, ...]] = {
    Said.ADVERTISED: (Probe.STREAMS, Probe.JSON_MODE, Probe.JSON_SCHEMA, Probe.STOP, Probe.MAX_TOKENS, Probe.SEED),
    Said.MEASURED: tuple(Probe),
}
"""The features that can be needed; `FLAGS` has the others that are advertised."""

_NEEDS, _WEIGHTS, _UNSTATED = "needs", "weights", "unstated"


@dataclass(frozen=True)
class Requirements:
    """What is needed and what matters."""

    need: Need = field(default_factory=Need)
    weights: Mapping[Aspect, int] = field(default_factory=lambda: DEFAULT_WEIGHTS)
    unstated: bool = False


class Read(NamedTuple):
    """What an address says, and which parts of it say nothing that is understood."""

    asked: Requirements
    misspelt: tuple[str, ...]


def read(address: Mapping[str, str]) -> Read:
    """What the address asks."""
    misspelt = []
    need: dict[str, Any] = {}
    for name, reader in _READERS.items():
        if text := address.get(name):
            value = reader(text)
            if value is None:
                misspelt.append(name)
            else:
                need[name] = value
    for said in Said:
        names = tuple(filter(None, address.get(said, "").split(",")))
        known = [probe for probe in NEEDED[said] if probe.value in names]
        need["features"] = (*need.get("features", ()), *(Feature(said, probe.value) for probe in known))
        if len(known) < len(set(names)):
            misspelt.append(said.value)
    flags = dict.fromkeys(filter(None, address.get(_NEEDS, "").split(",")))
    need |= dict.fromkeys((flag for flag in flags if flag in FLAGS), True)
    if any(flag not in FLAGS for flag in flags):
        misspelt.append(_NEEDS)
    weights: Mapping[Aspect, int] | None = DEFAULT_WEIGHTS
    if _WEIGHTS in address:
        weights = _weights(address[_WEIGHTS])
        if weights is None:
            misspelt.append(_WEIGHTS)
    asked = Requirements(Need(**need), DEFAULT_WEIGHTS if weights is None else weights, address.get(_UNSTATED) == "yes")
    return Read(asked, tuple(misspelt))


def write(asked: Requirements) -> dict[str, str]:
    """The parts of the address that say it, without those that are the default."""
    need, found = asked.need, {}
    if flags := [flag for flag in FLAGS if getattr(need, flag)]:
        found[_NEEDS] = ",".join(flags)
    for entry in fields(Need):
        value = getattr(need, entry.name)
        if entry.name in _READERS and value is not None:
            found[entry.name] = "x".join(map(str, value)) if isinstance(value, tuple) else str(value)
    for said in Said:
        if names := [feature.name for feature in need.features if feature.said is said]:
            found[said.value] = ",".join(names)
    if asked.weights != DEFAULT_WEIGHTS:
        found[_WEIGHTS] = ",".join(f"{aspect}:{weight}" for aspect, weight in asked.weights.items() if weight)
    if asked.unstated:
        found[_UNSTATED] = "yes"
    return found


def _whole(most: int) -> Callable[[str], int | None]:
    def reader(text: str) -> int | None:
        value = int(text) if text.isascii() and text.isdecimal() and len(text) < 12 else 0
        return value if 0 < value <= most else None

    return reader


def _gpus(text: str) -> tuple[int, int] | None:
    """GPUs such as "8x141": how many, and GB of each."""
    count, _x, memory = text.partition("x")
    found = _whole(MOST_GPUS)(count), _whole(MOST_MEMORY)(memory)
    return None if found[0] is None or found[1] is None else (found[0], found[1])


def _price(text: str) -> Decimal | None:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() and 0 <= value <= MOST_PRICE else None


def _use(text: str) -> Use | None:
    return Use(text) if text in set(Use) else None


def _seller(text: str) -> str | None:
    name = gateway_of(text)
    further = name is not None and 0 < len(name) <= bounds.GATEWAY_CHARACTERS
    return text if further or text in {OWN, *SELLERS} else None


def _weights(text: str) -> Mapping[Aspect, int] | None:
    """Weights such as "coding:3,price:1"."""
    found: dict[Aspect, int] = {}
    for part in filter(None, text.split(",")):
        name, _colon, weight = part.partition(":")
        value = _whole(MOST_WEIGHT)(weight)
        if name not in set(Aspect) or value is None:
            return None
        found[Aspect(name)] = value
    return {aspect: found[aspect] for aspect in Aspect if aspect in found}


_READERS: Mapping[str, Callable[[str], Any]] = {
    "context": _whole(MOST_TOKENS),
    "output": _whole(MOST_TOKENS),
    "use": _use,
    "price": _price,
    "seller": _seller,
    "gpus": _gpus,
}
NAMES = (*_READERS, *(said.value for said in Said), _NEEDS, _WEIGHTS, _UNSTATED)
"""Of the parts of the address."""
