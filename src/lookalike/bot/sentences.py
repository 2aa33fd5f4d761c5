"""What the bot says: one friendly sentence for everything that goes wrong, and the answers."""

from pathlib import PurePosixPath

from telegram.constants import MessageLimit
from telegram.error import BadRequest, NetworkError

from lookalike.bot.params import MOST_NEIGHBORS
from lookalike.core.errors import QueryError
from lookalike.search.results import Hit, SearchResult
from lookalike.search.table import LEAST_SHOWN
from lookalike.serve.problems import ProblemError
from lookalike.terminal.printable import printable

HELP = (
    "Send me a photo, and I will show you the images most like it.\n\n"
    "An image that is sent as a file keeps its quality.\n"
    f"/k 3: from now on, show you 3 images, at most {MOST_NEIGHBORS}\n"
    "/help: this text"
)
NOT_UNDERSTOOD = "Please send me a photo, or an image as a file; /help says more."
WRONG_NUMBER = f"How many images shall I show? Say a number from 1 to {MOST_NEIGHBORS}, as in /k 5."
TOO_LARGE = "This file is too large for me; please send a smaller one."
KEEP_HELP = (
    "May I keep the photos that you send me, to improve this search? The people who run it will "
    "see them and may use them for training.\n"
    "/keep on: yes, those I send from now on\n"
    "/keep off: no, which is so until you say yes"
)
KEEPING = (
    "From now on, I keep the photos that you send me: the people who run this search will see them "
    "and may use them for training. /keep off ends this."
)
NOT_KEEPING = "From now on, I keep none of your photos."
NOTHING_KEPT = "I have not kept your last photo; say /keep on, and send it again."
KEPT = "Kept, thank you. /label cat: it shows a cat; /unlike 3: picture 3 is not like it."
WRONG_LABEL = "What does it show? Say one line of at most 200 letters, as in /label cat."
MOST_PREDICTIONS = 3
MOST_LABEL = 60  # letters


def neighbors_set(number: int) -> str:
    """The answer to `/k`."""
    return f"From now on, I show you {number} {'image' if number == 1 else 'images'}."


def slow_down(seconds: float) -> str:
    """What a chat that asks too often is told."""
    return f"That is more than I can look at; please try again in {int(seconds) + 1} seconds."


def not_allowed(chat: int) -> str:
    """What a chat that is not among the allowed ones is told."""
    return f"Sorry, I answer certain chats only, and this one, {chat}, is not among them."


def not_kept(outcome: str) -> str:
    """What a caption says of a photo that is not kept: `too large` or `too many`."""
    return f"Not kept: {outcome}."


def label_noted(label: str) -> str:
    """The answer to `/label`."""
    return f"Thank you: your last photo shows {_short(label)}."


def unlike_noted(number: int) -> str:
    """The answer to `/unlike`."""
    return f"Thank you: picture {number} is not like your last photo."


def wrong_hit(most: int) -> str:
    """What a person who names a picture that was not shown is told."""
    return f"Which picture is not like it? Say a number from 1 to {most}, as in /unlike 1."


def apology(error: Exception) -> str:
    """What a person is told about an error."""
    if isinstance(error, QueryError):
        reason = printable(str(error)).rpartition("cannot be searched for: ")[2]
        return f"I cannot search for this: {reason}."
    if isinstance(error, ProblemError):
        return "I cannot note this at the moment; please try again later."
    if isinstance(error, TimeoutError):
        return "This took too long; please try again later, or with a smaller image."
    if isinstance(error, BadRequest) and "too big" in error.message:
        return TOO_LARGE
    if isinstance(error, NetworkError):
        return "I could not get your image from Telegram; please send it again."
    return "I cannot search at the moment; please try again later."


def caption(result: SearchResult, kept: str = "") -> str:
    """What is predicted, and each hit's similarity and label, as the caption of the pictures.

    Args:
        result: what was found.
        kept: what to say at the end, in ASCII.
    """
    guesses = [
        f"{_short(guess.label)} ({guess.probability:.1%})"
        for guess in result.predictions[:MOST_PREDICTIONS]
        if guess.probability >= LEAST_SHOWN
    ]
    lines = [f"Looks like {', '.join(guesses)}", ""] if guesses else []
    lines += [f"{n}. {hit.similarity:.3f} {_name(hit)}" for n, hit in enumerate(result.hits, 1)]
    end = f"\n\n{kept}" if kept else ""
    # Telegram counts in units of UTF-16
    room = MessageLimit.CAPTION_LENGTH - len(end)
    cut = "\n".join(lines).encode("utf-16-le")[: 2 * room]
    return cut.decode("utf-16-le", errors="ignore") + end


def _name(hit: Hit) -> str:
    """The label of a hit, or else the name of its file."""
    return _short(PurePosixPath(hit.path).name if hit.label is None else hit.label)


def _short(text: str) -> str:
    text = printable(text)
    return text if len(text) <= MOST_LABEL else f"{text[:MOST_LABEL]}…"
