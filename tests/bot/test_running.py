"""What the network and Telegram do to the bot, and how it ends."""

import asyncio
import logging
from threading import Thread, Timer

import pytest
from tests.bot.bot_api import TOKEN, BotApi, flood
from tests.bot.conftest import Talking, bot_api

from lookalike.bot.params import BotParams
from lookalike.bot.running import run_bot
from lookalike.core.errors import LookalikeError
from lookalike.serve.service import Service
from lookalike.serve.settings import Settings


def test_an_answer_that_comes_too_early_is_sent_again_when_telegram_says(
    talking: Talking, digit: bytes
) -> None:
    with talking() as api:
        api.fail("sendMediaGroup", flood(1), flood(1))
        api.photograph(digit)
        (answer,) = api.wait(1)
    assert len(answer.pictures) == 5


def test_a_connection_that_breaks_while_the_bot_waits_is_made_again(
    talking: Talking, digit: bytes
) -> None:
    with talking() as api:
        api.until(lambda: api.polls > 0)
        api.fail("getUpdates", None)
        api.photograph(digit)
        api.write("/help")  # ends the poll that is under way
        assert len(api.wait(2)) == 2


def test_a_download_that_breaks_gets_one_friendly_sentence(api: BotApi, digit: bytes) -> None:
    api.fail("download", None)
    api.photograph(digit)
    (answer,) = api.wait(1)
    assert answer.text == "I could not get your image from Telegram; please send it again."
    api.photograph(digit)
    assert len(api.wait(2)[1].pictures) == 5


def test_an_answer_that_cannot_be_sent_is_logged_and_the_next_is_sent(
    api: BotApi, digit: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    blocked = {"ok": False, "error_code": 403, "description": "Forbidden: bot was blocked"}
    api.fail("sendMediaGroup", blocked)
    api.fail("sendMessage", blocked)
    api.photograph(digit)
    api.until(lambda: "bot was blocked" in caplog.text)
    api.photograph(digit)
    assert len(api.wait(1)[0].pictures) == 5


def test_a_sign_of_life_that_fails_keeps_nobody_from_being_answered(
    api: BotApi, digit: bytes
) -> None:
    api.fail("sendChatAction", None)
    api.photograph(digit)
    assert len(api.wait(1)[0].pictures) == 5


def test_who_is_being_answered_when_the_bot_ends_is_answered_first(
    talking: Talking, digit: bytes
) -> None:
    with talking() as api:
        api.held = asyncio.Event()
        api.photograph(digit)
        api.until(lambda: api.downloads == 1)
        Timer(0.5, api.held.set).start()  # after the bot was told to end, which leaving does
    assert len(api.sent) == 1
    assert api.unseen == 0  # so that it is not answered again by the next bot


def test_an_index_that_cannot_be_searched_gets_one_friendly_sentence(
    settings: Settings, talking: Talking, digit: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    broken = Service(settings)
    broken.bundle.searcher._encoder = None  # type: ignore[assignment]
    with talking(broken) as api:
        api.photograph(digit)
        (answer,) = api.wait(1)
    broken.stop()
    assert answer.text == "I cannot search at the moment; please try again later."
    assert "a message could not be answered" in caplog.text


def ended(service: Service, address: str, token: str = TOKEN) -> str:
    """The one line that a bot which cannot start ends with."""
    params = BotParams(base_url=address)
    with pytest.raises(LookalikeError) as error:
        asyncio.run(run_bot(service, params, token, asyncio.Event()))
    cause = error.value
    assert cause.__context__ is None or cause.__suppress_context__  # it may hold the token
    return str(error.value)


def test_a_token_that_telegram_does_not_know_ends_the_bot_with_one_line(service: Service) -> None:
    unknown = TOKEN[:-5] + "other"
    with bot_api() as (_, address):
        line = ended(service, address, unknown)
    assert line == f"{address} does not know the bot of LOOKALIKE_BOT_TOKEN"


def test_a_token_that_is_revoked_meanwhile_ends_the_bot_with_one_line(service: Service) -> None:
    with bot_api() as (api, address):

        def revoke() -> None:
            api.until(lambda: api.polls > 0)
            api.token = "another"
            api.write("/help")  # ends the poll that is under way

        Thread(target=revoke).start()
        line = ended(service, address)
    assert line == f"{address} does not know the bot of LOOKALIKE_BOT_TOKEN"


def test_a_telegram_that_does_not_answer_ends_the_bot_with_one_line(service: Service) -> None:
    line = ended(service, "http://127.0.0.1:9")
    assert line.startswith("http://127.0.0.1:9 does not answer (")
    assert len(line.splitlines()) == 1


def test_the_token_is_in_no_record_of_the_log(
    talking: Talking, digit: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING), talking() as api:
        api.fail("getUpdates", {"ok": False, "error_code": 500, "description": "no"}, None)
        api.fail("download", None)
        api.photograph(digit)
        api.wait(1)
    assert caplog.records
    assert TOKEN.partition(":")[2] not in caplog.text
