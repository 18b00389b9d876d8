"""The error that ends a command with status 1."""

import click

from glm_playground.cli.terminal import line


class Failure(click.ClickException):
    """Why a command failed; shown as one line."""

    def __init__(self, why: object) -> None:
        super().__init__(line(str(why), 1000))
