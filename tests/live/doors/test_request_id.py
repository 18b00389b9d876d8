"""Each web request has an id, which what is refused says and the log has."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from glm_playground.sandbox.process import SandboxProcess
from tests.condition import wait_until
from tests.live.app_process import AppProcess
from tests.live.conftest import serve

pytestmark = pytest.mark.slow

EVIL = {"Origin": "https://evil.example"}
OWN = re.compile("[0-9a-f]{16}")


@pytest.fixture(scope="module")
def logged(sandbox: SandboxProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppProcess]:
    environment = {
        "RUNAPI_BASE_URL": sandbox.base_url,
        "RUNAPI_API_KEY": sandbox.key,
        "GLM_PLAYGROUND_LOG_FORMAT": "json",
        "FORWARDED_ALLOW_IPS": "127.0.0.1",
    }
    with serve(tmp_path_factory.mktemp("logged"), environment) as process:
        yield process


def line(app: AppProcess, request_id: str) -> dict[str, object]:
    """The log's line of that request."""
    found: list[dict[str, object]] = []

    def is_there() -> bool:
        lines = [json.loads(one) for one in app.output.splitlines() if one.startswith("{")]
        found[:] = [one for one in lines if one.get("web_request") == request_id and one.get("status")]
        return bool(found)

    wait_until(is_there)
    assert len(found) == 1
    return found[0]


def test_what_is_refused_leads_to_its_line(logged: AppProcess) -> None:
    url = f"{logged.base_url}/_stcore/upload_file/a-session-of-somebody/a-file"
    answers = [
        httpx.put(url, headers=EVIL, content=b"x", trust_env=False),
        httpx.put(url, content=b"x", trust_env=False),
        httpx.post(f"{logged.base_url}/callbacks/runapi", trust_env=False),
    ]
    ids = [answer.json()["request_id"] for answer in answers]
    assert len(set(ids)) == 3
    for answer, asked in zip(answers, ids, strict=True):
        assert OWN.fullmatch(asked)
        assert answer.headers["x-request-id"] == asked
        found = line(logged, asked)
        assert (found["status"], found["level"]) == (answer.status_code, "info")
        assert "somebody" not in json.dumps(found)


def test_what_is_answered_has_one_too_and_no_line(logged: AppProcess) -> None:
    for path in ("/", "/healthz", "/api/models.json", "/_stcore/health"):
        answer = httpx.get(f"{logged.base_url}{path}", trust_env=False)
        assert OWN.fullmatch(answer.headers["x-request-id"])
        assert answer.headers["x-request-id"] not in logged.output


@pytest.mark.parametrize(
    ("given", "more", "taken"),
    [
        ("7f3a-from.the_proxy", {"X-Forwarded-For": "203.0.113.9"}, True),
        ("7f3a-from.the_proxy", {}, False),
        ("short", {"X-Forwarded-For": "203.0.113.9"}, False),
        ("x" * 65, {"X-Forwarded-For": "203.0.113.9"}, False),
        ('a"b\\nforged line', {"X-Forwarded-For": "203.0.113.9"}, False),
    ],
)
def test_only_a_trusted_proxy_gives_one_of_the_right_form(
    logged: AppProcess, given: str, more: dict[str, str], taken: bool
) -> None:
    answer = httpx.get(f"{logged.base_url}/healthz", headers={"X-Request-ID": given, **more}, trust_env=False)
    assert (answer.headers["x-request-id"] == given) is taken


def test_it_is_not_taken_twice_nor_where_no_proxy_is_trusted(
    logged: AppProcess, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    forwarded = ("X-Forwarded-For", "203.0.113.9")
    twice = [("X-Request-ID", "first-of-two"), ("X-Request-ID", "second-of-two"), forwarded]
    answer = httpx.get(f"{logged.base_url}/healthz", headers=twice, trust_env=False)
    assert OWN.fullmatch(answer.headers["x-request-id"])
    environment = {"RUNAPI_BASE_URL": sandbox.base_url, "FORWARDED_ALLOW_IPS": "10.9.9.9"}
    with serve(tmp_path, environment) as app:
        sent = [("X-Request-ID", "from-nobody-known"), forwarded]
        answer = httpx.get(f"{app.base_url}/healthz", headers=sent, trust_env=False)
        assert OWN.fullmatch(answer.headers["x-request-id"])
