"""Gives the readers of what strangers send any bytes, for as long as is said.

    uv run --group dev python -m scripts.fuzz --seconds 600 [--reader bundle]
    uv run --group dev --group fuzz python -m scripts.fuzz --atheris --seconds 600

Hypothesis draws the bytes, or atheris, by the code that they reach (Linux). Ends with a status other than 0 at the
first input that a reader raises for, needs 20 s for, or 2 GB.
"""

import argparse
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.readers import READERS, SEEDS
from tests.unit.test_fuzz import mutated

_EXAMPLES_AT_ONCE = 500
_STARTS_WITHIN_S = 120
_COUNT = re.compile(r"^stat::number_of_executed_units: (\d+)$", re.MULTILINE)


class Raised(Exception):
    """A reader raised for an input; the text is what it said."""


def with_hypothesis(name: str, seconds: float) -> int:
    """How many inputs were given."""
    count = 0

    @settings(max_examples=_EXAMPLES_AT_ONCE, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(data=st.data())
    def give(data: st.DataObject) -> None:
        nonlocal count
        READERS[name](data.draw(mutated(SEEDS[name])))
        count += 1

    until = time.monotonic() + seconds
    while time.monotonic() < until:
        give()
    return count


def with_atheris(name: str, seconds: float) -> int:
    """How many inputs were given, by a process of its own: atheris ends the one it runs in.

    Raises:
        Raised: with the input.
    """
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "scripts.fuzz_atheris", name, f"{max(1, seconds):.0f}", folder]
        ended = subprocess.run(
            command, capture_output=True, text=True, errors="replace", check=False, timeout=seconds + _STARTS_WITHIN_S
        )
        if ended.returncode:
            found = [path.read_bytes() for path in Path(folder).iterdir() if path.is_file()]
            raise Raised(f"{ended.stdout[-3000:]}\n{ended.stderr[-3000:]}\ninput: {found}")
    found_count = _COUNT.search(ended.stderr)
    return int(found_count[1]) if found_count else 0


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m scripts.fuzz", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=600, help="for all readers together")
    parser.add_argument("--reader", choices=READERS, help="one of them")
    parser.add_argument("--atheris", action="store_true", help="have atheris draw the inputs")
    chosen = parser.parse_args()
    names = [chosen.reader] if chosen.reader else list(READERS)
    give = with_atheris if chosen.atheris else with_hypothesis
    for name in names:
        try:
            count = give(name, chosen.seconds / len(names))
        except Raised as raised:
            sys.exit(f"{name}: {raised}")
        sys.stdout.write(f"{name}: {count:,} inputs\n")


if __name__ == "__main__":
    main()
