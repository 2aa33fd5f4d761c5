"""A group of parameters: the base of every block of `params.yaml` and of what is nested in one."""

from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator


class Group(BaseModel):
    """Parameters that belong together: strict types, finite numbers, no unknown keys, frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Choice(Group):
    """One of several groups, told apart by a name; a null means the default of the one named.

    So a file may list the parameters of one of them, all null, and name another.
    """

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        return {key: value for key, value in given.items() if value is not None}
