"""The caps of one scope as an operator writes them, and those that hold where nobody wrote any."""

from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator


def no_truth(value: object) -> object:
    """Refuses true and false where a number or a text is meant."""
    # TOML's true is a 1 to pydantic: `GLM_PLAYGROUND_KEEP_DAYS = true` would remove what is older than a day.
    if isinstance(value, bool):
        raise ValueError("true and false mean nothing here")
    return value


class CapSetting(BaseModel):
    """The caps of one scope, written as `running=30 requests=120 tokens=20000000 dollars=25`; None for no cap.

    What is not named keeps its default.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    @field_validator("*", mode="before")
    @classmethod
    def _no_truth_as_a_number(cls, value: object) -> object:
        return no_truth(value)

    running: Annotated[int, Field(ge=0, le=10**12)] | None
    """Requests at once."""
    requests: Annotated[int, Field(ge=0, le=10**12)] | None
    """Requests within a minute."""
    tokens: Annotated[int, Field(ge=0, le=10**15)] | None
    """Tokens a day."""
    dollars: Annotated[Decimal, Field(ge=0, le=10**9, allow_inf_nan=False)] | None
    """US dollars a day."""


def caps_over(default: CapSetting) -> BeforeValidator:
    """Reads the caps that a text or a table names, over `default`; `none` in a text takes a cap away."""

    def read(value: object) -> object:
        if isinstance(value, dict):
            return default.model_dump() | value
        if not isinstance(value, str):
            return value
        named = {}
        for word in value.replace(",", " ").split():
            name, equals, amount = word.partition("=")
            if name not in CapSetting.model_fields or not equals:
                raise ValueError("expected caps such as running=30 requests=120 tokens=20000000 dollars=25")
            named[name] = None if amount == "none" else amount.replace("_", "")
        return default.model_dump() | named

    return BeforeValidator(read)


OWNER_CAPS = CapSetting(running=40, requests=200, tokens=50_000_000, dollars=Decimal(25))
ADDRESS_CAPS = CapSetting(running=150, requests=600, tokens=150_000_000, dollars=Decimal(50))
TOTAL_CAPS = CapSetting(running=400, requests=1500, tokens=500_000_000, dollars=Decimal(100))
