"""`glm-playground eval` as tests run it."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from glm_playground.cli import main
from glm_playground.sandbox.process import SandboxProcess
from glm_playground.service import runtime
from glm_playground.settings import settings
from tests.live.test_cli import environment


class Done(NamedTuple):
    """How a command ended."""

    status: int
    out: str
    err: str

    @property
    def id(self) -> str:
        """Of the evaluation that it began."""
        return next(line.split()[1] for line in self.out.splitlines() if line.startswith("Evaluation "))


Eval = Callable[..., Done]


@pytest.fixture
def eval_(
    tmp_path: Path, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Eval]:
    """Runs `glm-playground eval ...` in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    for name in os.environ.keys() - environment().keys():
        monkeypatch.delenv(name)
    monkeypatch.setenv("GLM_PLAYGROUND_DATA_FOLDER", str(tmp_path / "data"))
    monkeypatch.setenv("RUNAPI_BASE_URL", sandbox.base_url)
    monkeypatch.setenv("RUNAPI_API_KEY", sandbox.key)

    def forget() -> None:
        for cached in (settings, runtime.engine):
            cached.cache_clear()
        runtime._prices.clear()
        runtime._models.clear()

    def run(*arguments: str | Path) -> Done:
        forget()
        status = main(["eval", *map(str, arguments)])
        said = capsys.readouterr()
        return Done(status, said.out, said.err)

    yield run
    forget()
