"""Looks at what the app needs of its surroundings, without starting it and without spending anything."""

import os
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from ipaddress import ip_network
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy import text

from glm_playground.confinement import way
from glm_playground.gateway import Gateway, GatewayError, Gateways
from glm_playground.gateway.configured import configured_gateways
from glm_playground.gateway.gateways import GatewaysError
from glm_playground.gateway.live import LiveModels, read_models
from glm_playground.ledger import LedgerError
from glm_playground.ledger.database import SQLITE, Database
from glm_playground.ledger.migration import is_newest
from glm_playground.network import is_loopback
from glm_playground.runs.engine import Engine
from glm_playground.sandbox.process import SandboxFailed, SandboxProcess
from glm_playground.service.storage import FILE_NAME, database_url
from glm_playground.settings import COOKIE_SECRET_FILE, ENVIRONMENT_NAMES, SECRETS_FILE, Settings, normal_origin

_ASK_S: Final = 15.0
_DATABASE_S: Final = 5.0
FILES_A_TAB: Final = 4
"""Descriptors that a tab takes at most: its websocket, an upload, a stream and its connection."""
CONNECTIONS: Final = 15
"""With the database that a replica has at most."""
_OLDEST_POSTGRESQL: Final = 14
_OWN_FILES: Final = 128
_FEW_TABS: Final = 250
_LEAST_DISK: Final = 2**30
_MOST_SKEW_S: Final = 5.0
_TRUSTED: Final = "FORWARDED_ALLOW_IPS"


class Level(StrEnum):
    """How a finding is meant."""

    OK = "ok"
    WARNING = "warning"
    """The app works, but not as it should on a server."""
    PROBLEM = "problem"
    """Something does not work."""


@dataclass(frozen=True)
class Finding:
    """What was found of one thing, and what to do; both one line of plain text without a secret."""

    about: str
    level: Level
    said: str
    todo: str = ""


def examine(settings: Settings) -> Iterator[Finding]:
    """What was found of each thing, as soon as it is known; each takes some seconds at most."""
    checks: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
        _data_folder, _secrets_file, _database, _gateway, _caps, _callbacks, _files, _cookies, _replicas, _proxies,
        _drain, _log, _retention, _code, _sharing, _audience,
    )  # fmt: skip
    for check in checks:
        yield from check(settings)


def _data_folder(settings: Settings) -> Iterator[Finding]:
    about, folder = "data folder", Path(settings.data_folder)
    nearest = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not os.access(nearest, os.W_OK | os.X_OK) or not nearest.is_dir():
        todo = f"allow the app's user to write it, or set {ENVIRONMENT_NAMES['data_folder']} to another folder"
        yield Finding(about, Level.PROBLEM, f"{nearest} cannot be written", todo)
        return
    if nearest != folder:
        yield Finding(about, Level.OK, f"{folder} is made at the first start")
        return
    open_to_others = [
        path
        for path in (folder, *folder.glob(f"{FILE_NAME}*"), *folder.glob(COOKIE_SECRET_FILE))
        if _is_open_to_others(path)
    ]
    if open_to_others:
        names = " ".join(map(str, open_to_others))
        todo = f"chmod go-rwx {names}"
        yield Finding(about, Level.PROBLEM, f"other users of this machine can read or enter {names}", todo)
    else:
        yield Finding(about, Level.OK, f"{folder} can be written and is closed to other users")
    if (free := shutil.disk_usage(folder).free) < _LEAST_DISK:
        yield Finding(about, Level.WARNING, f"{free // 2**20} MB are left on its disk", "make space")


def _is_open_to_others(path: Path) -> bool:
    return sys.platform != "win32" and bool(stat.S_IMODE(path.stat().st_mode) & 0o077)


def _secrets_file(_settings: Settings) -> Iterator[Finding]:
    if SECRETS_FILE.exists() and _is_open_to_others(SECRETS_FILE):
        said = f"other users of this machine can read {SECRETS_FILE}"
        yield Finding("secrets", Level.PROBLEM, said, f"chmod 600 {SECRETS_FILE}")


