"""What a script can have go wrong: faults of the stream, refusals, pages of proxies, redirects."""

import json

import httpx
import pytest

from tests.unit.sandbox.wire import ask, blocks, body_of, logged


def test_faults_that_change_one_event(client: httpx.Client) -> None:
    plain = blocks(ask(client, "@script tokens=6"))

    def faulty(name: str) -> list[bytes]:
        return blocks(ask(client, f"@script tokens=6 fault={name}@3"))

    cut = faulty("truncated_json")
    assert len(cut) == len(plain)
    with pytest.raises(json.JSONDecodeError):
        json.loads(cut[3].removeprefix(b"data: "))
    glued = faulty("glued_json")[3]
    assert glued.count(b'"choices"') == 2
    assert glued.count(b"data: ") == 1
    with pytest.raises(UnicodeDecodeError):
        faulty("invalid_utf8")[3].decode()
    assert b'"content":null' in faulty("null_content")[3]
    assert json.loads(faulty("list_content")[3][6:])["choices"][0]["delta"]["content"][0]["type"] == "text"
    assert len(blocks(ask(client, "@script tokens=6 long_line=50000 fault=long_line@3"))[3]) == 50_000
    assert max(map(len, blocks(ask(client, "@script tokens=6 fault=long_line")))) == 2_000_000


def test_an_error_object_ends_the_stream(client: httpx.Client) -> None:
    found = blocks(ask(client, "@script tokens=6 fault=error_midstream@3"))
    assert len(found) == 1 + 2 + 1
    assert json.loads(found[-1][6:])["error"]["code"] == "server_error"


@pytest.mark.parametrize("stream", [True, False])
def test_a_dropped_connection_has_no_end(client: httpx.Client, stream: bool) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        ask(client, "@script tokens=6 fault=drop@3", stream)


@pytest.mark.parametrize("fault", ["truncated_json", "glued_json", "invalid_utf8"])
def test_a_whole_answer_can_be_broken_too(client: httpx.Client, fault: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        ask(client, f"@script tokens=6 fault={fault}", stream=False).json()


def test_hang_is_silent_until_the_client_leaves(client: httpx.Client) -> None:
    with pytest.raises(httpx.ReadTimeout):
        client.post("/v1/chat/completions", json=body_of("@script tokens=6 fault=hang@3"), timeout=0.2)
    entry = logged(client)
    assert entry["tokens_sent"] == 2
    assert entry["closed_by_client_ns"] is not None


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(
    ("script", "status", "body"),
    [
        ("status=429 retry_after=7", 429, {"code": "rate_limited"}),
        ("status=402", 402, {"code": "insufficient_credits"}),
        ("status=410 error_shape=1", 410, {"code": "model_retired"}),
        ("status=529", 529, {"code": "overloaded"}),
    ],
)
def test_refusals(client: httpx.Client, script: str, status: int, body: dict[str, str], stream: bool) -> None:
    response = ask(client, f"@script {script}", stream)
    assert response.status_code == status
    assert response.json().items() >= body.items()
    assert response.headers.get("Retry-After") == ("7" if "retry_after" in script else None)
    assert response.headers["X-RunAPI-Task-Id"]


def test_error_shapes_and_proxy_pages(client: httpx.Client) -> None:
    assert isinstance(ask(client, "@script status=500 error_shape=1").json()["error"], str)
    assert ask(client, "@script status=500 error_shape=2").json()["errors"]
    assert ask(client, "@script status=500 error_shape=3").json()["error"]["code"] == "server_error"
    page = ask(client, "@script html=1")
    assert page.status_code == 502
    assert "<title>502 Bad Gateway</title>" in page.text
    assert page.headers["content-type"].startswith("text/html")


def test_redirect_leads_to_loopback(client: httpx.Client) -> None:
    response = ask(client, "@script redirect=1")
    assert response.status_code == 302
    landed = httpx.get(str(response.next_request.url) if response.next_request else "", trust_env=False)
    assert landed.json() == {"redirected": True, "authorization_sent": False}


def test_first_requests_of_a_key_fail_and_then_succeed(client: httpx.Client) -> None:
    prompt = "@script tokens=3 fail_times=2 status=503 key=retry-1"
    assert [ask(client, prompt).status_code for _ in range(4)] == [503, 503, 200, 200]
