"""Stage `split`: which labeled image is for training, which for validation, which for the test.

Reads `data/images/` (metadata only) and the file `split.previous`, where one is named; writes
`data/split.csv` and `metrics/split.json`.
"""

from lookalike.core.portable import fix_environment

if __name__ == "__main__":
    fix_environment()  # before the libraries that read it are loaded

from lookalike.core.hashing import sha256_of_file
from lookalike.core.json_file import write_metrics
from lookalike.core.layout import Layout
from lookalike.core.params import BaseParams, MachineParams, read_params
from lookalike.images.split_file import write_split
from lookalike.images.store import ImageStore
from lookalike.near_duplicates.groups import group
from lookalike.near_duplicates.links import find_links
from lookalike.split.assign import assign
from lookalike.split.params import SplitParams
from lookalike.split.previous import read_previous
from lookalike.split.quotas import class_quotas
from lookalike.split.select import Labeled, select
from lookalike.split.summary import class_metrics, count_images, group_metrics, remarks
from lookalike.split.videos import joined_by_video
from lookalike.terminal.progress import say
from lookalike.terminal.stage import run_stage


def main(project: Layout) -> None:
    params = read_params(SplitParams)
    seed = read_params(BaseParams, "seed").seed
    images = ImageStore(project.images)
    near = params.near_duplicates
    links = find_links(images, near, read_params(MachineParams).workers) if near else []
    groups = group(links, near.max_group_size) if near else group([], 0)
    group_of = joined_by_video(groups.group_of, images.metadata)
    columns = images.metadata.select(Labeled._fields).to_pylist()
    labeled = [Labeled(**row) for row in columns if row["label"] is not None]
    chosen = select(labeled, params, seed)
    previous = read_previous(params)
    subset_of = assign(chosen, params, seed, group_of, previous)
    write_split(
        project.split,
        ((i.id, i.path, i.label, subset_of[i.id]) for i in labeled if i.id in subset_of),
    )
    counts = count_images(chosen, subset_of)
    metrics = class_metrics(chosen, counts, class_quotas(chosen, params)) | group_metrics(
        subset_of, group_of, [(link.one, link.other) for link in links], previous
    )
    for line in remarks(counts, metrics):
        say(f"split: {line}")
    write_metrics(
        project.metrics / "split.json",
        {
            **metrics,
            "links_refused": len(groups.refused),
            "images_by_class": counts,
            "sha256": sha256_of_file(project.split),
        },
    )


if __name__ == "__main__":
    run_stage("split", main)
