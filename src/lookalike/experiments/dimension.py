"""What values a parameter may take in a sweep, and how DVC is told of one."""

import re
from typing import Annotated, Self

from optuna.trial import Trial
from pydantic import Field, model_validator

from lookalike.core.group import Group

Value = bool | int | float | str | None
Bounds = Annotated[list[float], Field(min_length=2, max_length=2)]
IntegerBounds = Annotated[list[int], Field(min_length=2, max_length=2)]

# What Hydra's grammar of overrides, which DVC reads, takes for a string without quotes
PLAIN = re.compile(r"[A-Za-z_][\w/@?%+.-]*", re.ASCII)
NOT_STRINGS = {"null", "true", "false", "inf", "nan"}
# What an override cannot say: references to other parameters, and what ends its line
UNTOLD = re.compile(r"\$\{|[\x00-\x1f\x7f]")


class Dimension(Group):
    """The values of one parameter; exactly one of the four is given.

    Attributes:
        range: the least and the largest number.
        log_range: the same; small numbers are as likely as large ones, on a logarithmic scale.
        integers: the least and the largest whole number.
        choices: these values and no others.
    """

    range: Bounds | None = None
    log_range: Bounds | None = None
    integers: IntegerBounds | None = None
    choices: Annotated[list[Value], Field(min_length=2)] | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        given = [name for name in type(self).model_fields if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError("needs one of range, log_range, integers and choices")
        bounds = self.range or self.log_range or self.integers
        if bounds is not None and not bounds[0] < bounds[1]:
            raise ValueError(f"{given[0]} should go from a smaller to a larger number")
        if self.log_range is not None and self.log_range[0] <= 0:
            raise ValueError("log_range should be above 0")
        texts = [override_text(value) for value in self.choices or []]
        if len(set(texts)) < len(texts):
            raise ValueError("choices should differ from each other")
        if any(UNTOLD.search(text) for text in texts):
            raise ValueError("choices should hold neither '${' nor control characters")
        return self

    @property
    def ends(self) -> list[Value]:
        """The values between which all others are; every choice is one."""
        return list(self.choices or self.integers or self.log_range or self.range or ())

    def suggest(self, trial: Trial, name: str) -> Value:
        """The value of a trial; the one that it has, where it has one."""
        if self.choices is not None:
            return trial.suggest_categorical(name, self.choices)
        if self.integers is not None:
            return trial.suggest_int(name, *self.integers)
        if self.log_range is not None:
            return trial.suggest_float(name, *self.log_range, log=True)
        return trial.suggest_float(name, *(self.range or ()))


def override_text(value: Value) -> str:
    """A value as `dvc exp run -S NAME=VALUE` reads it: numbers exactly, strings quoted."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        if PLAIN.fullmatch(value) and value.lower() not in NOT_STRINGS:
            return value
        quoted = re.sub(r"(\\*)'", lambda found: 2 * found[1] + r"\'", value)
        trailing = len(quoted) - len(quoted.rstrip("\\"))
        return f"'{quoted}{trailing * chr(92)}'"
    return repr(value)
