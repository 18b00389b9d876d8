"""A vote of the audience on the two answers of a scenario: whose answer stands on which side, and what came of it."""

from collections.abc import Sequence
from random import SystemRandom

from glm_playground import bounds
from glm_playground.bundles.running_order import Scenario
from glm_playground.ledger.polls import Poll, PollCount
from glm_playground.runs.run import Outcome, Run
from glm_playground.runs.thinking import answer_of
from glm_playground.service import storage

_random = SystemRandom()


def votable(scenario: Scenario, runs: Sequence[Run]) -> bool:
    """Whether there are two whole answers: those on stage, else the recorded ones."""
    answers = runs or [one.run for one in scenario.lanes]
    return len(answers) == 2 and all(run.outcome is Outcome.COMPLETED and answer_of(run).strip() for run in answers)


def opened(owner: str, scenario: Scenario, runs: Sequence[Run], spoken: str) -> Poll:
    """The owner's open poll on a scenario, as a restart leaves it, else a new one with its sides drawn at random.

    Args:
        owner: who presents.
        scenario: on stage.
        runs: on stage, with their names; without any, the recorded answers are voted on.
        spoken: the language of a scenario that nobody said one of.

    Raises:
        LedgerError: it could not be stored.
    """
    polls = storage.needed_ledger().polls
    found = polls.newest(owner, scenario.id)
    if found and found.is_open:
        return found
    answers: list[Run] = [*runs] or [one.run for one in scenario.lanes]
    sides = list(zip(_names(answers), answers, strict=True))
    _random.shuffle(sides)
    (candidate_a, a), (candidate_b, b) = sides
    poll = Poll(
        scenario=scenario.id,
        language=scenario.language or spoken,
        question=scenario.question[: bounds.POLL_TEXT_CHARACTERS],
        answer_a=answer_of(a)[: bounds.POLL_TEXT_CHARACTERS],
        answer_b=answer_of(b)[: bounds.POLL_TEXT_CHARACTERS],
        candidate_a=candidate_a,
        candidate_b=candidate_b,
        named=bool(runs),
        stand_in=any(run.server.stand_in for run in answers),
    )
    polls.begin(owner, poll)
    return poll


def closed(owner: str, poll: Poll) -> tuple[Poll | None, PollCount]:
    """The poll once no vote is counted any more, None where it was deleted, and its votes.

    Raises:
        LedgerError: it could not be stored.
    """
    polls = storage.needed_ledger().polls
    return polls.close(owner, poll.id), polls.count(owner, poll.id)


def _names(answers: Sequence[Run]) -> list[str]:
    """How the two are called once the vote is closed."""
    models = [run.request.model for run in answers]
    if len(set(models)) == len(models):
        return models
    gateways = [f"{run.request.model} @ {run.server.name}" for run in answers]
    return gateways if len(set(gateways)) == len(gateways) else [f"{one} ({n})" for n, one in enumerate(models, 1)]
