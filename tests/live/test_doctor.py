"""`glm-playground doctor`: it says what is wrong and what to do, and changes nothing."""

import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from glm_playground.cli import main
from glm_playground.ledger import Ledger
from glm_playground.sandbox.process import SandboxProcess
from glm_playground.settings import ENVIRONMENT_NAMES, settings
from tests.ledger import postgres

Doctor = Callable[..., tuple[int, dict[str, dict[str, str]]]]


@pytest.fixture
def doctor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Doctor:
    """Runs it with exactly these settings: its exit status, and what it found by subject."""
    monkeypatch.chdir(tmp_path)
    for name in (*ENVIRONMENT_NAMES.values(), "RUNAPI_KEY", "FORWARDED_ALLOW_IPS"):
        monkeypatch.delenv(name, raising=False)

    def run(**environment: str) -> tuple[int, dict[str, dict[str, str]]]:
        settings.cache_clear()
        for name, value in {"GLM_PLAYGROUND_DATA_FOLDER": str(tmp_path / "data"), **environment}.items():
            monkeypatch.setenv(name, value)
        status = main(["doctor", "--json"])
        found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        return status, {finding["about"]: finding for finding in found}

    yield run
    settings.cache_clear()


def test_all_is_well_with_a_gateway_that_answers_and_nothing_is_generated(
    doctor: Doctor, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    status, found = doctor(RUNAPI_BASE_URL=sandbox.base_url, RUNAPI_API_KEY=sandbox.key)
    assert status == 0
    assert {finding["level"] for finding in found.values()} <= {"ok", "warning"}
    assert "lists" in found["gateway"]["said"]
    assert not (tmp_path / "data").exists()
    Ledger.open(f"sqlite:///{tmp_path}/data/runs.sqlite3").close()
    before = (tmp_path / "data" / "runs.sqlite3").read_bytes()
    status, found = doctor()
    assert "up to date" in found["database"]["said"]
    assert (tmp_path / "data" / "runs.sqlite3").read_bytes() == before


def test_a_wrong_key_and_a_database_that_is_down_are_problems_said_without_a_secret(
    doctor: Doctor, sandbox: SandboxProcess
) -> None:
    status, found = doctor(
        RUNAPI_BASE_URL=sandbox.base_url,
        RUNAPI_API_KEY="sk-canary-wrong",
        GLM_PLAYGROUND_DATABASE_URL="postgresql://me:sesame@127.0.0.1:1/runs",
    )
    assert status == 1
    assert found["gateway"]["level"] == found["database"]["level"] == "problem"
    assert "RUNAPI_API_KEY" in found["gateway"]["todo"]
    assert "GLM_PLAYGROUND_DATABASE_URL" in found["database"]["todo"]
    assert found["replicas"]["level"] == "warning"
    assert "sesame" not in json.dumps(found)
    assert "sk-canary" not in json.dumps(found)


@pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")
def test_files_that_others_can_read_are_a_problem(doctor: Doctor, sandbox: SandboxProcess, tmp_path: Path) -> None:
    path = tmp_path / "data" / "runs.sqlite3"
    Ledger.open(f"sqlite:///{path}").close()
    path.chmod(0o644)
    secrets = tmp_path / ".streamlit" / "secrets.toml"
    secrets.parent.mkdir()
    secrets.write_text("")
    secrets.chmod(0o644)
    status, found = doctor(RUNAPI_BASE_URL=sandbox.base_url, RUNAPI_API_KEY=sandbox.key)
    assert status == 1
    assert found["data folder"]["todo"] == f"chmod go-rwx {path}"
    assert found["secrets"]["todo"] == "chmod 600 .streamlit/secrets.toml"


def test_the_sandbox_is_tried_where_no_gateway_is_set(doctor: Doctor) -> None:
    status, found = doctor(GLM_PLAYGROUND_SANDBOX_ENGINE="scripted", FORWARDED_ALLOW_IPS="*")
    assert status == 0
    assert "starts and answers" in found["sandbox"]["said"]
    assert found["proxy"]["level"] == "warning"


def test_a_setting_that_cannot_be_used_is_the_only_finding(doctor: Doctor) -> None:
    status, found = doctor(GLM_PLAYGROUND_KEEP_DAYS="0")
    assert status == 1
    assert list(found) == ["settings"]
    assert "GLM_PLAYGROUND_KEEP_DAYS" in found["settings"]["said"]


@pytest.mark.parametrize(
    ("environment", "level"),
    [
        ({}, "ok"),
        ({"FORWARDED_ALLOW_IPS": "10.0.0.5"}, "warning"),
        ({"FORWARDED_ALLOW_IPS": "10.0.0.5", "GLM_PLAYGROUND_ORIGINS": "https://glm.example.org"}, "ok"),
        ({"GLM_PLAYGROUND_ORIGINS": "http://glm.example.org"}, "warning"),
        ({"GLM_PLAYGROUND_ORIGINS": "http://localhost:8501"}, "ok"),
    ],
)
def test_the_addresses_that_browsers_see_are_looked_at(doctor: Doctor, environment: dict[str, str], level: str) -> None:
    _status, found = doctor(GLM_PLAYGROUND_SANDBOX_ENGINE="scripted", **environment)
    assert found["origins"]["level"] == level
    assert (level == "ok") or found["origins"]["todo"]


def test_a_proxy_that_is_no_address_and_an_origin_with_a_path_are_problems(doctor: Doctor) -> None:
    status, found = doctor(GLM_PLAYGROUND_SANDBOX_ENGINE="scripted", FORWARDED_ALLOW_IPS="10.0.0.5, proxy.example")
    assert status == 1
    assert "proxy.example" in found["proxy"]["said"]
    status, found = doctor(GLM_PLAYGROUND_ORIGINS="https://glm.example.org/glm")
    assert (status, list(found)) == (1, ["settings"])
    assert "GLM_PLAYGROUND_ORIGINS" in found["settings"]["said"]


def test_spending_without_a_bound_is_said(doctor: Doctor, sandbox: SandboxProcess) -> None:
    asked = {"RUNAPI_BASE_URL": sandbox.base_url, "RUNAPI_API_KEY": sandbox.key}
    assert doctor(**asked)[1]["caps"]["level"] == "ok"
    found = doctor(**asked, GLM_PLAYGROUND_TOTAL_CAPS="tokens=none dollars=none")[1]
    assert found["caps"]["level"] == "warning"


def test_each_check_of_the_guide_is_one_and_none_is_missing_there(doctor: Doctor, sandbox: SandboxProcess) -> None:
    binaries = postgres.binaries()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed (Debian's package postgresql)")
    guide = (Path(__file__).parents[2] / "docs" / "operation.md").read_text()
    rows = re.findall(r"^\| ((?:`[a-z ]+`(?:, )?)+) \|", guide.partition("## One server")[0], re.MULTILINE)
    named = {name for row in rows for name in re.findall("`([a-z ]+)`", row)}
    secrets = Path(".streamlit/secrets.toml")
    secrets.parent.mkdir()
    secrets.write_text("")
    secrets.chmod(0o644)
    with postgres.new_server(binaries) as server:
        server.start()
        asked = {"RUNAPI_BASE_URL": sandbox.base_url, "RUNAPI_API_KEY": sandbox.key}
        found = set(doctor(**asked, GLM_PLAYGROUND_DATABASE_URL=server.url)[1])
    os.environ.pop("RUNAPI_BASE_URL")
    os.environ.pop("RUNAPI_API_KEY")
    Path("gateways.toml").write_text("")
    found |= set(doctor(GLM_PLAYGROUND_GATEWAYS="gateways.toml")[1])
    os.environ.pop("GLM_PLAYGROUND_GATEWAYS")
    found |= set(doctor(GLM_PLAYGROUND_SANDBOX_ENGINE="scripted")[1]) | set(doctor(GLM_PLAYGROUND_KEEP_DAYS="0")[1])
    assert found == named


def test_each_gateway_of_the_file_is_asked(
    doctor: Doctor, sandbox: SandboxProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "gateways.toml"
    path.write_text(
        f'[[gateway]]\nname = "One"\naddress = "{sandbox.base_url}"\nkey_env = "KEY_OF_ONE"\n'
        '[[gateway.model]]\nid = "not-listed"\n'
    )
    monkeypatch.setenv("KEY_OF_ONE", sandbox.key)
    status, found = doctor(GLM_PLAYGROUND_GATEWAYS=str(path), RUNAPI_BASE_URL="http://127.0.0.1:1")
    assert status == 0
    assert "RUNAPI_BASE_URL is set and not used" in found["gateways"]["said"]
    assert found["gateway"]["level"] == "warning"
    assert f"One ({sandbox.base_url}) answers, but does not list not-listed" in found["gateway"]["said"]


def test_a_file_of_gateways_that_cannot_be_used_is_a_problem(doctor: Doctor, tmp_path: Path) -> None:
    path = tmp_path / "gateways.toml"
    path.write_text('[[gateway]]\nname = "One"\naddress = "http://127.0.0.1:1"\nkey_env = "sk-canary-pasted"\n')
    status, found = doctor(GLM_PLAYGROUND_GATEWAYS=str(path))
    assert status == 1
    assert found["gateways"]["level"] == "problem"
    assert f"{path} cannot be used: gateway 1 (One), key_env: expected the name" in found["gateways"]["said"]
    assert "sk-canary" not in json.dumps(found)


@pytest.mark.parametrize(
    ("environment", "level", "said"),
    [
        ({}, "ok", "no links"),
        ({"GLM_PLAYGROUND_SHARING": "1d"}, "ok", "for 1d at most, without a login"),
        ({"GLM_PLAYGROUND_PUBLIC_ADDRESS": "https://a.example/glm", "GLM_PLAYGROUND_SHARING": "7d"}, "ok", "a.example"),
        ({"GLM_PLAYGROUND_PUBLIC_ADDRESS": "http://a.example", "GLM_PLAYGROUND_SHARING": "7d"}, "warning", "TLS"),
        (
            {
                "GLM_PLAYGROUND_PUBLIC_ADDRESS": "https://a.example",
                "GLM_PLAYGROUND_SHARING": "7d",
                "GLM_PLAYGROUND_ORIGINS": "https://b.example",
            },
            "warning",
            "none of the app's origins",
        ),
    ],
)
def test_what_anybody_may_open_is_said(doctor: Doctor, environment: dict[str, str], level: str, said: str) -> None:
    found = doctor(GLM_PLAYGROUND_SANDBOX_ENGINE="scripted", **environment)[1]
    assert found["sharing"]["level"] == level
    assert said in found["sharing"]["said"]
    assert found["audience"]["said"] == "no audience votes"
