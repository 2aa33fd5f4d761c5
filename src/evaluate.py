"""Stage `evaluate`: how well the model classifies and retrieves the test images.

Reads the model, `data/images/` and `data/split.csv`; writes `metrics/evaluate.json`, the tables in
`metrics/evaluate/` and the pictures in `metrics/figures/`. Retrieval: each test image is a query
against all other test images.
"""

from lookalike.core.files import atomic_folder, rounded, write_csv, write_json, write_metrics
from lookalike.core.layout import (
    EVALUATION,
    FIGURES,
    IMAGES,
    MEASURED_MODEL,
    METRICS,
    MODEL,
    SPLIT,
    TIMINGS,
)
from lookalike.core.params import BaseParams, MachineParams, read_params
from lookalike.evaluate.evaluation import TABLES, Evaluation, evaluate_model
from lookalike.evaluate.figures import draw_figures
from lookalike.evaluate.inference_time import inference_time
from lookalike.evaluate.params import EvaluateParams
from lookalike.images.pictures import Pictures
from lookalike.images.split_file import read_split
from lookalike.inference.cache_key import open_embedding_cache
from lookalike.inference.devices import launch_processes
from lookalike.inference.embedder import extract_all
from lookalike.inference.forward import run_worker
from lookalike.model.artifact import load_model
from lookalike.model.artifact_fingerprint import fingerprint
from lookalike.model.compute import fix_compute
from lookalike.model.network import normalize
from lookalike.record.mirror_process import mirror_run
from lookalike.terminal.progress import say
from lookalike.terminal.stage import run_stage


def main() -> None:
    params = read_params(EvaluateParams)
    base = read_params(BaseParams)
    machine = read_params(MachineParams)
    processes = launch_processes(machine, base)
    fix_compute(base)
    model, model_sha256 = load_model(MODEL), fingerprint(MODEL)
    batch_size, workers = base.inference_batch_size, machine.workers
    if processes.rank > 0:
        run_worker(model, IMAGES, batch_size, workers, processes)
        return
    test = [image for image in read_split(SPLIT, IMAGES) if image.split == "test"]
    rows = [image.row for image in test]
    with open_embedding_cache(model, model_sha256, IMAGES, batch_size, machine) as memo:
        output = extract_all(model, IMAGES, rows, batch_size, workers, memo, processes)
    evaluation = Evaluation.of_nothing()
    with atomic_folder(FIGURES, "*.png", "projection.html") as figures:
        if test:
            if not model.description.classes:
                say("evaluate: the model has no classes, so its classification is not measured")
            evaluation = evaluate_model(model, test, output, params, base.seed)
            unit = normalize(output.embeddings)
            draw_figures(figures, evaluation, unit, Pictures(IMAGES), params, base.seed)
            timings = inference_time(model, IMAGES, rows, batch_size)
            write_json(TIMINGS / "evaluate.json", {"model": model_sha256, **timings})
        else:
            say("evaluate: the split has no test images, so there is nothing to measure")
    with atomic_folder(EVALUATION, "*.csv", "report.txt", MEASURED_MODEL.name) as tables:
        for name, columns in TABLES.items():
            write_csv(tables / f"{name}.csv", columns, rounded(evaluation.tables[name]))
        (tables / MEASURED_MODEL.name).write_text(f"{model_sha256}\n", encoding="utf-8")
        (tables / "report.txt").write_text(evaluation.report, encoding="utf-8")
    write_metrics(METRICS / "evaluate.json", evaluation.metrics)
    mirror_run("evaluate")


if __name__ == "__main__":
    run_stage("evaluate", main)