def _database(settings: Settings) -> Iterator[Finding]:
    about, url = "database", database_url()
    path = Path(url.removeprefix("sqlite:///"))
    if url.startswith("sqlite:") and not path.exists():
        yield Finding(about, Level.OK, f"{path} is made at the first start")
        return
    try:
        database = Database(url, _DATABASE_S)
        try:
            with database.reading() as connection:
                newest = is_newest(connection, database.where)
                if database.kind != SQLITE:
                    read_only = connection.execute(text("SHOW transaction_read_only")).scalar_one() == "on"
                    clock: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
                    yield from _server(read_only=read_only, skew=abs((datetime.now(UTC) - clock).total_seconds()))
                    version = int(connection.execute(text("SHOW server_version_num")).scalar_one()) // 10_000
                    most = int(connection.execute(text("SHOW max_connections")).scalar_one())
                    yield from _capacity(version, most)
        finally:
            database.close()
    except LedgerError as error:
        todo = f"check {ENVIRONMENT_NAMES['database_url']}, the server, and the way to it"
        yield Finding(about, Level.PROBLEM, f"{type(error).__name__}: {error}", todo)
        return
    if newest:
        yield Finding(about, Level.OK, f"{database.where} answers, and its tables are up to date")
    else:
        said = f"{database.where} answers; its tables are made or updated at the next start"
        yield Finding(about, Level.OK, said, "back it up first, where it holds anything")


def _server(*, read_only: bool, skew: float) -> Iterator[Finding]:
    if read_only:
        todo = "name the primary server, and a role that may write"
        yield Finding("database", Level.PROBLEM, "it takes no writes", todo)
    if skew > _MOST_SKEW_S:
        said = f"its clock and this machine's differ by {skew:.0f} s"
        yield Finding(
            "clock", Level.WARNING, said, "have both synchronised by NTP; callbacks are refused when it is off"
        )
    else:
        yield Finding("clock", Level.OK, "it agrees with the database's")


def _capacity(version: int, connections: int) -> Iterator[Finding]:
    if version < _OLDEST_POSTGRESQL:
        said = f"PostgreSQL {version} is older than what is tested"
        yield Finding("database", Level.WARNING, said, f"update it to {_OLDEST_POSTGRESQL} or newer")
    replicas = connections // CONNECTIONS
    said = f"it takes {connections} connections, enough for {replicas} replicas at most"
    if replicas < 2:
        yield Finding("connections", Level.WARNING, said, f"raise max_connections: {CONNECTIONS} a replica, and some")
    else:
        yield Finding("connections", Level.OK, said)


def _gateway(settings: Settings) -> Iterator[Finding]:
    try:
        gateways = configured_gateways(settings)
    except GatewaysError as error:
        todo = f"correct the file that {ENVIRONMENT_NAMES['gateways']} names; docs/gateways.md has an example"
        yield Finding("gateways", Level.PROBLEM, str(error).rstrip("."), todo)
        return
    if gateways is None:
        yield from _sandbox(settings)
        return
    if settings.gateways:
        yield from _gateways_file(settings, gateways)
    engine = Engine(connect_timeout=min(settings.connect_timeout, _ASK_S), read_timeout=_ASK_S)
    try:
        asked = [(gateway, engine.ask(gateway, read_models)) for gateway in gateways.all]
        for gateway, answer in asked:
            yield _answered(gateway, answer, in_file=settings.gateways is not None)
    finally:
        engine.close()


def _gateways_file(settings: Settings, gateways: Gateways) -> Iterator[Finding]:
    about = "gateways"
    said = f"{settings.gateways} names {len(gateways.all)}: {', '.join(gateways.names)}"
    yield Finding(about, Level.OK, said)
    if settings.base_url:
        todo = f"unset it, or put it into the file; {ENVIRONMENT_NAMES['gateways']} goes first"
        yield Finding(about, Level.WARNING, f"{ENVIRONMENT_NAMES['base_url']} is set and not used", todo)
    literal = [f"{gateway.name}: {header.name}" for gateway in gateways.all for header in gateway.headers
               if not header.secret]  # fmt: skip
    if literal and settings.gateways and _is_open_to_others(settings.gateways):
        said = f"other users of this machine can read the file, and the values of headers in it ({', '.join(literal)})"
        yield Finding(about, Level.WARNING, said, "take secrets from the environment, or chmod 600 it")


def _answered(gateway: Gateway, answer: "Future[LiveModels]", *, in_file: bool) -> Finding:
    where = f"{gateway.name} ({gateway.origin})" if in_file else gateway.origin
    try:
        listed = answer.result(_ASK_S)
    except (GatewayError, TimeoutError) as error:
        return _unanswered(where, error, in_file=in_file)
    missing = [model.id for model in gateway.models if model.id not in listed.ids]
    if missing:
        said = f"{where} answers, but does not list {', '.join(missing[:5])}"
        return Finding("gateway", Level.WARNING, said, "correct the ids in the file, unless its list is not all")
    said = f"{where} answers and lists {len(listed.ids)} models for this key; nothing was generated"
    return Finding("gateway", Level.OK, said)


