"""What people send to the bot, and what they get."""

import asyncio
import re
from collections.abc import Callable
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from tests.bot.bot_api import BotApi
from tests.bot.conftest import Talking

SENTENCE = re.compile(r"[A-Z][^\n]*\.")


def test_a_photograph_is_answered_by_an_album_of_what_is_like_it(api: BotApi, digit: bytes) -> None:
    message = api.photograph(digit)
    (answer,) = api.wait(1)
    assert answer.method == "sendMediaGroup"
    assert answer.answers == message
    assert len(answer.pictures) == 5
    first, blank, *hits = answer.text.splitlines()
    assert re.fullmatch(r"Looks like \d \(\d+\.\d%\)(, \d \(\d+\.\d%\))*", first)
    assert blank == ""
    assert hits[0] == "1. 1.000 3"
    assert [re.fullmatch(r"\d\. \d\.\d{3} \d", hit) is not None for hit in hits] == [True] * 5


def test_an_image_that_is_sent_as_a_file_is_searched_for_as_it_is(
    api: BotApi, digit: bytes
) -> None:
    api.document(digit)
    (answer,) = api.wait(1)
    assert answer.text.splitlines()[2] == "1. 1.000 3"
    shown = np.asarray(answer.pictures[0].convert("L").resize((8, 8), Image.Resampling.BOX), int)
    original = np.asarray(Image.open(BytesIO(digit)).convert("L"), int)
    assert abs(shown - original).mean() < 20  # that very image, larger


def test_pictures_are_large_enough_to_look_at(api: BotApi, digit: bytes) -> None:
    api.photograph(digit)
    (answer,) = api.wait(1)
    assert {picture.size for picture in answer.pictures} == {(800, 800)}


def test_a_user_chooses_how_many_images_come_and_no_other_user_is_concerned(
    api: BotApi, digit: bytes
) -> None:
    api.write("/k 2", user=1)
    assert api.wait(1)[0].text == "From now on, I show you 2 images."
    api.photograph(digit, user=1)
    assert len(api.wait(2)[1].pictures) == 2
    api.photograph(digit, user=2)
    assert len(api.wait(3)[2].pictures) == 5


def test_a_single_image_comes_as_a_photograph(api: BotApi, digit: bytes) -> None:
    api.write("/k 1", user=3)
    api.wait(1)
    api.photograph(digit, user=3)
    answer = api.wait(2)[1]
    assert answer.method == "sendPhoto"
    assert answer.text.splitlines()[2:] == ["1. 1.000 3"]


@pytest.mark.parametrize(
    "text", ["/k", "/k 0", "/k 11", "/k -1", "/k many", "/k ٣x", "/k 3 4", "/k " + "9" * 4000]
)
def test_a_number_that_no_album_has_is_explained(api: BotApi, text: str) -> None:
    api.write(text)
    (answer,) = api.wait(1)
    assert "from 1 to 10" in answer.text


@pytest.mark.parametrize("command", ["/start", "/help", "/help@lookalike_bot"])
def test_commands_say_what_to_do(api: BotApi, command: str) -> None:
    api.write(command)
    (answer,) = api.wait(1)
    for word in ("photo", "file", "/k 3", "/help"):
        assert word in answer.text


def test_text_is_answered_by_what_to_send(api: BotApi) -> None:
    api.write("What looks like a temple?")
    (answer,) = api.wait(1)
    assert answer.text == "Please send me a photo, or an image as a file; /help says more."


def test_people_of_a_group_may_talk_to_each_other(api: BotApi, digit: bytes) -> None:
    api.write("Good morning!", chat=-5, kind="group")
    api.photograph(digit, chat=-5, kind="group")
    (answer,) = api.wait(1)
    assert answer.fields["chat_id"] == -5
    assert len(answer.pictures) == 5


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"%PDF-1.7 " + bytes(500), "not an image"),
        (b"GIF89a", "image"),
        (b"\x89PNG\r\n\x1a\n" + bytes(500), "image"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not an image"),
    ],
)
def test_what_is_no_image_gets_one_friendly_sentence(api: BotApi, data: bytes, words: str) -> None:
    api.document(data)
    (answer,) = api.wait(1)
    assert SENTENCE.fullmatch(answer.text)
    assert answer.text.startswith("I cannot search for this: ")
    assert words in answer.text


def test_a_broken_image_gets_one_friendly_sentence(
    api: BotApi, encoded: Callable[..., bytes]
) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3)).astype(np.uint8)
    api.document(encoded(noise, "JPEG")[:600])
    (answer,) = api.wait(1)
    assert SENTENCE.fullmatch(answer.text)
    assert "broken image" in answer.text


def test_an_image_of_too_many_pixels_gets_one_friendly_sentence(
    api: BotApi, encoded: Callable[..., bytes]
) -> None:
    api.document(encoded(Image.new("L", (2000, 1000))))
    (answer,) = api.wait(1)
    assert answer.text == (
        "I cannot search for this: 2000 x 1000 pixels, more than 1000000 allowed."
    )


def test_a_file_that_is_too_large_is_not_downloaded(api: BotApi) -> None:
    downloads = api.downloads
    api.document(b"\xff\xd8", size=100_001)
    (answer,) = api.wait(1)
    assert answer.text == "This file is too large for me; please send a smaller one."
    assert api.downloads == downloads


def test_a_file_that_is_too_large_for_telegram_gets_the_same_sentence(api: BotApi) -> None:
    api.document(bytes(20_000_001), size=1)
    (answer,) = api.wait(1)
    assert answer.text == "This file is too large for me; please send a smaller one."


def test_several_people_are_answered_at_once(talking: Talking, digit: bytes) -> None:
    with talking(neighbors=2) as api:
        api.held = asyncio.Event()
        messages = {chat: api.photograph(digit, chat=chat, user=chat) for chat in range(1, 9)}
        api.until(lambda: api.downloads == 8)  # none waits for another one's answer
        api.held.set()
        assert {sent.fields["chat_id"]: sent.answers for sent in api.wait(8)} == messages


def test_a_chat_that_asks_too_often_is_told_so_once(talking: Talking, digit: bytes) -> None:
    with talking(requests_per_minute=2, neighbors=1) as api:
        for _ in range(6):
            api.photograph(digit, chat=1)
        api.photograph(digit, chat=2)
        api.until(lambda: any(sent.fields["chat_id"] == 2 for sent in api.sent))
        api.wait(4)
    texts = [sent.text for sent in api.sent if sent.fields["chat_id"] == 1]
    assert len([text for text in texts if text.startswith("Looks like")]) == 2
    (notice,) = (text for text in texts if not text.startswith("Looks like"))
    assert re.fullmatch(r"That is more .*; please try again in \d+ seconds\.", notice)


def test_only_allowed_chats_are_answered(talking: Talking, digit: bytes) -> None:
    with talking(allowed_chats=[1, -5]) as api:
        for chat in (1, 2, 2, -5):
            api.photograph(digit, chat=chat)
        api.wait(3)
    answered = {sent.fields["chat_id"]: sent.text for sent in api.sent}
    assert len(api.sent) == 3
    assert answered[2] == "Sorry, I answer certain chats only, and this one, 2, is not among them."
    assert answered[1].startswith("Looks like")
    assert answered[-5].startswith("Looks like")
