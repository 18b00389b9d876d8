"""What an evaluation says, as a running order carries it: numbers and names, from which a page makes its sentences."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

MAX_RATES = 20
MAX_PAIRS = 20
_Name = Annotated[str, StringConstraints(max_length=400)]
_Count = Annotated[int, Field(ge=0)]
_Share = Annotated[float, Field(ge=0, le=1)]
_Difference = Annotated[float, Field(ge=-1, le=1)]
_Grade = Annotated[str, StringConstraints(pattern=r"^(passed|failed|untold)$")]
_Dollars = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,20}(\.[0-9]{1,20})?$")]


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class ShownRate(_Value):
    """How many of a candidate's answers pass."""

    model: _Name
    settings: _Name = ""
    """Gateway and settings, where there are any."""
    stand_in: _Name | None = None
    """What answered in the model's place."""
    passed: _Count
    answers: _Count
    """That were graded."""
    rate: tuple[_Share, _Share, _Share] | None
    """Of a mean case, with its 95% interval: estimate, low, high; None where nothing was graded."""
    dollars: _Dollars | None = None
    """A mean answer cost; None where it is unknown."""
    play_money: bool = False


class ShownPair(_Value):
    """The paired difference of two candidates."""

    first: Annotated[int, Field(ge=0, lt=MAX_RATES)]
    """Its place among the rates."""
    second: Annotated[int, Field(ge=0, lt=MAX_RATES)]
    low: _Difference
    high: _Difference
    """Of the pass rate of the first less that of the second."""
    separable: bool
    """Whether one is told to be better."""
    more_cases: Annotated[int, Field(ge=1)] | None = None
    """About how many more would tell."""


class ShownVerdict(_Value):
    """The verdict of an evaluation."""

    suite: _Name
    cases: _Count
    answers: _Count
    """That came."""
    rates: Annotated[tuple[ShownRate, ...], Field(min_length=1, max_length=MAX_RATES)]
    pairs: Annotated[tuple[ShownPair, ...], Field(max_length=MAX_PAIRS)] = ()
    """Those told apart first."""
    left_out: _Count = 0
    """Candidates that are not among the rates."""
    dollars: _Dollars = "0"
    """All answers cost, as far as it is known."""
    play_money: bool = False
    grades: dict[_Name, _Grade] = Field(default_factory=dict, max_length=100)
    """Of the answers that are shown, by the id of their run."""
