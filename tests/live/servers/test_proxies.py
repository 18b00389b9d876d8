"""A server that is reached through real proxies, over TLS, as the environment names them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from glm_playground.gateway import Gateway
from glm_playground.runs.engine import Engine
from glm_playground.runs.run import Outcome, Run
from glm_playground.sandbox.process import SandboxProcess
from tests.asking import ask_for, finished
from tests.certificates import Certificate, certificate
from tests.live.app_process import free_port
from tests.live.nginx import needs_nginx, run_nginx
from tests.live.operation.nginx import answers
from tests.live.servers.features import holds
from tests.live.servers.proxies import microsocks, needs_microsocks, needs_tinyproxy, tinyproxy

pytestmark = [pytest.mark.slow, needs_nginx]
# This machine by an address that is not one of the loopback network, so that a proxy is asked for it (Linux).
HOST = "0.0.0.0"
VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
Environment = Callable[..., Engine]

_HTTP = """
server {{
    listen 127.0.0.1:{port} ssl;
    ssl_certificate {certificate};
    ssl_certificate_key {key};
    location = /ready {{ return 200; }}
    location / {{ proxy_pass {upstream}; proxy_buffering off; proxy_set_header X-Forwarded-For $remote_addr; }}
}}
"""


@pytest.fixture(scope="module")
def own_authority(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certificate(tmp_path_factory.mktemp("authority"), f"IP:{HOST}", "IP:127.0.0.1")


@pytest.fixture(scope="module")
def tls_port(
    sandbox: SandboxProcess, own_authority: Certificate, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[int]:
    """Where nginx has the scripted sandbox behind TLS."""
    port = free_port()
    http = _HTTP.format(port=port, certificate=own_authority.chain, key=own_authority.key, upstream=sandbox.base_url)
    ready = f"https://127.0.0.1:{port}/ready"
    with run_nginx(tmp_path_factory.mktemp("nginx"), http, lambda: answers(ready, own_authority)):
        yield port


@pytest.fixture
def engine_with(own_authority: Certificate, monkeypatch: pytest.MonkeyPatch) -> Iterator[Environment]:
    """Makes an engine in an environment with these variables of the network and no other."""
    engines: list[Engine] = []
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", str(own_authority.authority))

    def make(**variables: str) -> Engine:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        engines.append(Engine(connect_timeout=20, read_timeout=60))
        return engines[-1]

    yield make
    for engine in engines:
        engine.close()


def asked(engine: Engine, sandbox: SandboxProcess, address: str) -> Run:
    gateway = Gateway("behind a proxy", address, key=SecretStr(sandbox.key))
    return finished(engine, engine.start(ask_for("text=through%20it"), gateway), 60)


@needs_microsocks
@holds("microsocks", "answer", "certificate", "exempt")
def test_through_a_socks_proxy(engine_with: Environment, sandbox: SandboxProcess, tls_port: int) -> None:
    with microsocks() as proxy:
        engine = engine_with(ALL_PROXY=proxy)
        assert asked(engine, sandbox, f"https://{HOST}:{tls_port}").content == "through it"
        assert asked(engine, sandbox, sandbox.base_url).content == "through it"
    # Now nobody is there: only what is reached without it still answers.
    assert asked(engine, sandbox, sandbox.base_url).content == "through it"
    away = asked(engine, sandbox, f"https://{HOST}:{free_port()}")
    assert away.error
    assert away.error.kind == "ProxyUnreachable"
    exempt = engine_with(ALL_PROXY=proxy, NO_PROXY=HOST)
    assert asked(exempt, sandbox, f"https://{HOST}:{tls_port}").content == "through it"


@needs_microsocks
@holds("microsocks", "refusal")
def test_a_socks_proxy_that_does_not_reach_the_server(engine_with: Environment, sandbox: SandboxProcess) -> None:
    with microsocks() as proxy:
        run = asked(engine_with(ALL_PROXY=proxy), sandbox, f"https://{HOST}:{free_port()}")
    assert run.outcome is Outcome.FAILED
    assert run.error
    assert run.error.kind == "ProxyRefused"


@needs_tinyproxy
@holds("tinyproxy", "answer", "certificate", "exempt")
def test_through_an_http_proxy(
    engine_with: Environment, sandbox: SandboxProcess, tls_port: int, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    with tinyproxy(tmp_path, leads_to=tls_port, log=log) as proxy:
        engine = engine_with(HTTPS_PROXY=proxy)
        assert asked(engine, sandbox, f"https://{HOST}:{tls_port}").content == "through it"
        assert f"CONNECT {HOST}:{tls_port}" in log.read_text()
        tunnels = log.read_text().count("CONNECT ")
        assert asked(engine, sandbox, f"https://127.0.0.1:{tls_port}").content == "through it"
        exempt = engine_with(HTTPS_PROXY=proxy, NO_PROXY=f"{HOST}:{tls_port}")
        assert asked(exempt, sandbox, f"https://{HOST}:{tls_port}").content == "through it"
        assert log.read_text().count("CONNECT ") == tunnels


@needs_tinyproxy
@holds("tinyproxy", "refusal")
def test_an_http_proxy_that_refuses_the_tunnel(
    engine_with: Environment, sandbox: SandboxProcess, tls_port: int, tmp_path: Path
) -> None:
    with tinyproxy(tmp_path, leads_to=1, log=tmp_path / "log") as proxy:
        run = asked(engine_with(ALL_PROXY=proxy), sandbox, f"https://{HOST}:{tls_port}")
    assert run.outcome is Outcome.FAILED
    assert run.error
    assert run.error.kind == "ProxyRefused"
    assert "403" in run.error.message
    assert proxy in run.error.message
