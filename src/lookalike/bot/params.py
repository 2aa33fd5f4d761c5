"""The `bot` block of `params.yaml`; no stage reads it."""

from pydantic import Field, field_validator

from lookalike.core.params import Block

MOST_NEIGHBORS = 10  # pictures of an album on Telegram


class BotParams(Block):
    """Whom the Telegram bot answers, and how much."""

    block = "bot"

    neighbors: int = Field(default=5, ge=1, le=MOST_NEIGHBORS)
    allowed_chats: list[int] | None = None
    requests_per_minute: int = Field(default=20, ge=1)
    base_url: str = "https://api.telegram.org"

    @field_validator("base_url")
    @classmethod
    def _of_the_web(cls, value: str) -> str:
        if not value.startswith(("https://", "http://")):
            raise ValueError("should begin with https:// or http://")
        return value.rstrip("/")
