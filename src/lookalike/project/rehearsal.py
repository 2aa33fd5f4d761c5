"""Split and training, rehearsed on the names of files alone: what they refuse is refused here."""

from pathlib import Path

from lookalike.images.split_file import SplitImage
from lookalike.ingest.source import Candidate
from lookalike.project.parameters import Parameters
from lookalike.split.assign import assign
from lookalike.split.previous import read_previous
from lookalike.split.select import Labeled, select
from lookalike.train.data import training_classes
from lookalike.train.state.checkpoint import read_checkpoint


def rehearse(candidates: list[Candidate], params: Parameters, root: Path) -> None:
    """Raise LookalikeError where the split or the training stage would, for all that names tell.

    Groups of near-duplicates and the hashes of images are not known yet, so nothing is said of
    subsets that depend on them.

    Args:
        candidates: what is expected to be in the image store.
        params: of the project.
        root: its folder.
    """
    seed = params.base.seed
    labeled = [
        Labeled(file.path, file.path, file.label, file.source_split)
        for file in candidates
        if file.label is not None
    ]
    previous = read_previous(params.split, root)
    chosen = select(labeled, params.split, seed)
    subset_of = assign(chosen, params.split, seed, {}, previous)
    train = params.train
    if train.epochs == 0 or not labeled:
        return
    if params.split.method != "hashed":
        training_classes(
            [
                SplitImage(row, file.path, file.label, subset_of[file.id], file.id)
                for row, file in enumerate(labeled)
                if file.id in subset_of
            ]
        )
    if train.resume_from is not None:
        read_checkpoint(root / train.resume_from, train.resume_from_sha256)
