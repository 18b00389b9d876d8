"""The network as the environment describes it: proxies, hosts that need none, and the certificates to trust.

HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY are read as curl reads them, in either case of letters. NO_PROXY holds
hosts (their subdomains included), addresses, networks such as 10.0.0.0/8 or fd00::/8, a host with its port, or `*`.
Loopback is never reached through a proxy.
"""

import os
import ssl
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from pathlib import Path
from urllib.parse import SplitResult, urlsplit
from urllib.request import getproxies

PROXY_SCHEMES = ("http", "https", "socks5", "socks5h")
CERTIFICATE_VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
_DEFAULT_PORTS = {"http": 80, "https": 443}


class NetworkError(ValueError):
    """A variable of the environment has a value that cannot be used; the text names it, without a password."""


@dataclass(frozen=True)
class _Exempt:
    """One entry of NO_PROXY."""

    host: str = ""
    """With its subdomains; `*` is every host."""
    port: int | None = None
    network: IPv4Network | IPv6Network | None = None

    def covers(self, host: str, port: int | None, address: IPv4Address | IPv6Address | None) -> bool:
        """Whether the host is reached without a proxy."""
        if self.network is not None:
            return address is not None and address in self.network
        if self.port is not None and self.port != port:
            return False
        return self.host in {"*", host} or host.endswith(f".{self.host}")


@dataclass(frozen=True)
class Network:
    """Which proxy leads to which host."""

    proxies: tuple[tuple[str, str], ...] = ()
    """Scheme of the address that is asked (http, https, all), and the proxy's address, which may hold a password."""
    exempt: tuple[_Exempt, ...] = ()

    def proxy_for(self, scheme: str, host: str, port: int | None = None) -> str | None:
        """The address of the proxy that leads to `host`; None where it is reached directly."""
        host = host.strip("[]").rstrip(".").lower()
        address = _address(host)
        if host == "localhost" or host.endswith(".localhost") or (address is not None and _is_loopback(address)):
            return None
        port = port or _DEFAULT_PORTS.get(scheme)
        if any(entry.covers(host, port, address) for entry in self.exempt):
            return None
        found = dict(self.proxies)
        return found.get(scheme) or found.get("all")


def read_network() -> Network:
    """The network as the environment describes it now.

    Raises:
        NetworkError: for the first variable that cannot be used.
    """
    found = getproxies()
    proxies = tuple(
        (scheme, _proxy(found[scheme], _variable(f"{scheme}_proxy")))
        for scheme in ("http", "https", "all")
        if found.get(scheme)
    )
    entries = (entry.strip() for entry in found.get("no", "").split(","))
    exempt = tuple(_exempt(entry, _variable("no_proxy")) for entry in entries if entry)
    _check_certificates()
    return Network(proxies, exempt)


def shown_proxy(address: str) -> str:
    """A proxy's address without the user and the password in it."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def is_loopback(host: str) -> bool:
    """Whether a host's name or address is this computer's own."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    address = _address(host)
    # A browser that was sent to 0.0.0.0 reached this computer, too.
    return address is not None and (address.is_loopback or address.is_unspecified)


def _variable(name: str) -> str:
    """The name of the variable as it is set; lower case counts first, as with curl."""
    return name if os.environ.get(name) or not os.environ.get(name.upper()) else name.upper()


def _proxy(value: str, variable: str) -> str:
    address = value.strip() if "://" in value else f"http://{value.strip()}"
    try:
        parts: SplitResult = urlsplit(address)
        _ = parts.port
    except ValueError:
        raise NetworkError(f"{variable} cannot be used: its host or port is not one") from None
    # Desktops set socks:// for a SOCKS 5 proxy.
    scheme = "socks5" if parts.scheme == "socks" else parts.scheme
    if scheme not in PROXY_SCHEMES:
        raise NetworkError(
            f"{variable} cannot be used: {scheme}:// is no proxy that is understood; expected "
            f"{', '.join(f'{known}://' for known in PROXY_SCHEMES)}"
        )
    if not parts.hostname:
        raise NetworkError(f"{variable} cannot be used: expected an address such as http://proxy.example:3128")
    return parts._replace(scheme=scheme, path="", query="", fragment="").geturl()


def _exempt(entry: str, variable: str) -> _Exempt:
    text = entry.rpartition("://")[2].rstrip("/") if "://" in entry else entry
    if "/" in text:
        try:
            return _Exempt(network=ip_network(text.replace("[", "").replace("]", ""), strict=False))
        except ValueError:
            raise NetworkError(f"{variable} cannot be used: {entry[:80]} is no network") from None
    if (address := _address(text.strip("[]"))) is not None:
        return _Exempt(network=ip_network(address))
    host, colon, port = text.rpartition(":")
    if not colon:
        host, port = text, ""
    if port and not (port.isascii() and port.isdigit()):
        raise NetworkError(f"{variable} cannot be used: {entry[:80]} is no host")
    name = host.strip("[]").lower()
    if port and (address := _address(name)) is not None:
        name = str(address)
    return _Exempt(name if name == "*" else name.removeprefix("*").lstrip("."), int(port) if port else None)


def _check_certificates() -> None:
    """Sees to it that what httpx will load can be loaded."""
    file, folder = (os.environ.get(name) for name in CERTIFICATE_VARIABLES)
    if file:
        try:
            _load_certificates(file, Path(file).stat().st_mtime_ns)
        except FileNotFoundError:
            raise NetworkError("SSL_CERT_FILE cannot be used: there is no such file") from None
        except ssl.SSLError:
            raise NetworkError("SSL_CERT_FILE cannot be used: the file holds no certificates") from None
        except OSError as error:
            raise NetworkError(f"SSL_CERT_FILE cannot be used: {error.strerror or 'it cannot be read'}") from None
    elif folder and not any(Path(part).is_dir() for part in folder.split(os.pathsep)):
        raise NetworkError("SSL_CERT_DIR cannot be used: there is no such folder")
    if keys := os.environ.get("SSLKEYLOGFILE"):
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).keylog_filename = keys
        except OSError as error:
            raise NetworkError(f"SSLKEYLOGFILE cannot be used: {error.strerror or 'it cannot be written'}") from None


@lru_cache(maxsize=8)
def _load_certificates(file: str, _changed_ns: int) -> None:
    """Loads a file once for each change of it: all the world's certificates take 30 ms."""
    ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=file)


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _is_loopback(address: IPv4Address | IPv6Address) -> bool:
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback
