"""The command line: `glm-playground` starts the app; `bundle`, `caps`, `doctor`, `eval`, `mcp`, `probe`,
`standin` and `suite` are beside it.

glm-playground [start] [--port N] [--host ADDRESS] [-- STREAMLIT OPTIONS]
glm-playground bundle show | verify | replay | run FILE
glm-playground caps show | stop | resume
glm-playground doctor [--json]
glm-playground eval run SUITE | list | show | resume | retry | stop | diff | export | delete
glm-playground mcp
glm-playground probe --model ID
glm-playground standin install
glm-playground suite check | convert | grade FILE
"""

import sys
from collections.abc import Sequence

import click

from glm_playground.cli import bundle, caps, doctor, evaluation, mcp, probe, standin, start, suite

_INTERRUPTED = 130


class _StartsByDefault(click.Group):
    """A group whose command `start` need not be named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        of_the_group = {*self.get_help_option_names(ctx), "--version"}
        if not args or (args[0].startswith("-") and args[0] not in of_the_group):
            args = ["start", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_StartsByDefault, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="glm-playground")
def commands() -> None:
    """Read about, compare and try the GLM models.

    Without a command it starts the app:

    \b
        glm-playground --port 8600
    """


commands.add_command(start.start)
commands.add_command(bundle.bundle)
commands.add_command(caps.caps)
commands.add_command(doctor.doctor)
commands.add_command(evaluation.evaluation)
commands.add_command(mcp.mcp)
commands.add_command(probe.probe)
commands.add_command(standin.standin)
commands.add_command(suite.suite)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return its exit status: 0, 1 for an error, 2 for a wrong command line, 130 for Ctrl-C."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        return commands.main(arguments, "glm-playground", standalone_mode=False) or 0
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        return _INTERRUPTED
