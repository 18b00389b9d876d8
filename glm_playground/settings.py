"""Every knob of the app, with its environment name and its default.

A value comes from the environment, else from `.streamlit/secrets.toml` in the folder the app is started in,
else from the default here. The names stand in `ENVIRONMENT_NAMES`.
"""

import base64
import binascii
import re
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import unquote, urlsplit

from platformdirs import user_data_path
from pydantic import (
    AfterValidator,
    AliasChoices,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from glm_playground.addresses import http_url, normal_origin
from glm_playground.cap_setting import ADDRESS_CAPS, OWNER_CAPS, TOTAL_CAPS, CapSetting, caps_over, no_truth
from glm_playground.network import NetworkError, read_network

RUNAPI_BASE_URL = "https://runapi.ai"
SECRETS_FILE = Path(".streamlit/secrets.toml")
MIN_SECRET_LENGTH = 32
COOKIE_SECRET_FILE = "cookie_secret"  # noqa: S105 - a name
"""In the data folder: what signs owners' cookies where the operator sets nothing for it."""


class SettingsError(Exception):
    """A setting has a value the app cannot start with; the text is one line that names the variable."""


def _folder(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError:
        raise ValueError("nobody knows the home folder that it begins with") from None


def _words(value: object) -> object:
    """The words of a text, between commas; what is no text is left to its type."""
    return tuple(word for part in value.split(",") if (word := part.strip())) if isinstance(value, str) else value


Seconds = Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)]
Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)]
"""Several words with commas between them."""
EVERYBODY = "everybody"


