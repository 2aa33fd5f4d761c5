"""Is the project ready to run? Asked before anything that takes long."""

from dataclasses import replace
from pathlib import Path

from lookalike.core.errors import LookalikeError
from lookalike.core.layout import Layout
from lookalike.export.chosen_inference import check_inference
from lookalike.images.loading import check_shared_memory
from lookalike.index.engines.registry import engine_kind
from lookalike.ingest.corrections import read_corrections
from lookalike.ingest.folder import FolderSource
from lookalike.ingest.manifest import Manifest, make_manifest
from lookalike.ingest.opening import open_source
from lookalike.ingest.refusals import check_refusals, kinds_of
from lookalike.ingest.remote import is_remote
from lookalike.model.inflate import RGB
from lookalike.project.parameters import Parameters, read_all
from lookalike.project.predicted_refusals import predict_refusals
from lookalike.project.rehearsal import rehearse
from lookalike.project.unhashable import check_address, check_hashable
from lookalike.train.check import check_training

REMEDY = "put each class into its folder (STAC: name its property in ingest.stac.label)"


def check(project: Layout) -> list[str]:
    """Check a project's parameters and its source, for all that `params.yaml` and names can tell.

    Returns:
        What was found, and how the source is understood: a line, and one for each remark.

    Raises:
        LookalikeError: a stage would refuse this; a line for each problem.
    """
    params = read_all(project.params)
    check_training(params.train, params.machine, params.ingest.reading, project)
    check_inference(params.base.inference)
    _check_shared_memory(params)
    engine_kind(params.index.engine).load()
    read_corrections(project.root / params.ingest.corrections)
    if project.root / params.ingest.source == project.samples:
        lines = ["the source is the built-in digits"]
    else:
        lines = _check_source(params, project.root)
    lines[0] = f"{project.params.name} is valid; {lines[0]}"
    return [*lines, *_about_the_path(project.root)]


def _about_the_path(root: Path) -> list[str]:
    """DVC runs some experiments by way of files in ASCII, and fails there without a word."""
    path = str(root.absolute())
    if path.isascii():
        return []
    return [
        f"{path}: is not ASCII, so DVC fails at queued experiments and at dvc exp run --temp: run "
        "experiments in the working tree, or move the project"
    ]


def _check_source(params: Parameters, root: Path) -> list[str]:
    """Check the source, and what the stages will make of it; a line for each thing to know."""
    ingest = params.ingest
    source = open_source(ingest, root)
    if is_remote(ingest.source):
        check_address(ingest.source)
    manifest = make_manifest(source, ingest, root)
    if isinstance(source, FolderSource):
        paths = [file.path for file in manifest.candidates]
        paths += [file.path for file in manifest.set_aside]
        check_hashable(ingest.source, root / ingest.source, paths)
    refused = predict_refusals(source, manifest.candidates, ingest)
    check_refusals(ingest, manifest, refused, None)
    unusable = {rejection.path for rejection in refused}
    usable = [file for file in manifest.candidates if file.path not in unusable]
    lines = [_what_there_is(params, replace(manifest, candidates=usable)), *manifest.lines()]
    if refused:
        lines.append(f"{len(refused)} files will be refused ({kinds_of(refused)})")
    rehearse(usable, params, root)
    return lines


def _what_there_is(params: Parameters, manifest: Manifest) -> str:
    name = params.ingest.source
    classes = {candidate.label for candidate in manifest.candidates} - {None}
    if params.train.epochs > 0 and len(classes) == 1:
        raise LookalikeError(
            f"ingest.source: {name}: a single class, but training needs two: {REMEDY}, or set "
            "train.epochs to 0"
        )
    found = manifest.describe()
    if params.train.epochs > 0 and not classes:
        found += (
            ", so nothing will be trained and the backbone's own features be searched; else "
            f"{REMEDY}"
        )
    return f"{name} has {found}"


def _check_shared_memory(params: Parameters) -> None:
    """Raise LookalikeError unless the images that are embedded at once fit into shared memory."""
    processes = params.machine.workers * params.machine.devices
    pixels = params.train.image_size**2 * RGB
    check_shared_memory(processes, params.base.inference_batch_size * pixels)
