"""Stage `train`: fine-tune a backbone with an embedding head and a classifier.

Reads `data/images/` and `data/split.csv`; writes the model artifact `models/model/`, its
checkpoints `models/checkpoints/`, `metrics/train.json`, dvclive's curves in `metrics/train/` and
pictures of augmented images in `metrics/train_figures/`.
"""

from lookalike.core.files import atomic_folder, write_json, write_metrics
from lookalike.core.layout import Layout
from lookalike.core.params import BaseParams, MachineParams, read_params
from lookalike.images.split_file import read_split
from lookalike.images.store import ImageStore
from lookalike.inference.devices import launch
from lookalike.model.artifact import save_model
from lookalike.model.artifact_fingerprint import WEIGHTS
from lookalike.model.artifact_fingerprint import fingerprint as model_fingerprint
from lookalike.model.compute import fix_compute
from lookalike.record.mirror_process import mirror_run
from lookalike.terminal.progress import say
from lookalike.terminal.stage import run_stage
from lookalike.train.data import has_labels, training_data
from lookalike.train.figures import AUGMENTED
from lookalike.train.fine_tune import fine_tune, without_training
from lookalike.train.log import training_log
from lookalike.train.params import TrainParams
from lookalike.train.shares import describe_devices
from lookalike.train.state.checkpoint import CheckpointFile, write_output
from lookalike.train.state.run_fingerprint import fingerprint
from lookalike.train.timings import Timings


def main(project: Layout) -> None:
    params = read_params(TrainParams)
    base = read_params(BaseParams, "seed", "precision", "threads")
    machine = read_params(MachineParams)
    fabric = launch(machine, base.precision)
    fix_compute(base.threads, base.seed)
    images = ImageStore(project.images)
    checkpoint = None
    timings = Timings()
    with training_log(project.train_log) as log:
        if params.epochs > 0 and has_labels(images):
            data = training_data(read_split(project.split, images))
            name = fingerprint(params, base, project.split, images, describe_devices(fabric))
            checkpoint = CheckpointFile(
                project.cache / "checkpoints", name, machine.checkpoint_every
            )
            trained = fine_tune(
                params,
                base,
                machine.workers,
                images,
                data,
                log,
                fabric,
                checkpoint,
                timings,
                project,
            )
        else:
            if params.epochs > 0:
                say(
                    "train: no image has a label to learn from; as with train.epochs: 0, the "
                    "backbone's own features are the embedding"
                )
            trained = without_training(params, base, machine.workers, images)
        if fabric.is_global_zero:
            save_model(project.model, trained.description, trained.weights)
            write_output(project.checkpoints, project.model / WEIGHTS, checkpoint)
            write_metrics(project.metrics / "train.json", trained.metrics)
            if checkpoint is None:
                with atomic_folder(project.train_figures, AUGMENTED):
                    pass  # an empty one
            measured = {"model": model_fingerprint(project.model), **timings.summary()}
            write_json(project.timings / "train.json", measured)
    if fabric.is_global_zero:
        mirror_run("train")
        if checkpoint is not None:  # not before: a run that is killed up to here goes on from it
            checkpoint.remove_if_recorded()


if __name__ == "__main__":
    run_stage("train", main)
