"""The gateways that may be asked, by name; and the operator's file that names them (docs/gateways.md)."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    SecretStr,
    ValidationError,
)

from glm_playground import bounds
from glm_playground.addresses import http_url
from glm_playground.gateway.endpoint import ExtraHeader, Gateway, OfferedModel
from glm_playground.gateway.wire import ThinkingSwitch

_NAME = re.compile(r"\w(?:[\w .()+-]*[\w)+])?")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_MODEL_ID = re.compile(r"[!-~]+")
_KEY_CHARACTERS = re.compile(r"[!-~]+")
_VALUE_CHARACTERS = re.compile(r"[ -~]{1,4000}")
_OURS: Final = frozenset(
    {
        *("accept", "accept-encoding", "content-encoding", "content-length", "content-type", "x-client-request-id"),
        *("connection", "expect", "host", "te", "trailer", "transfer-encoding", "upgrade"),
    }
)
"""Headers that a request has of itself."""


class GatewaysError(Exception):
    """The file of gateways cannot be used; the text is a sentence that names the file and the key in it."""


@dataclass(frozen=True)
class Gateways:
    """One gateway or several, each with a name of its own."""

    all: tuple[Gateway, ...]
    """At least one; the first is asked where none is named."""

    @property
    def first(self) -> Gateway:
        """The gateway that is asked where none is named."""
        return self.all[0]

    @property
    def several(self) -> bool:
        """True where one has to be chosen."""
        return len(self.all) > 1

    @property
    def names(self) -> tuple[str, ...]:
        """The names, in the operator's order."""
        return tuple(gateway.name for gateway in self.all)

    @property
    def runapi(self) -> Gateway:
        """The one whose facts are RunAPI's, else the first."""
        return next((gateway for gateway in self.all if gateway.seller == RUNAPI), self.first)

    def find(self, name: str) -> Gateway | None:
        """The gateway with this name, the first for an empty one, or None."""
        if not name:
            return self.first
        return next((gateway for gateway in self.all if gateway.name == name), None)

    def at(self, origin: str) -> Gateway | None:
        """The first gateway at this scheme, host and port, or None."""
        return next((gateway for gateway in self.all if gateway.origin == origin), None)


RUNAPI, ZAI = "runapi", "zai"
"""Ids of the catalog's gateways."""


def seller_of(address: str) -> str:
    """Whose published prices hold at an address: `RUNAPI`, `ZAI`, or empty for nobody's.

    Z.ai's Coding Plan, which has an address of its own, is not paid by tokens.
    """
    parts = urlsplit(address)
    host = (parts.hostname or "").lower()
    if host == "runapi.ai" or host.endswith(".runapi.ai"):
        return RUNAPI
    return ZAI if host == "api.z.ai" and "/coding/" not in f"{parts.path}/" else ""


def thinking_at(address: str) -> ThinkingSwitch:
    """How thinking is switched at an address, where the operator does not say it."""
    host = (urlsplit(address).hostname or "").lower()
    theirs = ("runapi.ai", "z.ai", "bigmodel.cn")
    if any(host == one or host.endswith(f".{one}") for one in theirs):
        return ThinkingSwitch.TYPE
    return ThinkingSwitch.TEMPLATE


def load_gateways(path: Path, environment: Mapping[str, str]) -> Gateways:
    """The gateways in the operator's file.

    Args:
        path: of the file.
        environment: where the keys are.

    Raises:
        GatewaysError: it cannot be read, or used.
    """
    try:
        with path.open("rb") as file:
            data = file.read(bounds.GATEWAYS_FILE_BYTES + 1)
            written = date.fromtimestamp(path.stat().st_mtime)
    except OSError as error:
        raise GatewaysError(f"{path} cannot be read: {error.strerror or error}.") from None
    try:
        return read_gateways(data, environment, written)
    except GatewaysError as error:
        raise GatewaysError(f"{path} cannot be used: {error}.") from None


