"""Turns of several lanes in rows: where all lanes were asked the same, their turns stand beside each other."""

from collections.abc import Sequence
from dataclasses import dataclass

from glm_playground.chat.conversation import Fork
from glm_playground.chat.prompt import Prompt


@dataclass(frozen=True)
class TurnRow:
    """Turns that are drawn beside each other."""

    prompt: Prompt | None
    """What every lane was asked; None where the lanes went their own ways."""
    forks: tuple[tuple[Fork, ...], ...]
    """By lane: one place where the prompt is shared, else any number."""


def rows_of(lanes: Sequence[Sequence[Fork]]) -> list[TurnRow]:
    """The turns on the screen of each lane in rows, in their order; no turn is left out.

    Args:
        lanes: by lane, left to right, the places of its turns.
    """
    rows: list[TurnRow] = []
    done = [0] * len(lanes)
    asked = [[fork.turn.prompt if fork.turn else None for fork in forks] for forks in lanes]
    for prompt in list(asked[0]) if lanes else []:
        places = [_next(prompts, prompt, begin) for prompts, begin in zip(asked, done, strict=True)]
        found = [place for place in places if place is not None]
        if prompt is None or len(found) < len(lanes):
            continue
        before = tuple(tuple(forks[begin:place]) for forks, begin, place in zip(lanes, done, found, strict=True))
        if any(before):
            rows.append(TurnRow(None, before))
        rows.append(TurnRow(prompt, tuple((forks[place],) for forks, place in zip(lanes, found, strict=True))))
        done = [place + 1 for place in found]
    rest = tuple(tuple(forks[begin:]) for forks, begin in zip(lanes, done, strict=True))
    if any(rest):
        rows.append(TurnRow(None, rest))
    return rows


def _next(prompts: Sequence[Prompt | None], prompt: Prompt | None, begin: int) -> int | None:
    return next((place for place in range(begin, len(prompts)) if prompts[place] == prompt), None)