def _unanswered(where: str, error: GatewayError | TimeoutError, *, in_file: bool) -> Finding:
    kind = type(error).__name__
    status = error.status if isinstance(error, GatewayError) else None
    if status == 404:
        said = f"{where} answers, but lists no models, so the key was not checked"
        return Finding("gateway", Level.WARNING, said, "send one prompt by hand")
    key = "the variable that its key_env names" if in_file else ENVIRONMENT_NAMES["api_key"]
    address = "its address" if in_file else ENVIRONMENT_NAMES["base_url"]
    todo = {
        "AuthenticationFailed": f"set {key} to a valid key",
        "PermissionDenied": "allow this key to use the gateway",
    }.get(kind, f"check {address}, the network, and HTTPS_PROXY and NO_PROXY")
    return Finding("gateway", Level.PROBLEM, f"{where}: {kind}{f', status {status}' if status else ''}", todo)


def _sandbox(settings: Settings) -> Iterator[Finding]:
    about = "sandbox"
    try:
        with SandboxProcess.start(settings.sandbox_engine) as process:
            if process.why:
                yield Finding(
                    about, Level.WARNING, f"scripted text answers: {process.why}", "glm-playground standin install"
                )
            else:
                yield Finding(about, Level.OK, f"it starts and answers as {process.model or 'scripted text'}")
    except SandboxFailed as error:
        said = " ".join(str(error).split())[:300]
        yield Finding(about, Level.PROBLEM, said, f"set {ENVIRONMENT_NAMES['api_key']}, or mend what it says")


def _files(_settings: Settings) -> Iterator[Finding]:
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - not on Windows

    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY:
        yield Finding("files", Level.OK, "no limit of open files")
        return
    tabs = max(0, hard - _OWN_FILES) // FILES_A_TAB
    said = f"{hard} open files at most, enough for about {tabs} tabs"
    if tabs < _FEW_TABS:
        yield Finding(
            "files", Level.WARNING, said, "raise it: LimitNOFILE=65536 in the systemd unit, or ulimit -n 65536"
        )
    else:
        yield Finding("files", Level.OK, said)


def _replicas(settings: Settings) -> Iterator[Finding]:
    if not database_url().startswith("postgres"):
        return
    if settings.cookie_secret is None:
        said = "each replica signs cookies with a secret of its own, so that a visitor of two has two histories"
        todo = "set GLM_PLAYGROUND_COOKIE_SECRET to the same 32 characters or more on all of them"
        yield Finding("replicas", Level.WARNING, said, todo)
    else:
        yield Finding("replicas", Level.OK, "cookies are signed with the operator's secret")


def _cookies(settings: Settings) -> Iterator[Finding]:
    count = len(settings.cookie_secrets)
    if count:
        said = f"owners' cookies are signed with the first of {count} secrets" if count > 1 else "a secret is set"
        yield Finding("cookies", Level.OK, said)
    else:
        file = Path(settings.data_folder) / COOKIE_SECRET_FILE
        said = f"the secret that signs them is in {file}, made at the first start"
        yield Finding("cookies", Level.OK, said, "keep it with the database: without it, browsers lose their histories")


def _proxies(settings: Settings) -> Iterator[Finding]:
    trusted = [one for part in os.environ.get(_TRUSTED, "").split(",") if (one := part.strip())]
    if "*" in trusted:
        said = f"{_TRUSTED}=* lets every visitor say which address they come from"
        todo = "name the reverse proxy's address, unless nobody else can reach the port"
        yield Finding("proxy", Level.WARNING, said, todo)
    elif wrong := [one for one in trusted if not _is_address(one)]:
        said = f"{_TRUSTED} holds {' '.join(wrong)}, which is no address and no network"
        yield Finding("proxy", Level.PROBLEM, said, "name addresses such as 10.0.0.5, or networks such as 10.0.0.0/24")
    elif trusted:
        yield Finding("proxy", Level.OK, f"addresses and TLS are believed of {', '.join(trusted)}")
    else:
        said = "only a reverse proxy on this machine is believed what address a visitor has, and that TLS is used"
        yield Finding("proxy", Level.OK, said, f"set {_TRUSTED} where the proxy is on another machine")
    yield _origins(settings, behind_proxy=bool(trusted))


def _origins(settings: Settings, *, behind_proxy: bool) -> Finding:
    about, name = "origins", ENVIRONMENT_NAMES["origins"]
    outside = [one for one in settings.origins if not is_loopback(urlsplit(one).hostname or "")]
    plain = [one for one in outside if one.startswith("http://")]
    if plain:
        said = f"{' '.join(plain)} is reached without TLS: whoever is on the way reads what is sent, cookies too"
        return Finding(about, Level.WARNING, said, "put a reverse proxy with TLS in front")
    if settings.origins:
        return Finding(about, Level.OK, f"pages of {' '.join(settings.origins)} are the app's, and no others")
    todo = f"set {name} to the address that browsers see, such as https://glm.example.org"
    if behind_proxy:
        said = f"{_TRUSTED} names a proxy, but {name} names no address: whatever name leads here is taken for the app's"
        return Finding(about, Level.WARNING, said, todo)
    said = "browsers on this computer reach the app, or with --host those of any name that leads to it"
    return Finding(about, Level.OK, said, f"behind a reverse proxy, {todo}")


