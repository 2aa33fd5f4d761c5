"""What users of the bot allow and say: may photos be kept, what do they show, what is unlike?"""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from pydantic import ValidationError

from lookalike.bot import sentences
from lookalike.bot.params import BotParams
from lookalike.collect.hard_negatives import HardNegative
from lookalike.search.results import SearchResult
from lookalike.serve.bundle import Bundle
from lookalike.serve.schemas import Correction
from lookalike.serve.service import Service

Command = Callable[[int, str], Awaitable[str]]  # from a user and the words after it to the reply


def number_in(words: str) -> int:
    """The number that a person has written; 0 where it is none."""
    return int(words) if words.isdecimal() else 0


class _Answered(NamedTuple):
    """The last photo of a user that was kept, what was found, and by which model and index."""

    photo: str
    hits: list[str]
    fingerprints: dict[str, Any]


class Feedback:
    """Keeps photos of users who have said so, and notes what they say of the last answer.

    Args:
        service: what keeps them.
        params: whom the bot answers.

    Attributes:
        commands: by their names; none where no photo is kept. As over HTTP only clients with a
            token may leave images, here only chats that are named may.
    """

    def __init__(self, service: Service, params: BotParams) -> None:
        self.commands: dict[str, Command] = {}
        if service.collects and params.allowed_chats is not None:
            self.commands = {
                "keep": self._consent,
                "label": self._correct,
                "unlike": self._call_unlike,
            }
        self._service = service
        self._consenting: set[int] = set()
        self._answered: dict[int, _Answered] = {}

    async def _consent(self, user: int, words: str) -> str:
        """`/keep on` and `/keep off`."""
        if words == "on":
            self._consenting.add(user)
            return sentences.KEEPING
        if words == "off":
            self._consenting.discard(user)
            return sentences.NOT_KEEPING
        return sentences.KEEP_HELP

    def take(self, user: int, photo: bytes, result: SearchResult, bundle: Bundle) -> str:
        """Keep a photo if its user has allowed that; what the caption says of it.

        Args:
            user: who has sent it.
            photo: the file.
            result: what it is answered with.
            bundle: what has found it.
        """
        self._answered.pop(user, None)
        if user not in self._consenting:
            return ""
        predictions = result.to_dict()["predictions"]
        fingerprints = bundle.fingerprints
        collector = self._service.collecting()
        [kept] = collector.offer([photo], {"predictions": predictions, **fingerprints})
        if kept["outcome"] != "accepted":
            return sentences.not_kept(kept["outcome"])
        hits = [hit.id for hit in result.hits]
        self._answered[user] = _Answered(kept["id"], hits, fingerprints)
        return sentences.KEPT

    async def _correct(self, user: int, words: str) -> str:
        """`/label cat`: what the last photo shows."""
        if (answered := self._answered.get(user)) is None:
            return sentences.NOTHING_KEPT
        try:
            said = Correction(id=answered.photo, label=words)
        except ValidationError:
            return sentences.WRONG_LABEL
        collector = self._service.collecting()
        await collector.correct(said.id, said.label, answered.fingerprints)
        return sentences.label_noted(said.label)

    async def _call_unlike(self, user: int, words: str) -> str:
        """`/unlike 3`: the third hit is not like the last photo."""
        if (answered := self._answered.get(user)) is None:
            return sentences.NOTHING_KEPT
        number = number_in(words)
        if not 1 <= number <= len(answered.hits):
            return sentences.wrong_hit(len(answered.hits))
        pair = HardNegative(answered.photo, answered.hits[number - 1])
        collector = self._service.collecting()
        await collector.add_hard_negative(pair, answered.fingerprints, indexed=False)
        return sentences.unlike_noted(number)
