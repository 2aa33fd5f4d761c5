"""Stage `evaluate`: how well the model classifies and retrieves the test images.

Reads the model, `data/images/` and `data/split.csv`; writes `metrics/evaluate.json`, the tables in
`metrics/evaluate/` and the pictures in `metrics/figures/`. Retrieval: each test image is a query
against all other test images.
"""

from lookalike.core.portable import fix_environment

if __name__ == "__main__":
    fix_environment()  # before the libraries that read it are loaded

from lookalike.core.csv_file import write_csv
from lookalike.core.files import atomic_folder
from lookalike.core.json_file import rounded, write_json, write_metrics
from lookalike.core.layout import MEASURED_MODEL, Layout
from lookalike.core.params import BaseParams, MachineParams, read_params
from lookalike.evaluate.evaluation import TABLES, Evaluation, evaluate_model
from lookalike.evaluate.figures import PICTURES, draw_figures
from lookalike.evaluate.inference_time import inference_time
from lookalike.evaluate.params import EvaluateParams
from lookalike.evaluate.quality_drop import check_quality
from lookalike.images.split_file import read_split
from lookalike.images.store import ImageStore
from lookalike.inference.starting import start_embedder
from lookalike.model.network import normalize
from lookalike.record.mirror_process import mirror_run
from lookalike.terminal.progress import say
from lookalike.terminal.stage import run_stage


def main(project: Layout) -> None:
    params = read_params(EvaluateParams)
    base = read_params(BaseParams, "seed", "threads", "inference_batch_size")
    embedder = start_embedder(project, base, read_params(MachineParams))
    model, in_fp32 = embedder.model, embedder.in_fp32()
    images = ImageStore(project.images, model.description.stretch)
    if embedder.is_worker:
        embedder.run_worker(images)
        if in_fp32 is not None:
            in_fp32.run_worker(images)
        return
    test = [image for image in read_split(project.split, images) if image.split == "test"]
    rows = [image.row for image in test]
    output = embedder.outputs(images, rows)
    quality = {}
    if in_fp32 is not None:
        before = in_fp32.outputs(images, rows)
        quality["in_fp32"] = check_quality(test, output, before, params.max_quality_drop)
    evaluation = Evaluation.of_nothing()
    with atomic_folder(project.figures, *PICTURES) as figures:
        if test:
            if not model.description.classes:
                say("evaluate: the model has no classes, so its classification is not measured")
            evaluation = evaluate_model(model, test, output, params, base.seed)
            unit = normalize(output.embeddings)
            draw_figures(figures, evaluation, unit, images, params, base.seed)
            timings = inference_time(model, images, rows, embedder.batch_size)
            measured = {"model": model.fingerprint, **timings}
            write_json(project.timings / "evaluate.json", measured)
        else:
            say("evaluate: the split has no test images, so there is nothing to measure")
    with atomic_folder(project.evaluation, "*.csv", "report.txt", MEASURED_MODEL) as tables:
        for name, columns in TABLES.items():
            write_csv(tables / f"{name}.csv", columns, rounded(evaluation.tables[name]))
        (tables / MEASURED_MODEL).write_text(f"{model.fingerprint}\n", encoding="utf-8")
        (tables / "report.txt").write_text(evaluation.report, encoding="utf-8")
    write_metrics(project.metrics / "evaluate.json", evaluation.metrics | quality)
    mirror_run("evaluate")


if __name__ == "__main__":
    run_stage("evaluate", main)