def _is_address(text: str) -> bool:
    try:
        ip_network(text, strict=False)
    except ValueError:
        # A proxy may be at a socket of the file system.
        return text.startswith(("/", "unix:"))
    return True


def _caps(settings: Settings) -> Iterator[Finding]:
    if settings.uses_sandbox:
        return
    if not settings.sending:
        said = f"nothing is sent at the operator's cost: {ENVIRONMENT_NAMES['sending']} is off"
        yield Finding("caps", Level.WARNING, said, "unset it to send again")
        return
    total = settings.total_caps
    if total.dollars is None and total.tokens is None:
        said = "nothing bounds what everybody together may spend a day"
        todo = f"set dollars or tokens in {ENVIRONMENT_NAMES['total_caps']}"
        yield Finding("caps", Level.WARNING, said, todo)
    else:
        most = [f"${total.dollars}" if total.dollars is not None else "", f"{total.tokens or 0:,} tokens"]
        yield Finding("caps", Level.OK, f"everybody together may use {' and '.join(filter(None, most))} a day")


def _callbacks(settings: Settings) -> Iterator[Finding]:
    if settings.callback_secret is None:
        said, todo = "none are taken", f"set {ENVIRONMENT_NAMES['callback_secret']} to take RunAPI's"
        yield Finding("callbacks", Level.OK, said, todo)
    else:
        yield Finding("callbacks", Level.OK, "they are taken at /callbacks/runapi where their signature is right")


def _drain(settings: Settings) -> Iterator[Finding]:
    seconds = settings.drain_seconds
    said = f"after SIGTERM running answers have {seconds:g} s to end"
    yield Finding("drain", Level.OK, said, f"give the service manager more (TimeoutStopSec={seconds + 30:.0f})")


def _log(settings: Settings) -> Iterator[Finding]:
    yield Finding("log", Level.OK, f"{settings.log_format}, from {settings.log_level} on, to stderr")


def _retention(settings: Settings) -> Iterator[Finding]:
    days = settings.keep_days
    said = f"runs are removed after {days} days" if days else "runs are kept until somebody deletes them"
    yield Finding("retention", Level.OK, said, "" if days else f"{ENVIRONMENT_NAMES['keep_days']} sets for how long")


def _code(settings: Settings) -> Iterator[Finding]:
    found = way()
    todo = "" if found.confiner else "install bubblewrap, or pip install 'glm-playground[code]'"
    said = f"in unit tests of suites {found.said}"
    if found.confiner:
        pages = {"on": "for who uses the pages, too", "off": "for nobody who uses the pages"}
        said += f"; {pages.get(settings.run_code, 'on the pages only where no other computer reaches them')}"
    yield Finding("code", Level.OK, said, todo)


def _sharing(settings: Settings) -> Iterator[Finding]:
    about, name = "sharing", ENVIRONMENT_NAMES["sharing"]
    if settings.sharing == "off":
        yield Finding(about, Level.OK, "no links are made or answered", f"{name}=1d lets links last a day at most")
        return
    said = f"whoever knows a link reads what it shows, for {settings.sharing} at most, without a login"
    yield _reached(settings, about, said, name)


def _audience(settings: Settings) -> Iterator[Finding]:
    about, name = "audience", ENVIRONMENT_NAMES["audience_votes"]
    if not settings.audience_votes:
        yield Finding(about, Level.OK, "no audience votes", f"{name}=on lets presenters have one vote")
        return
    yield _reached(settings, about, "whoever knows the address of a vote votes, without a login", name)


def _reached(settings: Settings, about: str, said: str, name: str) -> Finding:
    """What is allowed, and whether guests get there."""
    address, public = settings.public_address, ENVIRONMENT_NAMES["public_address"]
    if address is None:
        todo = f"set {public} where that is not the guests' address; {name}=off forbids it"
        return Finding(about, Level.OK, f"{said}; addresses begin as in the browser of who makes them", todo)
    parts = urlsplit(address)
    if settings.origins and normal_origin(f"{parts.scheme}://{parts.netloc}") not in settings.origins:
        todo = f"add {parts.scheme}://{parts.netloc} to {ENVIRONMENT_NAMES['origins']}"
        return Finding(
            about, Level.WARNING, f"{said}; {address} is none of the app's origins: its votes are refused", todo
        )
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        said += f"; {address} is reached without TLS: whoever is on the way reads it too"
        return Finding(about, Level.WARNING, said, "put a reverse proxy with TLS in front")
    return Finding(about, Level.OK, f"{said}; addresses begin with {address}")
