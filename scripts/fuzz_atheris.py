"""Lets atheris draw the bytes for one reader, by the code that they reach; `scripts.fuzz --atheris` runs it.

    uv run --group dev --group fuzz python -m scripts.fuzz_atheris READER SECONDS FOLDER

FOLDER gets the inputs that reached something new, and the one that the reader raised for, which ends it with a status
other than 0.
"""

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["glm_playground"], enable_loader_override=False):
    from tests.readers import READERS, SEEDS

_LONGEST = 65_536
_LONGEST_S = 20
_MOST_MB = 2048


def main() -> None:
    name, seconds, folder = sys.argv[1:]
    inputs = Path(folder) / "inputs"
    inputs.mkdir()
    for number, seed in enumerate(SEEDS[name]):
        (inputs / str(number)).write_bytes(seed)
    limits = [f"-max_total_time={seconds}", f"-max_len={_LONGEST}", f"-timeout={_LONGEST_S}"]
    places = [f"-artifact_prefix={folder}/", str(inputs)]
    atheris.Setup([sys.argv[0], *limits, f"-rss_limit_mb={_MOST_MB}", "-print_final_stats=1", *places], READERS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