def read_gateways(data: bytes, environment: Mapping[str, str], written: date) -> Gateways:
    """The gateways in the bytes of a file, whatever they are.

    Args:
        data: of the file, TOML.
        environment: where the keys are.
        written: the day of prices that have none of their own.

    Raises:
        GatewaysError: with the first key that is wrong and why; no key and no value of the environment is in it.
    """
    if len(data) > bounds.GATEWAYS_FILE_BYTES:
        raise GatewaysError(f"it has more than {bounds.GATEWAYS_FILE_BYTES} bytes")
    try:
        value = tomllib.loads(data.decode("utf-8-sig"), parse_float=Decimal)
    except (ValueError, ArithmeticError, RecursionError) as error:
        reason = "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else f"it is not TOML: {error}"
        raise GatewaysError(" ".join(reason.split())[:300]) from None
    try:
        rows = _File.model_validate(value).gateway
    except (ValidationError, RecursionError) as error:
        if isinstance(error, RecursionError):
            raise GatewaysError("it is nested too deeply") from None
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        raise GatewaysError(f"{_where(first['loc'], value)}: {_why(first)}") from None
    names: set[str] = set()
    found = []
    for place, row in enumerate(rows):
        where = f"gateway {place + 1} ({row.name})"
        if row.name in names:
            raise GatewaysError(f"{where}, name: another gateway has it already")
        names.add(row.name)
        found.append(_gateway(row, environment, written, where))
    return Gateways(tuple(found))


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError("expected letters and digits, and between them spaces or any of . _ - + ( )")
    return text


def _variable(text: str) -> str:
    # Not quoted: it may be the key itself.
    if not _VARIABLE.fullmatch(text):
        raise ValueError("expected the name of an environment variable, such as VLLM_API_KEY; never the key itself")
    return text


def _model_id(text: str) -> str:
    if not _MODEL_ID.fullmatch(text):
        raise ValueError("expected an id as the server lists it, without spaces")
    return text


