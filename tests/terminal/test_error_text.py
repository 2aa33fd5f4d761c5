"""What an error says, on its way to a terminal."""

from lookalike.core.errors import ConfigError, DataError
from lookalike.terminal.error_text import error_text


def test_the_name_of_a_file_makes_no_line_that_is_not_ours() -> None:
    error = DataError("a\nlookalike: the gate is passed.png: cannot be read")
    assert error_text(error) == r"a\nlookalike: the gate is passed.png: cannot be read"


def test_several_mistakes_of_parameters_are_lines() -> None:
    text = error_text(ConfigError("params.yaml: \x1b[2Jlr\nparams.yaml: epochs"))
    assert text.splitlines() == [r"params.yaml: \x1b[2Jlr", "params.yaml: epochs"]
