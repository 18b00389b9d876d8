"""`glm-playground probe` against a gateway that does what is claimed, and against one that lies."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from glm_playground.cli import main
from glm_playground.cli.evaluation import OWNER
from glm_playground.evals.probe_suite import Probe
from glm_playground.ledger import Ledger
from glm_playground.service import runtime
from glm_playground.settings import settings
from tests.live.test_cli import environment
from tests.probed_gateway import LIES, REFUSES, ProbedGateway


class Done(NamedTuple):
    """How a command ended."""

    status: int
    out: str
    err: str

    def measured(self, probe: str) -> str:
        """What is said of a probe."""
        line = next(line for line in self.out.splitlines() if line.startswith(f"{probe} "))
        return re.split(r"  +", line, maxsplit=1)[1]

    @property
    def answers(self) -> dict[str, str]:
        """Yes, no or not clear, by probe."""
        said = re.findall(r"^([\w-]+) +measured (yes|no|not clear)\b", self.out, re.MULTILINE)
        return dict(said)


Run = Callable[..., Done]


@pytest.fixture
def gateway() -> Iterator[ProbedGateway]:
    with ProbedGateway() as found:
        yield found


@pytest.fixture
def probe(
    tmp_path: Path, gateway: ProbedGateway, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Run]:
    """Runs `glm-playground probe --model glm-5.1 ...` at the gateway, which has a price."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gateways.toml").write_text(
        f'[[gateway]]\nname = "Mine"\naddress = "{gateway.url}"\nthinking = "thinking.type"\n'
        '[[gateway.model]]\nid = "glm-5.1"\ninput = 0.5\noutput = 2.0\n'
    )
    for name in os.environ.keys() - environment().keys():
        monkeypatch.delenv(name)
    monkeypatch.setenv("GLM_PLAYGROUND_DATA_FOLDER", str(tmp_path / "data"))
    monkeypatch.setenv("GLM_PLAYGROUND_GATEWAYS", str(tmp_path / "gateways.toml"))

    def forget() -> None:
        for cached in (settings, runtime.engine):
            cached.cache_clear()
        runtime._prices.clear()
        runtime._models.clear()

    def run(*arguments: str, command: str = "probe", model: str = "glm-5.1") -> Done:
        forget()
        asked = [command, "--model", model] if command == "probe" else [command]
        status = main([*asked, *arguments])
        said = capsys.readouterr()
        return Done(status, said.out, said.err)

    yield run
    forget()


def stored(tmp_path: Path) -> Ledger:
    return Ledger.open(f"sqlite:///{tmp_path / 'data' / 'runs.sqlite3'}")


ALL = set(Probe) - {Probe.CONTEXT}


def test_a_gateway_that_does_what_is_claimed_is_measured_so(probe: Run, gateway: ProbedGateway, tmp_path: Path) -> None:
    done = probe()
    assert done.status == 0
    assert done.answers == dict.fromkeys(ALL, "yes")
    assert "glm-5.1 at Mine: 30 requests" in done.out
    assert "$0.0" in done.out.splitlines()[1]
    assert re.search(r"measured yes on 20\d\d-\d\d-\d\d, n=3", done.measured("tool"))
    assert "advertised yes by zai_openapi: agrees" in done.measured("json-mode")
    assert "advertised no by zai_openapi: DISAGREES" in done.measured("json-schema")
    assert "advertised" not in done.measured("usage")
    assert len(gateway.bodies) == 30
    assert all(body["thinking"] == {"type": "disabled"} for body in gateway.bodies)
    ledger = stored(tmp_path)
    (row,) = ledger.evaluations.all(OWNER)
    runs = [cell.run_id for cell in ledger.evaluations.cells(row.number) if cell.run_id]
    assert len(ledger.runs(OWNER, runs)) == 30
    ledger.close()


@pytest.mark.parametrize(("probed", "lie"), LIES.items())
def test_each_lie_is_found_and_nothing_else_is_blamed(
    probe: Run, gateway: ProbedGateway, probed: str, lie: str
) -> None:
    gateway.lies = {lie}
    done = probe("--repeats", "2")
    assert done.answers == dict.fromkeys(ALL, "yes") | {probed: "no"}
    assert re.search(r"runs [0-9a-f]{32}, [0-9a-f]{32}", done.measured(probed))


