"""The FILE of `glm-playground suite` and `eval`: a suite, opened and checked."""

from pathlib import Path

import click

from glm_playground import bounds
from glm_playground.cli.failure import Failure
from glm_playground.cli.terminal import line
from glm_playground.evals.promptfoo import Opened
from glm_playground.evals.suite import SuiteError
from glm_playground.evals.suite_file import open_suite
from glm_playground.evals.suite_folder import SuiteFolder


class _SuiteFileType(click.ParamType[Opened]):
    name = "suite"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> Opened:
        try:
            with Path(value).open("rb") as file:
                return open_suite(value, file.read(bounds.SUITE_FILE_BYTES + 1), SuiteFolder(Path(value).parent))
        except OSError as error:
            raise Failure(f"{value} cannot be read: {error.strerror}") from None
        except SuiteError as error:
            for problem in error.problems:
                click.echo(line(str(problem)), err=True)
            raise Failure(f"{value} cannot be opened as a suite") from None


SUITE = _SuiteFileType()
