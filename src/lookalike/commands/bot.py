"""`lookalike bot`: searches on Telegram."""

from pathlib import Path
from typing import Annotated

import typer

from lookalike.core.extras import extra
from lookalike.core.layout import find_project


def bot(
    base_url: Annotated[
        str | None, typer.Option(help="Address of a Bot API server; default bot.base_url.")
    ] = None,
) -> None:
    """Answer photos on Telegram; LOOKALIKE_BOT_TOKEN, or .env, holds the token of the bot."""
    with extra("bot"):
        from lookalike.bot.command import run_project

    run_project(find_project(Path()), base_url)
