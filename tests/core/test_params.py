from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, Self

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, ValidationError, model_validator

from lookalike.core.errors import LookalikeError
from lookalike.core.group import Group
from lookalike.core.params import BaseParams, Block, MachineParams, read_params, with_given


class Drying(Group):
    hours: float = Field(default=8.0, gt=0)


class Paint(Block):
    block = "paint"

    layers: int = Field(default=2, ge=1, le=9)
    gloss: float = 0.5
    color: Literal["red", "blue"] = "red"
    washable: bool = False
    names: list[str] = Field(default=[])
    drying: Drying = Drying()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.washable and self.layers < 2:
            raise ValueError(f"washable needs 2 layers or more, not {self.layers}")
        return self


@pytest.fixture
def read(tmp_path: Path) -> Callable[[str], Paint]:
    def read_text(text: str) -> Paint:
        path = tmp_path / "params.yaml"
        path.write_text(text, encoding="utf-8")
        return read_params(Paint, path=path)

    return read_text


@pytest.fixture
def refusal(read: Callable[[str], Paint], tmp_path: Path) -> Callable[[str], str]:
    """The lines of a refusal, each without the file's path, which it must start with."""

    def refuse(text: str) -> str:
        with pytest.raises(LookalikeError) as caught:
            read(text)
        lines = str(caught.value).splitlines()
        assert all(line.startswith(f"{tmp_path / 'params.yaml'}: ") for line in lines)
        return "\n".join(line.removeprefix(f"{tmp_path / 'params.yaml'}: ") for line in lines)

    return refuse


def test_values_are_read(read: Callable[[str], Paint]) -> None:
    paint = read("paint: {layers: 3, color: blue, names: [sky], drying: {hours: 1.5}}")
    assert paint == Paint(layers=3, color="blue", names=["sky"], drying=Drying(hours=1.5))


@pytest.mark.parametrize("text", ["other: {a: 1}", "paint:", "paint: {}"])
def test_an_absent_or_empty_block_gives_defaults(read: Callable[[str], Paint], text: str) -> None:
    assert read(text) == Paint()


def test_other_blocks_are_not_looked_at(read: Callable[[str], Paint]) -> None:
    assert read("paint: {layers: 1}\nother: {layers: no number}").layers == 1


def test_parameters_never_change(read: Callable[[str], Paint]) -> None:
    with pytest.raises(ValidationError):
        read("paint: {}").layers = 3


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_any_number_that_python_writes_arrives_as_that_number(number: float) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder, "params.yaml")
        path.write_text(f"paint:\n  gloss: {number!r}\n")
        assert read_params(Paint, path=path).gloss == number


def test_an_exponent_without_a_point_is_a_number(read: Callable[[str], Paint]) -> None:
    assert read("paint: {gloss: 1e-05}").gloss == 0.00001


def test_a_whole_number_serves_as_a_float(read: Callable[[str], Paint]) -> None:
    gloss = read("paint: {gloss: 1}").gloss
    assert isinstance(gloss, float)
    assert gloss == 1.0


@given(st.integers())
def test_integers_are_taken_exactly_where_they_are_allowed(number: int) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder, "params.yaml")
        path.write_text(f"paint: {{layers: {number}}}")
        if 1 <= number <= 9:
            assert read_params(Paint, path=path).layers == number
        else:
            with pytest.raises(LookalikeError, match=rf"paint\.layers = {number}: "):
                read_params(Paint, path=path)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("{layers: two}", "paint.layers = 'two': input should be a valid integer"),
        ("{layers: '2'}", "paint.layers = '2': input should be a valid integer"),
        ("{layers: 2.0}", "paint.layers = 2.0: input should be a valid integer"),
        ("{layers: true}", "paint.layers = True: input should be a valid integer"),
        ("{layers: null}", "paint.layers = None: input should be a valid integer"),
        ("{gloss: '1e-05'}", "paint.gloss = '1e-05': input should be a valid number"),
        ("{gloss: .inf}", "paint.gloss = inf: input should be a finite number"),
        ("{gloss: .nan}", "paint.gloss = nan: input should be a finite number"),
        ("{washable: 1}", "paint.washable = 1: input should be a valid boolean"),
        ("{color: green}", "paint.color = 'green': input should be 'red' or 'blue'"),
        ("{names: sky}", "paint.names = 'sky': input should be a valid list"),
        ("{names: [sky, 1]}", "paint.names.1 = 1: input should be a valid string"),
        ("{drying: {hours: soon}}", "paint.drying.hours = 'soon': input should be a valid number"),
    ],
)
def test_a_wrong_type_is_one_line_with_key_value_and_what_is_allowed(
    refusal: Callable[[str], str], text: str, line: str
) -> None:
    assert refusal(f"paint: {text}") == line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("{layers: 0}", "paint.layers = 0: input should be greater than or equal to 1"),
        ("{layers: 10}", "paint.layers = 10: input should be less than or equal to 9"),
        ("{drying: {hours: 0}}", "paint.drying.hours = 0: input should be greater than 0"),
    ],
)
def test_a_value_out_of_range_is_one_line_with_the_range(
    refusal: Callable[[str], str], text: str, line: str
) -> None:
    assert refusal(f"paint: {text}") == line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("{layer: 1}", "paint.layer: there is no such parameter; did you mean paint.layers?"),
        (
            "{drying: {hour: 1}}",
            "paint.drying.hour: there is no such parameter; did you mean paint.drying.hours?",
        ),
        (
            "{xyz: 1}",
            "paint.xyz: there is no such parameter; "
            "there are color, drying, gloss, layers, names, washable",
        ),
    ],
)
def test_an_unknown_key_is_one_line_with_the_key_that_was_meant(
    refusal: Callable[[str], str], text: str, line: str
) -> None:
    assert refusal(f"paint: {text}") == line