@pytest.mark.parametrize(
    ("field", "probes"),
    [
        ("response_format", {Probe.JSON_MODE, Probe.JSON_SCHEMA, Probe.TOOL_SCHEMA}),
        ("tools", {Probe.TOOL, Probe.TOOL_SCHEMA}),
        ("seed", {Probe.SEED}),
    ],
)
def test_a_field_that_is_refused_is_measured_as_not_there(
    probe: Run, gateway: ProbedGateway, field: str, probes: set[Probe]
) -> None:
    gateway.lies = {REFUSES + field}
    done = probe("--repeats", "2")
    assert done.answers == dict.fromkeys(ALL, "yes") | dict.fromkeys(probes, "no")
    assert "the gateway refused the request" in done.measured(next(iter(probes)))


def test_where_everything_is_refused_nothing_is_said_of_any_feature(probe: Run, gateway: ProbedGateway) -> None:
    gateway.lies = {REFUSES + "messages"}
    done = probe("--repeats", "1")
    assert done.answers == dict.fromkeys(ALL, "not clear")


def test_a_seed_says_little_where_the_answers_are_the_same_without_it(probe: Run, gateway: ProbedGateway) -> None:
    gateway._number = iter([7] * 100)  # type: ignore[assignment]
    assert "not clear (the answers are the same without a seed, too)" in probe("--repeats", "2").measured("seed")


def test_one_answer_says_nothing_of_a_seed(probe: Run) -> None:
    assert "not clear (fewer than two answers" in probe("--repeats", "1").measured("seed")


def test_what_was_measured_today_is_not_paid_again_unless_asked_for(probe: Run, gateway: ProbedGateway) -> None:
    first = probe("--repeats", "1")
    asked = len(gateway.bodies)
    second = probe("--repeats", "1")
    assert second.status == 0
    assert "measured today already" in second.out
    assert second.answers == first.answers
    assert len(gateway.bodies) == asked
    gateway.lies = {"text"}
    assert probe("--repeats", "1", "--again").answers["json-mode"] == "no"
    assert len(gateway.bodies) == 2 * asked


def test_caps_refuse_in_words_and_nothing_is_sent(
    probe: Run, gateway: ProbedGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    low = probe("--cap", "0.0001")
    assert low.status == 1
    assert "above the cap of $0.0001" in low.err
    assert "no price is known" in probe(model="my-own").err
    assert "tokens, above the cap of 5;" in probe("--cap-tokens", "5", model="my-own").err
    monkeypatch.setenv("GLM_PLAYGROUND_OWNER_CAPS", "dollars=0.0001")
    assert "scope owner" in probe().err
    assert "the operator has stopped" in probe().err or "cap" in probe().err
    assert gateway.bodies == []


def test_a_dry_run_says_the_cost_and_sends_nothing(probe: Run, gateway: ProbedGateway) -> None:
    assert "at most" in probe("--dry-run").out
    assert "1 requests" in probe("--dry-run", "--context").out
    assert gateway.bodies == []


def test_the_context_is_filled_once_and_only_where_it_is_asked_for(probe: Run, gateway: ProbedGateway) -> None:
    refused = probe("--context")
    assert refused.status == 1
    assert "above the cap" in refused.err
    done = probe("--context", "--cap", "3")
    assert len(gateway.bodies) == 1
    assert done.answers == {"context": "yes"}
    assert "tokens read" in done.measured("context")
    gateway.lies = {"cuts the prompt"}
    assert "no (" in probe("--context", "--cap", "3", "--again").measured("context")
    gateway.lies, gateway.context = set(), 100_000
    assert "the gateway refused the request" in probe("--context", "--cap", "3", "--again").measured("context")
    assert done.answers == {"context": "yes"}


def test_a_model_that_always_thinks_is_given_room_and_not_told_otherwise(probe: Run, gateway: ProbedGateway) -> None:
    done = probe("--cap-tokens", "1000000", "--repeats", "1", model="glm-5.3")
    assert "thinking-off" not in done.answers
    assert all("thinking" not in body for body in gateway.bodies)
    assert max(body["max_tokens"] for body in gateway.bodies) > 1024


def test_runs_that_are_deleted_measure_nothing(probe: Run, tmp_path: Path) -> None:
    probe("--repeats", "1")
    ledger = stored(tmp_path)
    ledger.delete_all(OWNER)
    ledger.close()
    assert probe("--repeats", "1").answers == {}
