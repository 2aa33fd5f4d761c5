"""The values of a parameter in a sweep, and how DVC is told of one."""

from pathlib import Path

import pytest
from dvc.utils.hydra import apply_overrides
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from lookalike.core.params import read_yaml
from lookalike.experiments.dimension import UNTOLD, Dimension, Value, override_text

TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cc", "Cs"])),
    st.text("ab\\'\"= :,$[]{}()~!+").filter(lambda text: not UNTOLD.search(text)),
    st.sampled_from(["1e5", "null", "True", "1_000", "0x10", "-1", "cnn:16", "a.b", "inf", ""]),
)
NUMBERS = st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS))
def test_dvc_sets_a_parameter_to_exactly_the_value_that_it_is_told(
    value: Value, tmp_path: Path
) -> None:
    params = tmp_path / "params.yaml"
    params.write_text("train:\n  key: before\n")
    apply_overrides(params, [f"train.key={override_text(value)}"])
    found = read_yaml(params)["train"]["key"]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({}, "one of range, log_range, integers and choices"),
        ({"range": [0.0, 1.0], "choices": [1, 2]}, "one of range, log_range, integers and choices"),
        ({"range": [1.0, 0.0]}, "from a smaller to a larger number"),
        ({"integers": [3, 3]}, "from a smaller to a larger number"),
        ({"integers": [1, 2.5]}, "valid integer"),
        ({"log_range": [0.0, 1.0]}, "above 0"),
        ({"range": [0.0, float("inf")]}, "finite number"),
        ({"choices": ["a", "a"]}, "differ from each other"),
        ({"choices": ["a", "${base.seed}"]}, "neither '${' nor control characters"),
        ({"choices": [1]}, "at least 2 items"),
        ({"choices": [[1, 2], [3, 4]]}, "valid"),
    ],
)
def test_what_holds_no_values_is_refused(content: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words.replace("$", r"\$").replace("{", r"\{")):
        Dimension.model_validate(content)
