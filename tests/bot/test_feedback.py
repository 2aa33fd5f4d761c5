"""Who says so leaves the bot photos, and tells it what is wrong with its answers."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from tests.bot.bot_api import BotApi
from tests.bot.conftest import Talking

from lookalike.collect.collection import Collection
from lookalike.serve.service import Service
from lookalike.serve.settings import Settings

CHATS = [7, -5]

Keeping = Callable[..., AbstractContextManager[Service]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where photos are kept."""
    return tmp_path_factory.mktemp("bot") / "collected"


@pytest.fixture(scope="module")
def running(settings: Settings, folder: Path) -> Keeping:
    """Run a service that keeps photos while a block runs."""

    @contextmanager
    def run(**limits: int) -> Iterator[Service]:
        changed = {"collect": str(folder), "collect_max_bytes": 5000, **limits}
        params = settings.params.model_copy(update=changed)
        service = Service(replace(settings, params=params))
        try:
            yield service
        finally:
            service.stop()

    return run


@pytest.fixture(scope="module")
def keeping(running: Keeping) -> Iterator[Service]:
    """A service that keeps photos."""
    with running() as service:
        yield service


@pytest.fixture
def api(talking: Talking, keeping: Service) -> Iterator[BotApi]:
    """A bot that keeps photos of people in chats that are named."""
    with talking(keeping, allowed_chats=CHATS) as api:
        yield api


def said(api: BotApi, text: str, **of: int | str) -> str:
    """What the bot answers to a text."""
    sent = len(api.sent)
    api.write(text, **of)
    return api.wait(sent + 1)[sent].text


def shown(api: BotApi, photo: bytes, **of: int | str) -> str:
    """The caption that the bot answers a photo with."""
    sent = len(api.sent)
    api.photograph(photo, **of)
    return api.wait(sent + 1)[sent].text


def id_of(photo: bytes) -> str:
    return hashlib.sha256(photo).hexdigest()


def test_a_photo_is_kept_only_of_who_has_said_so(api: BotApi, folder: Path, digit: bytes) -> None:
    assert "kept" not in shown(api, digit).lower()
    assert said(api, "/keep on").startswith("From now on, I keep the photos that you send me")
    assert shown(api, digit).splitlines()[-1].startswith("Kept, thank you.")
    said(api, "/label three")  # is written after the photo
    assert said(api, "/keep off") == "From now on, I keep none of your photos."
    assert "kept" not in shown(api, digit + b"!").lower()
    assert "kept" not in shown(api, digit + b"?", user=8, chat=-5, kind="group").lower()
    kept = {path.name for path in (folder / "images").iterdir()}
    assert id_of(digit) in kept
    assert not {id_of(digit + b"!"), id_of(digit + b"?")} & kept


def test_a_class_that_is_wrong_becomes_a_correction(
    api: BotApi, folder: Path, digit: bytes
) -> None:
    said(api, "/keep on")
    shown(api, digit)
    assert said(api, "/label a  three") == "Thank you: your last photo shows a three."
    assert Collection(str(folder)).corrections()[id_of(digit)] == "a three"
    for wrong in ("/label", "/label " + "a" * 201):
        assert said(api, wrong).startswith("What does it show?")


def test_a_hit_that_is_not_alike_becomes_a_hard_negative(
    api: BotApi, keeping: Service, folder: Path, digit: bytes
) -> None:
    said(api, "/keep on")
    shown(api, digit)
    assert said(api, "/unlike 2") == "Thank you: picture 2 is not like your last photo."
    hits = keeping.bundle.searcher.search(digit, k=2).hits
    assert Collection(str(folder)).hard_negatives() == [(id_of(digit), hits[1].id)]
    for wrong in ("/unlike", "/unlike 0", "/unlike 6", "/unlike many"):
        assert said(api, wrong).endswith("Say a number from 1 to 5, as in /unlike 1.")


@pytest.mark.parametrize("text", ["/label cat", "/unlike 1"])
def test_who_has_left_no_photo_is_told_how_to(api: BotApi, text: str, digit: bytes) -> None:
    shown(api, digit)
    not_kept = "I have not kept your last photo; say /keep on, and send it again."
    assert said(api, text) == not_kept
    said(api, "/keep on")
    shown(api, digit)
    said(api, "/keep off")
    shown(api, digit)
    assert said(api, text) == not_kept


def test_what_is_not_kept_is_said_so(talking: Talking, running: Keeping, digit: bytes) -> None:
    with running(collect_per_minute=1) as service, talking(service, allowed_chats=CHATS) as api:
        said(api, "/keep on")
        assert shown(api, digit + bytes(5000)).endswith("\n\nNot kept: too large.")
        assert "Kept" in shown(api, digit)
        assert said(api, "/label 3") == "I cannot note this at the moment; please try again later."
        assert shown(api, digit).endswith("\n\nNot kept: too many.")


def test_help_asks_for_consent(api: BotApi) -> None:
    assert "May I keep the photos" in said(api, "/help")
    assert said(api, "/keep").startswith("May I keep the photos")


def test_where_anybody_may_write_nothing_is_kept(
    talking: Talking, keeping: Service, folder: Path, digit: bytes
) -> None:
    with talking(keeping) as api:
        assert "May I keep" not in said(api, "/help")
        assert said(api, "/keep on").startswith("Please send me a photo")
        assert "Kept" not in shown(api, digit + b"anybody")
    assert not (folder / "images" / id_of(digit + b"anybody")).exists()
