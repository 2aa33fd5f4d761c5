"""Stage `ingest`: every image of the source into the image store, or into the list of the rejected.

Reads `${ingest.source}`; writes `data/images/`, `data/rejected.csv` and `metrics/ingest.json`.
"""

from lookalike.core.files import write_csv, write_metrics, written_whole
from lookalike.core.layout import IMAGES, METRICS, REJECTED
from lookalike.core.params import MachineParams, read_params
from lookalike.core.stage import run_stage
from lookalike.images.shards import write_shards
from lookalike.ingest.folder import list_folder
from lookalike.ingest.intake import Intake, Rejection
from lookalike.ingest.params import IngestParams


def main() -> None:
    params = read_params(IngestParams)
    workers = read_params(MachineParams).workers
    candidates = list_folder(params.source, params.labels)
    intake = Intake(params.source, params.max_pixels, workers)
    with written_whole(IMAGES) as folder:
        write_shards(intake.rows(candidates), folder)
    write_csv(REJECTED, Rejection._fields, intake.rejected)
    write_metrics(METRICS / "ingest.json", intake.summary())


if __name__ == "__main__":
    run_stage("ingest", main)
