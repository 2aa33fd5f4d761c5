"""Stage `train`: fine-tune a backbone with an embedding head and a classifier.

Reads `data/images/` and `data/split.csv`; writes the model artifact `models/model/`, its
checkpoints `models/checkpoints/`, `metrics/train.json`, dvclive's curves in `metrics/train/` and
pictures of augmented images in `metrics/train_figures/`.
"""

from lookalike.core.portable import fix_environment

if __name__ == "__main__":
    fix_environment()  # before the libraries that read it are loaded

from contextlib import ExitStack

from lookalike.core.layout import Layout
from lookalike.core.params import BaseParams, MachineParams, read_params
from lookalike.images.split_file import read_split
from lookalike.images.store import ImageStore
from lookalike.inference.devices import launch
from lookalike.model.compute import fix_compute
from lookalike.record.mirror_process import mirror_run
from lookalike.terminal.progress import say
from lookalike.terminal.stage import run_stage
from lookalike.train.check import check_training
from lookalike.train.data import has_labels, held_out, training_data
from lookalike.train.log import training_log
from lookalike.train.outputs import write_outputs
from lookalike.train.params import TrainParams
from lookalike.train.resources import Records, Resources
from lookalike.train.shares import describe_devices
from lookalike.train.state.checkpoint import CheckpointFile
from lookalike.train.state.run_fingerprint import fingerprint
from lookalike.train.training_run import TrainingRun
from lookalike.train.untrained import untrained_model


def main(project: Layout) -> None:
    params = read_params(TrainParams)
    base = read_params(BaseParams, "seed", "precision", "threads")
    machine = read_params(MachineParams)
    images = ImageStore(project.images)
    check_training(params, machine, images.bands, project)
    fabric = launch(machine, base.precision)
    fix_compute(base.threads, base.seed)
    resources = Resources(fabric, base.precision, machine.workers, project.cache)
    split = read_split(project.split, images)
    checkpoint = None
    with training_log(project.train_log) as log, ExitStack() as locks:
        records = Records(log)
        if params.epochs > 0 and has_labels(images):
            name = fingerprint(params, base, project.split, images, describe_devices(fabric))
            folder = project.cache / "checkpoints"
            checkpoint = CheckpointFile(folder, name, machine.checkpoint_every)
            if fabric.is_global_zero:
                locks.enter_context(checkpoint)
            records = Records(log, checkpoint, figures=project.train_figures)
            data = training_data(images, split)
            trained = TrainingRun(params, data, base.seed, resources, records).fit()
        else:
            if params.epochs > 0:
                say(
                    "train: no image has a label to learn from; as with train.epochs: 0, the "
                    "backbone's own features are the embedding"
                )
            trained = untrained_model(params, images, resources, held_out(images, split))
        if fabric.is_global_zero:
            write_outputs(trained, records.timings, project)
    if fabric.is_global_zero:
        mirror_run("train")
        if checkpoint is not None:  # not before: a run that is killed up to here goes on from it
            checkpoint.remove_if_recorded()


if __name__ == "__main__":
    run_stage("train", main)
