"""Stage `ingest`: every image of the source into the image store, or into the list of the rejected.

Reads `${ingest.source}` and `${ingest.corrections}`; writes `data/images/`, `data/rejected.csv` and
`metrics/ingest.json`.
"""

from functools import partial
from pathlib import Path

from lookalike.core.csv_file import write_csv
from lookalike.core.files import atomic_folder
from lookalike.core.json_file import write_metrics
from lookalike.core.layout import Layout
from lookalike.core.params import MachineParams, read_params
from lookalike.images.geotiff import require_rasterio
from lookalike.images.inspect import inspect
from lookalike.images.shards import SHARDS, write_shards
from lookalike.images.worker import Limits
from lookalike.ingest.corrections import read_corrections
from lookalike.ingest.examine import examined
from lookalike.ingest.frames import VideoFrames
from lookalike.ingest.intake import Intake
from lookalike.ingest.manifest import make_manifest
from lookalike.ingest.opening import open_source
from lookalike.ingest.params import IngestParams
from lookalike.ingest.refusals import check_refusals
from lookalike.ingest.rejection import Rejection
from lookalike.ingest.superseded import leave_out
from lookalike.terminal.progress import say, track
from lookalike.terminal.stage import run_stage


def main(project: Layout) -> None:
    params = read_params(IngestParams)
    machine = read_params(MachineParams)
    if params.reading is not None:
        require_rasterio()
    corrections = read_corrections(Path(params.corrections))
    source = open_source(params)
    manifest = make_manifest(source, params)
    videos = VideoFrames(params)
    files = examined(
        videos.read(source, manifest.candidates),
        partial(inspect, max_pixels=params.max_pixels, bands=params.reading, exif=params.exif),
        machine.workers,
        Limits.for_images(params.max_pixels, params.max_seconds),
        machine.engine,
    )
    intake = Intake(manifest, params.bands == "all", corrections)
    with atomic_folder(project.images, SHARDS) as folder:
        rows = intake.rows(track(files, "ingesting", manifest.to_read))
        write_shards(rows, folder, params.reading, manifest.columns, params.shard_bytes)
        leave_out(intake.copies.superseded, folder, params.reading, params.shard_bytes)
        write_csv(project.rejected, Rejection._fields, intake.rejections())
        intake.check_complete(videos.added)
        check_refusals(params, manifest, intake.refused, project.rejected)
    for line in (manifest.describe(), *manifest.lines(), *corrections.lines()):
        say(f"ingest: {line}")
    write_metrics(project.metrics / "ingest.json", intake.summary() | videos.summary())


if __name__ == "__main__":
    run_stage("ingest", main)
