"""Whether the gateways, or the sandbox in their place, answer; nothing is generated."""

from collections.abc import Iterator
from concurrent.futures import Future
from typing import Final

from glm_playground.gateway import Gateway, GatewayError, Gateways
from glm_playground.gateway.configured import configured_gateways
from glm_playground.gateway.gateways import GatewaysError
from glm_playground.gateway.live import LiveModels, read_models
from glm_playground.runs.engine import Engine
from glm_playground.sandbox.process import SandboxFailed, SandboxProcess
from glm_playground.service.doctor.finding import Diagnosis, Level
from glm_playground.service.doctor.machine import is_open_to_others
from glm_playground.settings import ENVIRONMENT_NAMES, Settings

_ASK_S: Final = 15.0


def state(settings: Settings) -> Iterator[Diagnosis]:
    """Whether each lists its models for the key, or the sandbox starts."""
    try:
        gateways = configured_gateways(settings)
    except GatewaysError as error:
        todo = f"correct the file that {ENVIRONMENT_NAMES['gateways']} names; docs/gateways.md has an example"
        yield Diagnosis("gateways", Level.PROBLEM, str(error).rstrip("."), todo)
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


def _gateways_file(settings: Settings, gateways: Gateways) -> Iterator[Diagnosis]:
    about = "gateways"
    said = f"{settings.gateways} names {len(gateways.all)}: {', '.join(gateways.names)}"
    yield Diagnosis(about, Level.OK, said)
    if settings.base_url:
        todo = f"unset it, or put it into the file; {ENVIRONMENT_NAMES['gateways']} goes first"
        yield Diagnosis(about, Level.WARNING, f"{ENVIRONMENT_NAMES['base_url']} is set and not used", todo)
    literal = [f"{gateway.name}: {header.name}" for gateway in gateways.all for header in gateway.headers
               if not header.secret]  # fmt: skip
    if literal and settings.gateways and is_open_to_others(settings.gateways):
        said = f"other users of this machine can read the file, and the values of headers in it ({', '.join(literal)})"
        yield Diagnosis(about, Level.WARNING, said, "take secrets from the environment, or chmod 600 it")


def _answered(gateway: Gateway, answer: "Future[LiveModels]", *, in_file: bool) -> Diagnosis:
    where = f"{gateway.name} ({gateway.origin})" if in_file else gateway.origin
    try:
        listed = answer.result(_ASK_S)
    except (GatewayError, TimeoutError) as error:
        return _unanswered(where, error, in_file=in_file)
    missing = [model.id for model in gateway.models if model.id not in listed.ids]
    if missing:
        said = f"{where} answers, but does not list {', '.join(missing[:5])}"
        return Diagnosis("gateway", Level.WARNING, said, "correct the ids in the file, unless its list is not all")
    said = f"{where} answers and lists {len(listed.ids)} models for this key; nothing was generated"
    return Diagnosis("gateway", Level.OK, said)


def _unanswered(where: str, error: GatewayError | TimeoutError, *, in_file: bool) -> Diagnosis:
    kind = type(error).__name__
    status = error.status if isinstance(error, GatewayError) else None
    if status == 404:
        said = f"{where} answers, but lists no models, so the key was not checked"
        return Diagnosis("gateway", Level.WARNING, said, "send one prompt by hand")
    key = "the variable that its key_env names" if in_file else ENVIRONMENT_NAMES["api_key"]
    address = "its address" if in_file else ENVIRONMENT_NAMES["base_url"]
    todo = {
        "AuthenticationFailed": f"set {key} to a valid key",
        "PermissionDenied": "allow this key to use the gateway",
    }.get(kind, f"check {address}, the network, and HTTPS_PROXY and NO_PROXY")
    return Diagnosis("gateway", Level.PROBLEM, f"{where}: {kind}{f', status {status}' if status else ''}", todo)


def _sandbox(settings: Settings) -> Iterator[Diagnosis]:
    about = "sandbox"
    try:
        with SandboxProcess.start(settings.sandbox_engine) as process:
            if process.why:
                yield Diagnosis(
                    about, Level.WARNING, f"scripted text answers: {process.why}", "glm-playground standin install"
                )
            else:
                yield Diagnosis(about, Level.OK, f"it starts and answers as {process.model or 'scripted text'}")
    except SandboxFailed as error:
        said = " ".join(str(error).split())[:300]
        yield Diagnosis(about, Level.PROBLEM, said, f"set {ENVIRONMENT_NAMES['api_key']}, or mend what it says")
