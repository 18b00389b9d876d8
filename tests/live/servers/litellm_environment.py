"""LiteLLM's proxy in an environment of its own: it pins packages that the app has in other versions.

    uv run python -m tests.live.servers.litellm_environment

makes it before the tests do, so that they do not wait for it.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

LITELLM = "1.108.7"
"""The version that is tested, and the only place that names it. Later ones ask for packages that are not on PyPI."""
ENVIRONMENT = Path(tempfile.gettempdir()) / f"glm-playground-litellm-{LITELLM}-{os.getuid()}"
"""Made once and used again."""
_MADE = ENVIRONMENT / "made"


class NotInstalled(Exception):
    """It cannot be installed here; the text says why."""


def litellm_command() -> Path:
    """The proxy's command; the environment is made if it is missing, which takes a minute.

    Raises:
        NotInstalled: uv is missing, or did not find the packages.
    """
    command = ENVIRONMENT / "bin" / "litellm"
    if _MADE.exists() and command.exists():
        return command
    uv = shutil.which("uv")
    if uv is None:
        raise NotInstalled("uv is not installed")
    python = ENVIRONMENT / "bin" / "python"
    for arguments in (
        ["venv", "--quiet", "--clear", "--no-config", str(ENVIRONMENT)],
        [
            "pip",
            "install",
            "--quiet",
            "--no-config",
            "--compile-bytecode",
            "--python",
            str(python),
            f"litellm[proxy]=={LITELLM}",
        ],
    ):
        done = subprocess.run([uv, *arguments], capture_output=True, text=True, timeout=600, check=False)
        if done.returncode:
            raise NotInstalled(f"uv {arguments[0]}: {done.stderr.strip()[-300:]}")
    _MADE.touch()
    return command


if __name__ == "__main__":
    try:
        print(f"LiteLLM {LITELLM}: {litellm_command().parents[1]}")
    except NotInstalled as error:
        sys.exit(f"LiteLLM {LITELLM} cannot be installed: {error}")
