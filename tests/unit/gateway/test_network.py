"""How a gateway is reached: directly, through the proxy of the environment, and over connections that are kept."""

import asyncio
import re
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
import uvloop

from glm_playground import network
from glm_playground.gateway import Event, Gateway, GatewayClient, connection_pool, errors
from glm_playground.network import NetworkError, read_network
from glm_playground.settings import SettingsError, read_settings
from tests.loopback import CannedServer, RawServer, answer, content, read_request, stream
from tests.unit.gateway.exchange import PLAIN, asked, streamed

VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE")


@pytest.fixture(autouse=True, scope="module")
def one_tls_context() -> None:
    """Here each pool reads the certificates of the environment itself."""


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Sets the variables of the network; those that are not named are not set."""

    def configure(**variables: str) -> None:
        for name in VARIABLES:
            monkeypatch.delenv(name, raising=False)
            monkeypatch.delenv(name.lower(), raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    configure()
    return configure


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


class TestEnvironment:
    @pytest.mark.parametrize(
        ("variables", "host", "proxy"),
        [
            ({}, "api.test", None),
            ({"HTTPS_PROXY": "http://p:3128"}, "api.test", "http://p:3128"),
            ({"https_proxy": "http://q:1", "HTTPS_PROXY": "http://p:3128"}, "api.test", "http://q:1"),
            ({"HTTPS_PROXY": "p:3128"}, "api.test", "http://p:3128"),
            ({"ALL_PROXY": "socks5h://p:1080"}, "api.test", "socks5h://p:1080"),
            ({"ALL_PROXY": "socks://p:1080/"}, "api.test", "socks5://p:1080"),
            ({"HTTP_PROXY": "http://p:3128"}, "api.test", None),
            ({"HTTPS_PROXY": "http://p:1", "ALL_PROXY": "http://q:1"}, "api.test", "http://p:1"),
            *(
                ({"ALL_PROXY": "http://p:1"}, host, None)
                for host in ("localhost", "LOCALHOST.", "a.localhost", "127.0.0.1", "127.8.8.8", "::1", "[::1]")
            ),
            ({"ALL_PROXY": "http://p:1"}, "::ffff:127.0.0.1", None),
            *(
                ({"ALL_PROXY": "http://p:1", "NO_PROXY": entry}, "api.inner.test", None)
                for entry in (
                    "*",
                    "inner.test",
                    ".inner.test",
                    "x, API.INNER.TEST",
                    "api.inner.test:443",
                    "*.inner.test",
                )
            ),
            *(
                ({"ALL_PROXY": "http://p:1", "NO_PROXY": entry}, "api.inner.test", "http://p:1")
                for entry in ("", "er.test", "api.inner.test:8443", "10.0.0.0/8", ",,")
            ),
            ({"ALL_PROXY": "http://p:1", "NO_PROXY": "10.0.0.0/8"}, "10.1.2.3", None),
            ({"ALL_PROXY": "http://p:1", "NO_PROXY": "10.0.0.1"}, "10.0.0.2", "http://p:1"),
            ({"ALL_PROXY": "http://p:1", "NO_PROXY": "fd00::/8"}, "fd00::1", None),
            ({"ALL_PROXY": "http://p:1", "NO_PROXY": "[fd00::]/8"}, "[fd00::1]", None),
            ({"ALL_PROXY": "http://p:1", "NO_PROXY": "fd00::1"}, "fd00:0::1", None),
            ({"ALL_PROXY": "http://p:1", "NO_PROXY": "::1/128"}, "fd00::1", "http://p:1"),
        ],
    )
    def test_which_proxy_leads_where(
        self, environment: Callable[..., None], variables: dict[str, str], host: str, proxy: str | None
    ) -> None:
        environment(**variables)
        assert read_network().proxy_for("https", host) == proxy

    @pytest.mark.parametrize(
        ("variable", "value", "reason"),
        [
            ("ALL_PROXY", "socks4://p:1080", "socks4:// is no proxy"),
            ("HTTPS_PROXY", "ftp://p", "ftp:// is no proxy"),
            ("https_proxy", "http://p:port", "its host or port is not one"),
            ("HTTP_PROXY", "http://", "expected an address"),
            ("NO_PROXY", "10.0.0.0/99", "10.0.0.0/99 is no network"),
            ("NO_PROXY", "a.test:http", "a.test:http is no host"),
            ("SSL_CERT_FILE", "/no/such/file.pem", "there is no such file"),
            ("SSLKEYLOGFILE", "/no/such/folder/keys", "No such file or directory"),
            ("SSL_CERT_FILE", __file__, "the file holds no certificates"),
            ("SSL_CERT_DIR", "/no/such/folder", "there is no such folder"),
        ],
    )
    def test_a_variable_that_cannot_be_used_is_one_line_at_the_start(
        self, environment: Callable[..., None], variable: str, value: str, reason: str
    ) -> None:
        environment(**{variable: value})
        with pytest.raises(SettingsError, match=rf"^{variable} cannot be used: [^\n]*{re.escape(reason)}[^\n]*$"):
            read_settings()

    def test_a_password_in_a_proxys_address_is_in_no_error(self, environment: Callable[..., None]) -> None:
        for value in ("socks4://me:s3cret@p:1", "http://me:s3cret@p:port", "http://me:s3cret@"):
            environment(ALL_PROXY=value)
            with pytest.raises(NetworkError) as caught:
                read_network()
            assert "s3cret" not in str(caught.value)
        assert network.shown_proxy("http://me:s3cret@p:1") == "http://p:1"

    def test_a_variable_that_went_bad_later_is_an_error_of_the_gateways_and_no_crash(
        self, environment: Callable[..., None]
    ) -> None:
        environment(ALL_PROXY="socks4://127.0.0.1:9")
        with pytest.raises(errors.NetworkUnusable, match="ALL_PROXY"):
            connection_pool(connect_timeout=1, read_timeout=1)

    @pytest.mark.parametrize("value", ["socks5://127.0.0.1:9", "socks://127.0.0.1:9", "http://127.0.0.1:9"])
    def test_loopback_is_reached_without_it(self, environment: Callable[..., None], value: str) -> None:
        environment(ALL_PROXY=value, NO_PROXY="fd00::/8")
        with CannedServer(stream(content("a"), b"[DONE]")) as server:
            assert streamed(Gateway("x", server.url), PLAIN).text == "a"

    @pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate")
    def test_certificates_of_the_environment_are_trusted(
        self, environment: Callable[..., None], tmp_path: Path
    ) -> None:
        key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
        subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
        made = ["-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", str(key), "-out", str(certificate)]
        subprocess.run(["openssl", "req", "-x509", *made, *subject], check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)

        def over_tls(connection: socket.socket) -> None:
            with suppress(OSError), context.wrap_socket(connection, server_side=True) as wrapped:
                read_request(wrapped)
                wrapped.sendall(stream(content("a"), b"[DONE]"))

        with RawServer(over_tls) as server:
            gateway = Gateway("x", f"https://localhost:{server.port}")
            assert type(streamed(gateway, PLAIN).error) is errors.ConnectionFailed
            environment(SSL_CERT_FILE=str(certificate))
            assert streamed(gateway, PLAIN).text == "a"


def socks_proxy(upstream: int, seen: list[bytes]) -> Callable[[socket.socket], None]:
    """A SOCKS 5 proxy without a password that leads every connection to `upstream`."""

    def serve(connection: socket.socket) -> None:
        seen.append(connection.recv(16))
        connection.sendall(b"\x05\x00")
        seen.append(connection.recv(512))
        connection.sendall(b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")
        with socket.create_connection(("127.0.0.1", upstream)) as server:
            asking = threading.Thread(target=pump, args=(connection, server), daemon=True)
            asking.start()
            pump(server, connection)

    return serve


def pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65_536):
            sink.sendall(data)
    except OSError:
        return


class TestProxies:
    def test_a_socks_proxy_leads_to_the_server(self, environment: Callable[..., None]) -> None:
        seen: list[bytes] = []
        with (
            CannedServer(stream(content("a"), b"[DONE]")) as server,
            RawServer(socks_proxy(server.port, seen)) as proxy,
        ):
            environment(ALL_PROXY=f"socks5h://127.0.0.1:{proxy.port}")
            told = streamed(Gateway("x", "http://api.test"), PLAIN)
        assert (told.error, told.text) == (None, "a")
        assert b"api.test" in seen[1]
        assert server.asked[0].headers["host"] == "api.test"

    def test_an_http_proxy_leads_to_the_server(self, environment: Callable[..., None]) -> None:
        with CannedServer(stream(content("a"), b"[DONE]")) as proxy:
            environment(HTTP_PROXY=proxy.url)
            told = streamed(Gateway("x", "http://api.test/v1"), PLAIN)
        assert told.text == "a"
        assert proxy.asked[0].path == "http://api.test/v1/chat/completions"

    @pytest.mark.parametrize("scheme", ["http", "socks5"])
    @pytest.mark.parametrize("server", ["http://api.test", "https://api.test"])
    def test_a_proxy_that_is_not_there(self, environment: Callable[..., None], scheme: str, server: str) -> None:
        address = f"{scheme}://127.0.0.1:{closed_port()}"
        environment(ALL_PROXY=address.replace("//", "//me:s3cret@"))
        error = streamed(Gateway("x", server), PLAIN).error
        assert type(error) is errors.ProxyUnreachable
        assert error.message.startswith(f"{address}: ")

    def test_a_proxy_that_refuses_to_connect(self, environment: Callable[..., None]) -> None:
        with CannedServer(answer(403, b"")) as proxy:
            environment(HTTPS_PROXY=proxy.url)
            told = streamed(Gateway("x", "https://api.test"), PLAIN)
        assert type(told.error) is errors.ProxyRefused
        assert (told.error.speaker, told.attempts) == (errors.Speaker.PROXY, [])
        assert "403" in told.error.message
        assert [(request.method, request.path) for request in proxy.asked] == [("CONNECT", "api.test:443")]

    def test_a_socks_proxy_that_cannot_reach_the_server(self, environment: Callable[..., None]) -> None:
        def refuse(connection: socket.socket) -> None:
            connection.recv(16)
            connection.sendall(b"\x05\x00")
            connection.recv(512)
            connection.sendall(b"\x05\x05\x00\x01\x00\x00\x00\x00\x00\x00")

        with RawServer(refuse) as proxy:
            environment(ALL_PROXY=f"socks5://127.0.0.1:{proxy.port}")
            error = streamed(Gateway("x", "https://api.test"), PLAIN).error
        assert type(error) is errors.ProxyRefused

    def test_a_proxy_that_wants_a_password(self, environment: Callable[..., None]) -> None:
        with CannedServer(answer(407, b"")) as proxy:
            environment(ALL_PROXY=proxy.url)
            over_tls = streamed(Gateway("x", "https://api.test"), PLAIN).error
            plain = streamed(Gateway("x", "http://api.test"), PLAIN).error
        assert type(over_tls) is type(plain) is errors.ProxyRefused

    def test_a_tunnel_whose_other_end_speaks_no_tls_is_not_the_proxys_fault(
        self, environment: Callable[..., None]
    ) -> None:
        def tunnel(connection: socket.socket) -> None:
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            connection.recv(512)
            connection.sendall(b"no TLS here\r\n")

        with CannedServer(tunnel) as proxy:
            environment(HTTPS_PROXY=proxy.url)
            error = streamed(Gateway("x", "https://api.test"), PLAIN).error
        assert type(error) is errors.ConnectionFailed


def twice(gateway: Gateway, loop: Callable[..., object], between: threading.Event | None = None) -> list[str]:
    """Two chats one after the other over one pool, the second once `between` is set."""

    async def go() -> list[str]:
        http = connection_pool(connect_timeout=5, read_timeout=5)
        client = GatewayClient(http, gateway)
        ends = []
        for _ in range(2):
            events: list[Event] = []
            try:
                async with client.stream(PLAIN) as answering:
                    await answering.read_into(events)
                ends.append("ok")
            except errors.GatewayError as error:
                ends.append(type(error).__name__)
            if between:
                await asyncio.to_thread(between.wait, 5)
        await http.aclose()
        return ends

    found = loop(go())
    assert isinstance(found, list)
    return found


def kept(status: int, body: bytes) -> bytes:
    return b"HTTP/1.1 %d Said\r\ncontent-length: %d\r\n\r\n%b" % (status, len(body), body)


ONE_ANSWER = b'data: {"choices": [{"delta": {"content": "a"}}]}\n\ndata: [DONE]\n\n'


class TestKeptConnections:
    @pytest.mark.parametrize("loop", [asyncio.run, uvloop.run])
    def test_none_is_used_again_after_an_error(self, loop: Callable[..., object]) -> None:
        def first(connection: socket.socket) -> None:
            connection.sendall(kept(500, b"{}"))
            # A second request on this connection would be read here and never answered.
            read_request(connection)

        with CannedServer(first, stream(content("a"), b"[DONE]")) as server:
            assert twice(Gateway("x", server.url), loop) == ["ServerFailed", "ok"]
        assert len(server.asked) == 2

    @pytest.mark.parametrize("goodbye", [b"", b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\n\r\n"])
    def test_none_is_used_that_the_server_has_closed_meanwhile(self, goodbye: bytes) -> None:
        closed = threading.Event()

        def once(connection: socket.socket) -> None:
            connection.sendall(kept(200, ONE_ANSWER))
            connection.sendall(goodbye)
            connection.close()
            closed.set()

        with CannedServer(once, stream(content("a"), b"[DONE]")) as server:
            assert twice(Gateway("x", server.url), asyncio.run, between=closed) == ["ok", "ok"]
        assert len(server.asked) == 2

    @pytest.mark.parametrize(
        ("promised", "connections"), [("timeout=1", 2), ("max=100, timeout=1", 2), ("timeout=5", 1)]
    )
    def test_none_is_kept_longer_than_the_server_says(self, promised: str, connections: int) -> None:
        said = kept(200, ONE_ANSWER).replace(b"\r\n", b"\r\nkeep-alive: %b\r\n" % promised.encode(), 1)
        made: list[socket.socket] = []

        def serve(connection: socket.socket) -> None:
            made.append(connection)
            while True:
                read_request(connection)
                connection.sendall(said)

        with RawServer(serve) as server:
            assert twice(Gateway("x", server.url), asyncio.run) == ["ok", "ok"]
        assert len(made) == connections

    def test_a_server_that_closes_as_the_request_goes_out_may_have_charged(self) -> None:
        def once(connection: socket.socket) -> None:
            connection.sendall(kept(200, ONE_ANSWER))
            read_request(connection)

        with CannedServer(once) as server:
            assert twice(Gateway("x", server.url), asyncio.run) == ["ok", "RequestUnanswered"]
        # The second was read by the server and must not be sent again.
        assert len(server.asked) == 1

    @pytest.mark.parametrize("sent", [b"", b"HTTP/1.1 ", b"garbage\r\n\r\n"])
    def test_no_answer_is_told_apart_from_no_connection(self, sent: bytes) -> None:
        with CannedServer(lambda connection: connection.sendall(sent)) as server:
            told = streamed(Gateway("x", server.url), PLAIN)
        assert type(told.error) is errors.RequestUnanswered
        assert (told.error.speaker, told.attempts) == (errors.Speaker.APP, [])
        assert len(server.asked) == 1

    def test_a_question_is_asked_again(self) -> None:
        with CannedServer(lambda _: None, answer(200, {"data": [{"id": "m"}]})) as server:
            assert [model.id for model in asked(Gateway("x", server.url), lambda client: client.models())] == ["m"]
