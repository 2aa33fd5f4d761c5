"""Stage `train`: fine-tune a backbone with an embedding head and a classifier.

Reads `data/images/` and `data/split.csv`; writes the model artifact `models/model/`,
`metrics/train.json` and dvclive's curves in `metrics/train/`.
"""

from lookalike.core.files import write_metrics
from lookalike.core.layout import IMAGES, METRICS, MODEL, SPLIT, TRAIN_LOG
from lookalike.core.params import BaseParams, MachineParams, read_params
from lookalike.core.stage import run_stage
from lookalike.images.split import read_split
from lookalike.model.artifact import save_model
from lookalike.model.compute import fix_compute
from lookalike.train.data import training_data
from lookalike.train.fine_tune import fine_tune, without_training
from lookalike.train.log import training_log
from lookalike.train.params import TrainParams


def main() -> None:
    params = read_params(TrainParams)
    base = read_params(BaseParams)
    workers = read_params(MachineParams).workers
    fix_compute(base)
    with training_log(TRAIN_LOG) as log:
        if params.epochs == 0:
            trained = without_training(params, base, workers, IMAGES)
        else:
            data = training_data(read_split(SPLIT, IMAGES))
            trained = fine_tune(params, base, workers, IMAGES, data, log)
        save_model(MODEL, trained.description, trained.weights)
        write_metrics(METRICS / "train.json", trained.metrics)


if __name__ == "__main__":
    run_stage("train", main)