class Settings(BaseSettings):
    """The operator's settings; read once at start and never changed."""

    model_config = SettingsConfigDict(
        alias_generator=lambda field: f"GLM_PLAYGROUND_{field.upper()}",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        toml_file=SECRETS_FILE,
    )

    api_key: SecretStr | None = Field(None, validation_alias=AliasChoices("RUNAPI_API_KEY", "RUNAPI_KEY"))
    """The gateway's key. Without a key and without an address the app starts the sandbox."""

    base_url: Annotated[str, AfterValidator(http_url)] | None = Field(None, validation_alias="RUNAPI_BASE_URL")
    """The gateway's address, with or without its version path; RunAPI's own when only a key is set."""

    gateways: Annotated[Path, AfterValidator(_folder)] | None = None
    """A TOML file that names the gateways that may be asked (docs/gateways.md), in the place of the key and the address
    above."""

    connect_timeout: Seconds = 10.0
    """Seconds to wait for a connection."""

    read_timeout: Seconds = 900.0
    """Seconds of silence allowed between two chunks; a thinking model can be silent for long."""

    sandbox_engine: Literal["auto", "standin", "scripted"] = "auto"
    """What answers in the sandbox: the stand-in model, a script, or the first that can be loaded."""

    redraw_interval: Annotated[float, Field(ge=0.02, le=5)] = 0.1
    """Least number of seconds between two redraws of a running answer."""

    shown_turns: Annotated[int, Field(ge=1, le=1000)] = 12
    """How many turns of a conversation are drawn; the earlier ones are behind a button."""

    callback_secret: SecretStr | None = None
    """What the gateway signs its callbacks with, in base64; without it callbacks are not taken."""

    database_url: SecretStr | None = None
    """Where the runs are kept, sqlite:///... or postgresql://...; by default a file in `data_folder`."""

    data_folder: Annotated[Path, AfterValidator(_folder)] = Field(
        default_factory=lambda: user_data_path("glm-playground")
    )
    """Where the app keeps its files."""

    keep_days: Annotated[int, Field(ge=1, le=36_500)] | None = None
    """Days that runs and workbenches are kept; without it, until somebody deletes them."""

    drain_seconds: Annotated[float, Field(ge=0, le=3600, allow_inf_nan=False)] = 10.0
    """Seconds that running answers may go on after SIGTERM; new ones are refused meanwhile."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """The least severe lines of the log that are written."""

    log_format: Literal["text", "json"] = "text"
    """Lines of text, or one JSON object a line."""

    present_cap: Annotated[Decimal, Field(ge=0, le=10_000, allow_inf_nan=False)] = Decimal(1)
    """US dollars that an owner may spend on the page Present a day."""

    present_tokens: Annotated[int, Field(ge=0, le=10**12)] = 1_000_000
    """Tokens that an owner may use on the page Present a day where nobody published the price."""

    sending: bool = True
    """Whether requests are sent at the operator's cost."""

    owner_caps: Annotated[CapSetting, caps_over(OWNER_CAPS), NoDecode] = OWNER_CAPS
    """What one owner may use of the operator's gateway; see docs/caps.md."""

    address_caps: Annotated[CapSetting, caps_over(ADDRESS_CAPS), NoDecode] = ADDRESS_CAPS
    """What all owners at one client address may use."""

    total_caps: Annotated[CapSetting, caps_over(TOTAL_CAPS), NoDecode] = TOTAL_CAPS
    """What everybody may use together."""

    origins: Words = ()
    """Where browsers reach the app, such as `https://glm.example.org`. Without it that is any address where the server
    listens on all, and this computer where it listens on loopback only."""

    cookie_secret: SecretStr | None = None
    """What owners' cookies are signed with: 32 characters or more. Several are separated by commas: the first signs,
    all are taken. Without it a file in `data_folder` has it."""

    revoked_owners: Words = ()
    """Owners, as the ledger names them, whose cookies are taken no more."""

    operators: Words | None = None
    """Who may see what is the operator's, such as the balance: logged-in people by their email address or subject, or
    `everybody`. Without it whoever uses a server that listens on loopback only."""

    sharing: Literal["off", "1h", "1d", "7d"] = "off"
    """The longest that a link to a report or a conversation lasts; `off` where none is made and none is answered."""

    audience_votes: bool = False
    """Whether presenters may have an audience vote, on a page that anybody may open."""

    public_address: Annotated[str, AfterValidator(http_url)] | None = None
    """Where others reach the app, with its path, such as `https://glm.example.org/glm`: what links and the code of an
    audience's vote begin with. Without it the address in the browser of who makes them."""

    run_code: Literal["auto", "on", "off"] = "auto"
    """Whether unit tests of code that a model wrote are run for who uses the pages: `auto` where only this computer
    reaches them. The command line runs them always."""

    extra_fields: Words | None = None
    """Names of the further request fields that may be sent; without it any that does not redirect, authenticate or
    identify."""

    @property
    def allowed_fields(self) -> frozenset[str] | None:
        """The names in `extra_fields`; None where it is not set."""
        return None if self.extra_fields is None else frozenset(self.extra_fields)

    @field_validator("*", mode="before")
    @classmethod
    def _no_truth_as_a_number(cls, value: object, info: ValidationInfo) -> object:
        return value if cls.model_fields[str(info.field_name)].annotation is bool else no_truth(value)

    @field_validator("api_key", mode="after")
    @classmethod
    def _printable_key(cls, key: SecretStr | None) -> SecretStr | None:
        text = key.get_secret_value().strip() if key else ""
        if any(not 33 <= ord(char) <= 126 for char in text):
            raise ValueError("a key holds printable ASCII without spaces only")
        return SecretStr(text) if text else None

    @field_validator("callback_secret", mode="after")
    @classmethod
    def _base64_secret(cls, secret: SecretStr | None) -> SecretStr | None:
        text = secret.get_secret_value().strip() if secret else ""
        if not text:
            return None
        try:
            key = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if not key:
            raise ValueError("expected the secret in base64, as the gateway shows it")
        return SecretStr(text)

    @field_validator("database_url", mode="after")
    @classmethod
    def _known_database(cls, url: SecretStr | None) -> SecretStr | None:
        text = url.get_secret_value().strip() if url else ""
        if not text:
            return None
        if not text.startswith(("sqlite:///", "postgresql://")) or text.endswith("://") or text == "sqlite:///":
            raise ValueError("expected sqlite:///path/to/a/file or postgresql://user:password@host/database")
        try:
            _ = urlsplit(text).port
        except ValueError:
            # Python's own words quote the value, which may hold the password.
            raise ValueError(
                "its host or port is not one; percent-encode the signs of a password such as / and @"
            ) from None
        return SecretStr(text)

    @field_validator("origins", mode="after")
    @classmethod
    def _normal_origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(normal_origin(origin.rstrip("/")) for origin in origins)

    @field_validator("cookie_secret", mode="after")
    @classmethod
    def _long_secrets(cls, secret: SecretStr | None) -> SecretStr | None:
        found = _secrets(secret)
        if secret and secret.get_secret_value().strip() and not found:
            raise ValueError("it names no secret")
        if any(len(one) < MIN_SECRET_LENGTH for one in found):
            raise ValueError(f"each secret needs {MIN_SECRET_LENGTH} characters or more")
        return secret if found else None

    @field_validator("revoked_owners", mode="after")
    @classmethod
    def _known_owners(cls, owners: tuple[str, ...]) -> tuple[str, ...]:
        if any(not re.fullmatch("[0-9a-f]{32}", owner) for owner in owners):
            raise ValueError("expected owners of 32 hexadecimal digits, as the ledger names them")
        return owners

    @property
    def cookie_secrets(self) -> tuple[str, ...]:
        """The secrets for owners' cookies, the one that signs first; none where the operator named none."""
        return _secrets(self.cookie_secret)

    @property
    def secrets(self) -> tuple[str, ...]:
        """All that must not be in a log: each secret, and the password in the database's address."""
        values = (getattr(self, field) for field in type(self).model_fields)
        texts = [value.get_secret_value() for value in values if isinstance(value, SecretStr)]
        words = [part for text in texts for part in text.split(",")]
        password = urlsplit(self.database_url.get_secret_value()).password if self.database_url else None
        return tuple(filter(None, (*texts, *words, password, unquote(password or ""))))

    @property
    def uses_sandbox(self) -> bool:
        """True where neither a key, an address nor a file of gateways is set."""
        return self.api_key is None and self.base_url is None and self.gateways is None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def _secrets(secret: SecretStr | None) -> tuple[str, ...]:
    text = secret.get_secret_value() if secret else ""
    return tuple(one for part in text.split(",") if (one := part.strip()))


def _environment_name(field: str) -> str:
    alias = Settings.model_fields[field].validation_alias
    return str(alias.choices[0] if isinstance(alias, AliasChoices) else alias)


ENVIRONMENT_NAMES = {field: _environment_name(field) for field in Settings.model_fields}
"""Environment name of each setting, by field."""


def read_settings() -> Settings:
    """The settings as they stand now.

    Raises:
        SettingsError: with one line for the first value that cannot be used, also of a proxy or a certificate that the
            environment names; a secret's value is never in it.
    """
    try:
        found = Settings()
        read_network()
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        field = str(first["loc"][0]) if first["loc"] else ""
        name = ENVIRONMENT_NAMES.get(field, field)
        reason = str(first["msg"]).removeprefix("Value error, ")
        raise SettingsError(f"{name} cannot be used: {reason}. Correct it and start again.") from None
    except NetworkError as error:
        raise SettingsError(f"{error}. Correct it and start again.") from None
    except (OSError, ValueError) as error:
        raise SettingsError(f"{SECRETS_FILE} cannot be read: {error}. Correct it and start again.") from None
    return found


@cache
def settings() -> Settings:
    """The settings, read at the first call."""
    return read_settings()
