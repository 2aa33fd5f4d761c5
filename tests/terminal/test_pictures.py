"""Pictures inside of a terminal."""

import base64
import re

import pytest

from lookalike.terminal.pictures import inline_pictures, iterm2, kitty

PNG = b"\x89PNG" + bytes(range(256)) * 40


def test_kitty_is_sent_the_picture_in_chunks() -> None:
    commands = re.findall("\x1b_G([^;]*);([^\x1b]*)\x1b\\\\", kitty(PNG))
    controls = [control for control, _ in commands]
    assert controls == ["a=T,f=100,q=2,m=1", "m=1", "m=1", "m=0"]
    assert all(len(chunk) <= 4096 for _, chunk in commands)
    assert base64.b64decode("".join(chunk for _, chunk in commands)) == PNG


def test_iterm2_is_sent_the_picture_and_its_size() -> None:
    found = re.fullmatch("\x1b]1337;File=inline=1;size=(\\d+):([^\a]*)\a\n", iterm2(PNG))
    assert found is not None
    assert (int(found[1]), base64.b64decode(found[2])) == (len(PNG), PNG)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"TERM": "xterm-kitty"}, kitty),
        ({"TERM": "xterm-256color", "KITTY_WINDOW_ID": "1"}, kitty),
        ({"TERM_PROGRAM": "ghostty"}, kitty),
        ({"TERM_PROGRAM": "iTerm.app"}, iterm2),
        ({"TERM_PROGRAM": "WezTerm"}, iterm2),
        ({"TERM_PROGRAM": "Apple_Terminal", "TERM": "xterm-256color"}, None),
        ({}, None),
    ],
)
def test_the_protocol_is_that_of_the_terminal(
    environment: dict[str, str], expected: object
) -> None:
    assert inline_pictures(environment) is expected