def test_a_contradiction_is_one_line_that_says_why(refusal: Callable[[str], str]) -> None:
    line = refusal("paint: {layers: 1, washable: true}")
    assert line == "paint: washable needs 2 layers or more, not 1"


def test_every_problem_has_its_line(refusal: Callable[[str], str]) -> None:
    lines = refusal("paint: {layers: two, color: green}").splitlines()
    assert [line.partition(" ")[0] for line in lines] == ["paint.layers", "paint.color"]


@pytest.mark.parametrize("block", ["5", "[1]", "text"])
def test_a_block_that_is_no_mapping_is_one_line(refusal: Callable[[str], str], block: str) -> None:
    line = refusal(f"paint: {block}")
    assert line.startswith("paint = ")
    assert "\n" not in line


@pytest.mark.parametrize("text", ["", "# nothing\n", "- a list\n", "text"])
def test_a_file_without_blocks_is_refused(refusal: Callable[[str], str], text: str) -> None:
    assert refusal(text) == "should hold blocks such as 'base:' and 'train:'"


@pytest.mark.parametrize("text", ["paint: [", "paint: {layers: 1, layers: 2}", "a: b: c", "\0"])
def test_what_is_not_yaml_is_one_line(refusal: Callable[[str], str], text: str) -> None:
    line = refusal(text)
    assert line.startswith("is not YAML: ")
    assert "\n" not in line


def test_what_is_not_utf_8_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_bytes("paint: {color: grün}".encode("latin-1"))
    with pytest.raises(LookalikeError, match=r"^.*params\.yaml: is not UTF-8 text$"):
        read_params(Paint, path=tmp_path / "params.yaml")


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(LookalikeError, match=r"^.*none\.yaml: cannot be read \(No such file"):
        read_params(Paint, path=tmp_path / "none.yaml")


def test_an_engine_that_is_not_portable_is_refused_beside_portable(tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    path.write_text("base: {reproducible: portable, inference: {engine: openvino}}")
    with pytest.raises(LookalikeError) as caught:
        read_params(BaseParams, "threads", path=path)
    assert str(caught.value) == (
        f"{path}: base: inference.engine: openvino chooses its instructions by the processor, so "
        "its bytes are not portable: set reproducible: machine"
    )


def test_an_engine_is_asked_only_for_what_it_can(tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    path.write_text("base: {inference: {engine: onnxruntime, precision: bf16}}")
    with pytest.raises(LookalikeError) as caught:
        read_params(BaseParams, "inference", path=path)
    assert "base.inference.precision = 'bf16': input should be 'fp32' or 'int8'" in str(
        caught.value
    )


def test_a_null_precision_is_the_default_of_the_engine(tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    for engine, precision in (("torch", None), ("onnxruntime", "fp32"), ("openvino", "fp32")):
        path.write_text(f"base: {{inference: {{engine: {engine}, precision: null}}}}")
        assert read_params(BaseParams, "inference", path=path).inference.precision == precision


def test_what_a_command_line_gives_counts_and_is_checked(tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    params = MachineParams(workers=1, devices=2)
    assert with_given(params, {"workers": 3, "devices": None}, path) == MachineParams(
        workers=3, devices=2
    )
    with pytest.raises(LookalikeError) as caught:
        with_given(params, {"workers": -1}, path)
    assert str(caught.value).startswith(f"{path}: machine.workers = -1")
