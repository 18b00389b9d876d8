"""Writes the tested version of every package, direct or not, into pyproject.toml.

    uv run python scripts/constrain.py

A lock file names the hosts of package registries and stays out of the repository; `constraint-dependencies` says the
same without them. The newest versions that fit are resolved afresh, in a folder of its own; run the tests afterwards.
"""

import re
import subprocess
import tempfile
from pathlib import Path

PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"
_SECTION = re.compile(r"# Tested versions[^\n]*\nconstraint-dependencies = \[\n.*?^\]\n", re.DOTALL | re.MULTILINE)


def tested_versions(pyproject: str) -> list[str]:
    """`name==version` of the whole closure, with the marker where a package is not for every platform."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "pyproject.toml").write_text(pyproject)
        command = [
            "uv",
            "export",
            "--all-groups",
            "--all-extras",
            "--no-hashes",
            "--no-emit-project",
            "--no-annotate",
            "--no-header",
        ]
        exported = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    # What the overrides leave out is exported with their impossible marker.
    return sorted(line.strip() for line in exported.stdout.splitlines() if "==" in line and "'never'" not in line)


def main() -> None:
    """Replaces the section."""
    text = _SECTION.sub("", PYPROJECT.read_text())
    versions = tested_versions(text)
    lines = "".join(f'    "{version}",\n' for version in versions)
    section = f"# Tested versions, written by scripts/constrain.py\nconstraint-dependencies = [\n{lines}]\n"
    head, tool_uv, rest = text.partition("[tool.uv]\n")
    PYPROJECT.write_text(head + tool_uv + section + rest)
    print(f"{len(versions)} versions written")


if __name__ == "__main__":
    main()
