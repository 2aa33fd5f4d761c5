"""The Telegram bot: `lookalike bot`."""
