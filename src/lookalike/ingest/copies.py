"""Files with the same bytes: which of them is in the image store, and why the others are not."""

from dataclasses import dataclass, field
from typing import NamedTuple

from lookalike.images.subset_names import usual_name
from lookalike.ingest.rejection import Rejection, rejection
from lookalike.ingest.source import Candidate

# An image for the test is kept before its copies: nothing that is tested is trained on.
PRECEDENCE = ("test", "valid", "train")


class Copy(NamedTuple):
    """A candidate with the id of its image and its size in bytes."""

    candidate: Candidate
    id: str
    bytes: int


@dataclass
class Copies:
    """Which candidate stands for each image.

    Of equal files the one whose source split comes first in `PRECEDENCE`, and of those in the same
    one the first path.

    Attributes:
        kept: the candidate that stands for an image, by the image's id.
        others: those that do not.
        superseded: the paths of candidates that stood for an image until a later one took over.
    """

    kept: dict[str, Copy] = field(default_factory=dict)
    others: list[Copy] = field(default_factory=list)
    superseded: set[str] = field(default_factory=set)

    def keeps(self, copy: Copy) -> bool:
        """Whether a candidate stands for its image from now on; asked once of each, by path."""
        kept = self.kept.setdefault(copy.id, copy)
        if kept is copy:
            return True
        if _rank(copy.candidate) >= _rank(kept.candidate):
            self.others.append(copy)
            return False
        self.others.append(kept)
        self.superseded.add(kept.candidate.path)
        self.kept[copy.id] = copy
        return True

    def rejections(self) -> list[Rejection]:
        """One for each candidate that is not kept: its reason names the one that is."""
        return [self._rejection(copy) for copy in self.others]

    def with_another_label(self) -> int:
        """How many candidates that are not kept have another label than the one that is."""
        return sum(copy.candidate.label != self._kept(copy).label for copy in self.others)

    def across_splits(self) -> int:
        """How many candidates that are not kept are in another subset than the one that is."""
        splits = (
            {usual_name(copy.candidate.source_split), usual_name(self._kept(copy).source_split)}
            for copy in self.others
        )
        return sum(len(both - {None}) > 1 for both in splits)

    def _kept(self, copy: Copy) -> Candidate:
        return self.kept[copy.id].candidate

    def _rejection(self, copy: Copy) -> Rejection:
        candidate, kept = copy.candidate, self._kept(copy)
        traits = []
        if kept.label != candidate.label:
            traits.append(f"as {kept.label or 'unlabeled'}")
        if usual_name(kept.source_split) != usual_name(candidate.source_split):
            traits.append(f"in {kept.source_split or 'no split'}")
        reason = f"duplicate of {kept.path}"
        if traits:
            reason += f", which is kept {' '.join(traits)}"
        rejected = rejection(candidate, reason, copy.bytes, "duplicate")
        return rejected._replace(duplicate_of=kept.path)


def _rank(candidate: Candidate) -> int:
    subset = usual_name(candidate.source_split)
    return PRECEDENCE.index(subset) if subset in PRECEDENCE else len(PRECEDENCE)