def _dollars(value: object) -> Decimal:
    """An amount; a float of the file is a decimal number with every digit."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError("expected US dollars per 1M tokens, such as 0.60")
    amount = Decimal(value)
    if not amount.is_finite() or not 0 <= amount < 1_000_000:
        raise ValueError("expected US dollars per 1M tokens, from 0 to below 1,000,000")
    return amount


def _day(value: object) -> object:
    if isinstance(value, datetime):
        return value.date()
    return value


def _value(value: object) -> "_FromVariable | str":
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and value.keys() == {"env"} and isinstance(name := value["env"], str):
        return _FromVariable(env=_variable(name))
    raise ValueError('expected a text, or { env = "NAME" } with the name of an environment variable')


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class _FromVariable(_Row):
    env: str


_Tokens = Annotated[int, Field(ge=1, le=10**9)]
_Dollars = Annotated[Decimal | None, PlainValidator(_dollars)]
_Variable = Annotated[str, AfterValidator(_variable)]


class _Model(_Row):
    id: Annotated[str, Field(max_length=bounds.MODEL_CHARACTERS), AfterValidator(_model_id)]
    context: _Tokens | None = None
    max_output: _Tokens | None = None
    input: _Dollars = None
    cached_input: _Dollars = None
    output: _Dollars = None
    images: bool | None = None


class _Gateway(_Row):
    name: Annotated[str, Field(max_length=bounds.GATEWAY_CHARACTERS), AfterValidator(_name)]
    address: Annotated[str, Field(max_length=2000), AfterValidator(http_url)]
    key_env: _Variable | None = None
    headers: dict[str, Annotated[Any, PlainValidator(_value)]] = {}
    thinking: Annotated[ThinkingSwitch | None, Field(strict=False)] = None
    price_list: bool | None = None
    balance: bool | None = None
    tasks: bool | None = None
    settles: bool | None = None
    failed_not_charged: bool | None = None
    prices_as_of: Annotated[date | None, BeforeValidator(_day)] = None
    model: Annotated[list[_Model], Field(max_length=bounds.GATEWAY_MODELS)] = []


class _File(_Row):
    gateway: Annotated[list[_Gateway], Field(min_length=1, max_length=bounds.GATEWAYS)]


def _gateway(row: _Gateway, environment: Mapping[str, str], written: date, where: str) -> Gateway:
    seller = seller_of(row.address)
    is_runapi = seller == RUNAPI
    key = _secret(row.key_env, environment, f"{where}, key_env", _KEY_CHARACTERS) if row.key_env else None
    ids = [model.id for model in row.model]
    if twice := next((id for id in ids if ids.count(id) > 1), None):
        raise GatewaysError(f"{where}, model: {twice[:80]} stands there twice")

    def unless(said: bool | None, default: bool) -> bool:
        return default if said is None else said

    return Gateway(
        name=row.name,
        base_url=row.address,
        key=key,
        failed_not_charged=unless(row.failed_not_charged, is_runapi),
        settles=unless(row.settles, is_runapi or urlsplit(row.address).hostname == "openrouter.ai"),
        seller=seller,
        thinking=row.thinking or thinking_at(row.address),
        headers=_headers(row, environment, where),
        models=tuple(
            OfferedModel(
                *(model.id, model.context, model.max_output, model.input, model.output, model.cached_input),
                images=model.images,
            )
            for model in row.model
        ),
        prices_as_of=row.prices_as_of or written,
        has_prices=unless(row.price_list, is_runapi),
        has_balance=unless(row.balance, is_runapi),
        has_tasks=unless(row.tasks, is_runapi),
    )


def _headers(row: _Gateway, environment: Mapping[str, str], where: str) -> tuple[ExtraHeader, ...]:
    found, names = [], set()
    for name, value in row.headers.items():
        place = f"{where}, headers.{name[:100]}"
        if not _HEADER.fullmatch(name):
            raise GatewaysError(f"{where}, headers: a name holds letters, digits and hyphens, 100 at most")
        if name.lower() in _OURS:
            raise GatewaysError(f"{place}: the app sends this header itself")
        if name.lower() == "authorization" and row.key_env:
            raise GatewaysError(f"{place}: it holds the key of key_env; leave one of the two out")
        if name.lower() in names:
            raise GatewaysError(f"{place}: it stands there twice")
        names.add(name.lower())
        secret = isinstance(value, _FromVariable)
        if secret:
            text = _secret(value.env, environment, place, _VALUE_CHARACTERS)
        elif _VALUE_CHARACTERS.fullmatch(value):
            text = SecretStr(value)
        else:
            raise GatewaysError(f"{place}: a value holds printable ASCII, 4,000 characters at most")
        found.append(ExtraHeader(name, text, secret))
    return tuple(found)


def _secret(variable: str, environment: Mapping[str, str], where: str, allowed: re.Pattern[str]) -> SecretStr:
    text = environment.get(variable, "").strip()
    if not text:
        raise GatewaysError(f"{where}: the environment variable {variable} is not set")
    if not allowed.fullmatch(text):
        raise GatewaysError(f"{where}: the environment variable {variable} holds more than printable ASCII")
    return SecretStr(text)


def _where(loc: tuple[int | str, ...], value: Mapping[str, Any]) -> str:
    """The place of a problem in words: `gateway 2 (vLLM), model 1, input`."""
    parts: list[str] = []
    rows = value.get("gateway")
    for place, step in enumerate(loc):
        if isinstance(step, int):
            parts[-1] += f" {step + 1}"
            row = rows[step] if place == 1 and isinstance(rows, list) else None
            name = row.get("name") if isinstance(row, dict) else None
            if isinstance(name, str) and _NAME.fullmatch(name[: bounds.GATEWAY_CHARACTERS + 1]):
                parts[-1] += f" ({name[: bounds.GATEWAY_CHARACTERS]})"
        else:
            parts.append(step[:80])
    return ", ".join(part if part.isprintable() else ascii(part) for part in parts)


_WORDS = {
    "missing": "it is missing",
    "extra_forbidden": "there is no such key",
    "string_type": "expected a text",
    "bool_type": "expected true or false",
    "int_type": "expected a whole number",
    "list_type": "expected tables in double brackets, such as [[gateway]]",
    "dict_type": "expected a table",
    "date_type": "expected a date such as 2026-11-01",
    "model_type": "expected a table",
    "enum": "expected thinking.type, chat_template_kwargs or none",
}


def _why(error: Any) -> str:
    return _WORDS.get(error["type"]) or str(error["msg"]).removeprefix("Value error, ")
