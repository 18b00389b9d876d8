"""How visitors come in and who is believed: proxies, origins, cookies, links, an audience's votes."""

import os
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from glm_playground.addresses import normal_origin
from glm_playground.network import is_loopback
from glm_playground.service.doctor.finding import Diagnosis, Level
from glm_playground.settings import COOKIE_SECRET_FILE, ENVIRONMENT_NAMES, Settings

_TRUSTED: Final = "FORWARDED_ALLOW_IPS"


def cookies(settings: Settings) -> Iterator[Diagnosis]:
    """What signs them."""
    count = len(settings.cookie_secrets)
    if count:
        said = f"owners' cookies are signed with the first of {count} secrets" if count > 1 else "a secret is set"
        yield Diagnosis("cookies", Level.OK, said)
    else:
        file = Path(settings.data_folder) / COOKIE_SECRET_FILE
        said = f"the secret that signs them is in {file}, made at the first start"
        yield Diagnosis(
            "cookies", Level.OK, said, "keep it with the database: without it, browsers lose their histories"
        )


def proxies(settings: Settings) -> Iterator[Diagnosis]:
    """Whose word on addresses and TLS is taken, and which pages are the app's."""
    trusted = [one for part in os.environ.get(_TRUSTED, "").split(",") if (one := part.strip())]
    if "*" in trusted:
        said = f"{_TRUSTED}=* lets every visitor say which address they come from"
        todo = "name the reverse proxy's address, unless nobody else can reach the port"
        yield Diagnosis("proxy", Level.WARNING, said, todo)
    elif wrong := [one for one in trusted if not _is_address(one)]:
        said = f"{_TRUSTED} holds {' '.join(wrong)}, which is no address and no network"
        yield Diagnosis(
            "proxy", Level.PROBLEM, said, "name addresses such as 10.0.0.5, or networks such as 10.0.0.0/24"
        )
    elif trusted:
        yield Diagnosis("proxy", Level.OK, f"addresses and TLS are believed of {', '.join(trusted)}")
    else:
        said = "only a reverse proxy on this machine is believed what address a visitor has, and that TLS is used"
        yield Diagnosis("proxy", Level.OK, said, f"set {_TRUSTED} where the proxy is on another machine")
    yield _origins(settings, behind_proxy=bool(trusted))


def _origins(settings: Settings, *, behind_proxy: bool) -> Diagnosis:
    about, name = "origins", ENVIRONMENT_NAMES["origins"]
    outside = [one for one in settings.origins if not is_loopback(urlsplit(one).hostname or "")]
    plain = [one for one in outside if one.startswith("http://")]
    if plain:
        said = f"{' '.join(plain)} is reached without TLS: whoever is on the way reads what is sent, cookies too"
        return Diagnosis(about, Level.WARNING, said, "put a reverse proxy with TLS in front")
    if settings.origins:
        return Diagnosis(about, Level.OK, f"pages of {' '.join(settings.origins)} are the app's, and no others")
    todo = f"set {name} to the address that browsers see, such as https://glm.example.org"
    if behind_proxy:
        said = f"{_TRUSTED} names a proxy, but {name} names no address: whatever name leads here is taken for the app's"
        return Diagnosis(about, Level.WARNING, said, todo)
    said = "browsers on this computer reach the app, or with --host those of any name that leads to it"
    return Diagnosis(about, Level.OK, said, f"behind a reverse proxy, {todo}")


def _is_address(text: str) -> bool:
    try:
        ip_network(text, strict=False)
    except ValueError:
        # A proxy may be at a socket of the file system.
        return text.startswith(("/", "unix:"))
    return True


def sharing(settings: Settings) -> Iterator[Diagnosis]:
    """How long links last, and whether guests reach what they show."""
    about, name = "sharing", ENVIRONMENT_NAMES["sharing"]
    if settings.sharing == "off":
        yield Diagnosis(about, Level.OK, "no links are made or answered", f"{name}=1d lets links last a day at most")
        return
    said = f"whoever knows a link reads what it shows, for {settings.sharing} at most, without a login"
    yield _reached(settings, about, said, name)


def audience(settings: Settings) -> Iterator[Diagnosis]:
    """Whether audiences may vote, and whether they reach the vote."""
    about, name = "audience", ENVIRONMENT_NAMES["audience_votes"]
    if not settings.audience_votes:
        yield Diagnosis(about, Level.OK, "no audience votes", f"{name}=on lets presenters have one vote")
        return
    yield _reached(settings, about, "whoever knows the address of a vote votes, without a login", name)


def _reached(settings: Settings, about: str, said: str, name: str) -> Diagnosis:
    """What is allowed, and whether guests get there."""
    address, public = settings.public_address, ENVIRONMENT_NAMES["public_address"]
    if address is None:
        todo = f"set {public} where that is not the guests' address; {name}=off forbids it"
        return Diagnosis(about, Level.OK, f"{said}; addresses begin as in the browser of who makes them", todo)
    parts = urlsplit(address)
    if settings.origins and normal_origin(f"{parts.scheme}://{parts.netloc}") not in settings.origins:
        todo = f"add {parts.scheme}://{parts.netloc} to {ENVIRONMENT_NAMES['origins']}"
        return Diagnosis(
            about, Level.WARNING, f"{said}; {address} is none of the app's origins: its votes are refused", todo
        )
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        said += f"; {address} is reached without TLS: whoever is on the way reads it too"
        return Diagnosis(about, Level.WARNING, said, "put a reverse proxy with TLS in front")
    return Diagnosis(about, Level.OK, f"{said}; addresses begin with {address}")
