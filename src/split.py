"""Stage `split`: which labelled image is for training, which for validation, which for the test.

Reads `data/images/` (metadata only); writes `data/split.csv` and `metrics/split.json`.
"""

from lookalike.core.files import sha256_of_file, write_metrics
from lookalike.core.layout import IMAGES, METRICS, SPLIT
from lookalike.core.params import BaseParams, MachineParams, read_params
from lookalike.core.stage import run_stage
from lookalike.images.shards import open_metadata
from lookalike.images.split import write_split
from lookalike.split.assign import assign, count_sides
from lookalike.split.groups import group
from lookalike.split.near_duplicates import find_links
from lookalike.split.params import SplitParams
from lookalike.split.select import Labelled, select


def main() -> None:
    params = read_params(SplitParams)
    seed = read_params(BaseParams).seed
    near = params.near_duplicates
    links = find_links(IMAGES, near, read_params(MachineParams).workers) if near else []
    groups = group(links, near.max_group_size) if near else group([], 0)
    columns = open_metadata(IMAGES).select(Labelled._fields).to_pylist()
    labelled = [Labelled(**row) for row in columns if row["label"] is not None]
    assigned = assign(select(labelled, params, seed), params.ratios)
    write_split(SPLIT, ((*image, side) for image, side in assigned))
    write_metrics(
        METRICS / "split.json",
        {
            **count_sides(assigned),
            "near_duplicates": len(links),
            "near_duplicate_groups": len(groups.sizes()),
            "links_refused": len(groups.refused),
            "sha256": sha256_of_file(SPLIT),
        },
    )


if __name__ == "__main__":
    run_stage("split", main)
