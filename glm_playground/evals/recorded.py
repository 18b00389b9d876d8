"""Grades recorded runs by a suite: nothing is sent."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from glm_playground.evals.grade import Grade, Graded, Output, grade, grade_of
from glm_playground.evals.suite import FilledCase, Suite
from glm_playground.evals.verdict import GradedAnswer
from glm_playground.gateway import Message
from glm_playground.runs.cost import Cost
from glm_playground.runs.marks import unmarked_request
from glm_playground.runs.run import Run

Messages = tuple[tuple[str, str, tuple[str, ...]], ...]
"""Role, content and images of each."""


class GradedRun(NamedTuple):
    """A run that asked a case."""

    asked: FilledCase
    candidate: str
    """Model and server, and what else its requests had."""
    run: Run
    checks: tuple[Graded, ...]
    """Empty where no answer came."""
    grade: Grade

    @property
    def point(self) -> GradedAnswer:
        """What the verdict counts."""
        return GradedAnswer(self.asked.name, self.candidate, self.grade.passed)


def graded_runs(suite: Suite, runs: Iterable[tuple[Run, Cost | None]]) -> list[GradedRun]:
    """The runs whose request is a case of the suite, graded; warm-ups and other requests are left out."""
    cases: dict[Messages, list[FilledCase]] = defaultdict(list)
    for asked in suite.asked():
        cases[_told(asked.messages)].append(asked)
    found = []
    for run, cost in runs:
        if run.warm_up or run.replayed or not run.ended:
            continue
        request = unmarked_request(run.request)
        for asked in cases.get(_told(request.messages), ()):
            answer = Output.of(run, cost)
            checks = tuple(grade(check, answer) for check in asked.case.checks) if answer else ()
            whole = grade_of(checks) if answer else Grade.UNTOLD
            found.append(GradedRun(asked, _candidate(run), run, checks, whole))
    return found


def _told(messages: Sequence[Message]) -> Messages:
    return tuple((message.role, message.content, message.images) for message in messages)


def _candidate(run: Run) -> str:
    name = f"{run.request.model} at {run.server.name}"
    if run.server.stand_in:
        name += f" (stand-in model, not GLM: {run.server.stand_in})"
    fields = run.request.fields()
    fields.pop("tools", None)
    settings = ", ".join(f"{key}={value}" for key, value in sorted(fields.items()) if key != "response_format")
    return f"{name}, {settings}" if settings else name
