"""What a configuration of promptfoo says that is not in its suite."""

import re

from glm_playground.evals.suite import SuiteError, SuiteProblem
from glm_playground.evals.yaml_text import Lines


class Unsupported:
    """What is not supported, each once and with the line on which it stands."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._problems: list[SuiteProblem] = []

    @property
    def problems(self) -> tuple[SuiteProblem, ...]:
        """In the order in which they were noted."""
        return tuple(self._problems)

    def note(self, path: str, message: str) -> None:
        """Lists what is left out."""
        problem = self.located(SuiteProblem(path, message))
        if problem not in self._problems:
            self._problems.append(problem)

    def error(self, path: str, message: str) -> SuiteError:
        """What ends the reading."""
        return SuiteError(self.located(SuiteProblem(path, message)))

    def located(self, problem: SuiteProblem) -> SuiteProblem:
        """The problem with its line, or that of what it stands in."""
        path = problem.path
        while path and path not in self._lines:
            path = re.sub(r"(\[[^\[\]]*\]|\.?[^.\[\]]*)$", "", path)
        return problem._replace(line=self._lines.get(path) if problem.path else None)
