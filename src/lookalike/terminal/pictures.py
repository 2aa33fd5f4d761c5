"""Pictures inside of a terminal, by the protocols that some terminals speak."""

import base64
from collections.abc import Callable, Mapping

Inline = Callable[[bytes], str]

CHUNK = 4096  # characters of base64 in one command of kitty's


def kitty(png: bytes) -> str:
    """The text that shows a PNG in kitty and Ghostty, and moves the cursor below it.

    Kitty's graphics protocol (sw.kovidgoyal.net/kitty/graphics-protocol): the picture is sent in
    chunks, of which all but the last say that more follow. It asks for no answer (`q=2`).
    """
    text = base64.b64encode(png).decode()
    chunks = [text[start : start + CHUNK] for start in range(0, len(text), CHUNK)]
    commands = []
    for number, chunk in enumerate(chunks):
        first = "a=T,f=100,q=2," if number == 0 else ""
        more = int(number < len(chunks) - 1)
        commands.append(f"\x1b_G{first}m={more};{chunk}\x1b\\")
    return "".join(commands) + "\n"


def iterm2(png: bytes) -> str:
    """The text that shows a PNG in iTerm2, WezTerm and the terminal of VS Code.

    iTerm2's inline images protocol (iterm2.com/documentation-images.html).
    """
    text = base64.b64encode(png).decode()
    return f"\x1b]1337;File=inline=1;size={len(png)}:{text}\a\n"


def inline_pictures(environment: Mapping[str, str]) -> Inline | None:
    """How the terminal shows pictures, by what it says of itself; None where it does not.

    Args:
        environment: that of the process.
    """
    program = environment.get("TERM_PROGRAM", "").lower()
    if "kitty" in environment.get("TERM", "") or "KITTY_WINDOW_ID" in environment:
        return kitty
    if program == "ghostty":
        return kitty
    return iterm2 if program in {"iterm.app", "wezterm", "vscode", "mintty"} else None
