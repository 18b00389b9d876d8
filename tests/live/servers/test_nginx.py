"""A server behind nginx: over TLS with a certificate authority of its own, with gzip, and with buffers in the way."""

from collections.abc import Iterator
from statistics import median
from typing import NamedTuple

import pytest
from pydantic import SecretStr

from glm_playground.gateway import Gateway
from glm_playground.runs.engine import Engine
from glm_playground.runs.metrics import metrics_of
from glm_playground.runs.notes import NoteKind, notes_of
from glm_playground.runs.run import Outcome, Run
from glm_playground.sandbox.process import SandboxProcess
from tests.asking import ask_for, finished
from tests.certificates import Certificate, certificate
from tests.live.app_process import free_port
from tests.live.nginx import needs_nginx, run_nginx
from tests.live.operation.nginx import answers
from tests.live.servers.features import holds

pytestmark = [pytest.mark.slow, pytest.mark.measures, needs_nginx]
ROUNDS = 9
SCRIPT = "delay=150 tokens=60 rate=200"

# What a client lets nginx compress it holds back until the end. `gzip` does only that; over TLS nginx holds back any
# answer below `ssl_buffer_size` too, unless its buffers are off (`unheld`) or the server asks for it.
_HTTP = """
proxy_http_version 1.1;
gzip on;
gzip_types text/event-stream;
gzip_proxied any;
gzip_min_length 0;
server {{
    listen 127.0.0.1:{plain};
    location / {{ return 404; }}
    location /gzip/ {{ proxy_pass {upstream}/; }}
}}
server {{
    listen 127.0.0.1:{port} ssl;
    ssl_certificate {certificate};
    ssl_certificate_key {key};
    ssl_buffer_size 64k;
    location / {{ return 404; }}
    location = /ready {{ return 200; }}
    location /unheld/ {{ proxy_buffering off; proxy_pass {upstream}/; }}
    location /held/ {{ proxy_pass {upstream}/; }}
    location /small/ {{ client_max_body_size 1k; proxy_pass {upstream}/; }}
    location /gone/ {{ proxy_pass http://127.0.0.1:{nobody}/; }}
}}
"""


class Front(NamedTuple):
    """The two addresses of one nginx."""

    plain: str
    tls: str


@pytest.fixture(scope="module")
def own_authority(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certificate(tmp_path_factory.mktemp("authority"), "DNS:localhost", "IP:127.0.0.1")


@pytest.fixture(scope="module")
def front(
    sandbox: SandboxProcess, own_authority: Certificate, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Front]:
    """nginx before the scripted sandbox."""
    port, plain = free_port(), free_port()
    http = _HTTP.format(
        port=port,
        plain=plain,
        certificate=own_authority.chain,
        key=own_authority.key,
        upstream=sandbox.base_url,
        nobody=free_port(),
    )
    both = Front(f"http://127.0.0.1:{plain}", f"https://127.0.0.1:{port}")
    with run_nginx(tmp_path_factory.mktemp("nginx"), http, lambda: answers(f"{both.tls}/ready", own_authority)):
        yield both


@pytest.fixture
def trusting(own_authority: Certificate, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """An engine that trusts the authority by the environment."""
    monkeypatch.setenv("SSL_CERT_FILE", str(own_authority.authority))
    engine = Engine(connect_timeout=20, read_timeout=60)
    yield engine
    engine.close()


def asked(engine: Engine, sandbox: SandboxProcess, address: str, script: str = SCRIPT, prompt: str = "") -> Run:
    gateway = Gateway("nginx", address, key=SecretStr(sandbox.key))
    return finished(engine, engine.start(ask_for(script, prompt), gateway), 60)


@holds("nginx", "answer", "certificate")
def test_a_certificate_of_an_own_authority_is_trusted_where_the_environment_names_it(
    engine: Engine, trusting: Engine, sandbox: SandboxProcess, front: Front
) -> None:
    assert asked(trusting, sandbox, f"{front.tls}/unheld").outcome is Outcome.COMPLETED
    # The other engine's pool is made now, without the variable.
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("SSL_CERT_FILE")
        run = asked(engine, sandbox, f"{front.tls}/unheld")
    assert run.error
    assert run.error.kind == "ConnectionFailed"
    assert "certificate verify failed" in run.error.message


@holds("nginx", "gzip")
@pytest.mark.parametrize("behind", [pytest.param("gzip", id="plain"), pytest.param("unheld", id="TLS")])
def test_the_first_token_is_as_early_as_without_it(
    trusting: Engine, sandbox: SandboxProcess, front: Front, behind: str
) -> None:
    through = f"{front.plain if behind == 'gzip' else front.tls}/{behind}"
    times: dict[str, list[float]] = {sandbox.base_url: [], through: []}
    for _ in range(ROUNDS):
        for address, measured in times.items():
            run = asked(trusting, sandbox, address)
            assert NoteKind.IN_ONE_PIECE not in {note.kind for note in notes_of(run)}
            measured.append((metrics_of(run).ttft or 0) / 1e6)
    direct, late = map(median, times.values())
    print(f"TTFT, median of {ROUNDS}: {direct:.1f} ms direct, {late:.1f} ms behind nginx ({behind})")
    assert late <= 1.2 * direct


@holds("nginx", "one piece")
def test_an_answer_that_came_in_one_piece_is_said_to(trusting: Engine, sandbox: SandboxProcess, front: Front) -> None:
    run = asked(trusting, sandbox, f"{front.tls}/held")
    assert run.outcome is Outcome.COMPLETED
    assert [note.number for note in notes_of(run) if note.kind is NoteKind.IN_ONE_PIECE] == [60]


@holds("nginx", "refusal")
@pytest.mark.parametrize(
    ("path", "kind", "words"),
    [
        ("gone", "ServerFailed", "502 Bad Gateway"),
        ("small", "PayloadRejected", "413 Request Entity Too Large"),
        ("nowhere", "PathNotFound", "404 Not Found"),
    ],
)
def test_its_own_pages_are_told_from_answers(
    trusting: Engine, sandbox: SandboxProcess, front: Front, *, path: str, kind: str, words: str
) -> None:
    run = asked(trusting, sandbox, f"{front.tls}/{path}", prompt="word " * 300)
    assert run.error
    assert (run.error.kind, run.error.message) == (kind, words)
    assert not run.has_delta
