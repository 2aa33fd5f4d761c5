"""The card of a model, in the form of the Hugging Face Hub (Mitchell et al. 2019)."""

from collections.abc import Iterator, Sequence
from typing import Any

from lookalike.core.csv_file import read_csv
from lookalike.core.layout import Layout
from lookalike.record.card_facts import Facts, front_matter
from lookalike.terminal.markdown import plain, table

CLASSIFICATION = {
    "accuracy": "Accuracy",
    "balanced_accuracy": "Balanced accuracy",
    "top5_accuracy": "Top-5 accuracy",
    "macro_f1": "Macro F1",
    "macro_auroc": "Macro AUROC",
    "ece": "Expected calibration error",
}
RETRIEVAL = {"recall_at_1": "Recall@1", "map_at_r": "mAP@R"}
PER_CLASS = {
    "label": "class",
    "test_images": "test images",
    "precision": "precision",
    "recall": "recall",
    **RETRIEVAL,
}
FEW = 20  # test images of a class, below which its figures say little


def model_card(project: Layout, facts: Facts, license: str | None) -> str:
    """The card as Markdown with a metadata block, the same bytes for the same run.

    Args:
        project: the project.
        facts: those of its last run.
        license: of the model; None: it is not stated.
    """
    return "\n".join(_lines(project, facts, license)) + "\n"


def _lines(project: Layout, facts: Facts, license: str | None) -> Iterator[str]:
    evaluation, params = facts.metrics["evaluate"], facts.params
    named = (params.get(f"train.{key}") for key in ("backbone", "second_backbone.name"))
    backbones = [name for name in named if name is not None]
    name = "-".join([facts.data_name, *backbones]).replace("/", "-")
    yield front_matter(
        {
            "license": license,
            "library_name": "lookalike",
            "pipeline_tag": "image-feature-extraction",
            "tags": ["image-similarity-search", "image-retrieval"],
            "model-index": [{"name": name, "results": list(_results(facts))}],
        }
    )
    yield f"\n# {plain(name)}"
    yield (
        f"\nA {plain(' beside a '.join(backbones))} that gives an image an embedding: images that "
        f"look alike have embeddings that are near each other. {_trained(facts)}"
    )
    yield "\n## How good it is"
    yield (
        f"\nOn {evaluation['test_images']} test images, which neither trained the model nor chose "
        f"its epoch. The 95% intervals come from {params['evaluate.bootstrap_draws']} bootstrap "
        "resamples of the test images; another seed of the training is not in them."
    )
    intervals = evaluation.get("intervals", {})
    yield from table(
        ("metric", "value", "95% interval"),
        [
            (title, _number(evaluation[key]), _interval(intervals.get(key)))
            for key, title in (CLASSIFICATION | RETRIEVAL).items()
            if evaluation.get(key) is not None
        ],
    )
    if recall := facts.metrics["index"].get("recall_at_10"):
        yield f"\nOf the ten nearest images, the index finds {recall:.2%}."
    rows = read_csv(project.evaluation / "classes.csv")
    yield from table(list(PER_CLASS.values()), [[row[key] for key in PER_CLASS] for row in rows])
    yield "\n## Limits\n"
    yield from (f"- {line}" for line in _limits(facts))
    yield "\n## Training"
    yield from table(("parameter", "value"), [*facts.block("base"), *facts.block("train")])
    yield "\n## Where it comes from"
    origin = [
        ("sha256 of the model", facts.model_sha256),
        ("sha256 of the split", facts.origin.split_sha256),
        ("DVC's MD5 of the images", facts.origin.data_md5),
    ]
    yield from table(("", ""), [(key, value) for key, value in origin if value is not None])
    yield from table(("library", "version"), list(facts.libraries.items()))


def _trained(facts: Facts) -> str:
    counts = facts.metrics["train"]
    if not counts["epochs"]:
        return "It was not trained on these images, and knows no classes."
    return (
        f"It tells {counts['classes']} classes apart, and was trained on {counts['train_images']} "
        f"images in {counts['epochs']} epochs, of which number {counts['best_epoch']} is kept "
        f"({counts['valid_images']} validation images chose it). The data card says how the images "
        "were split."
    )


def _results(facts: Facts) -> Iterator[dict[str, Any]]:
    """The metrics in the form of the Hub's `model-index`."""
    evaluation, origin = facts.metrics["evaluate"], facts.origin
    dataset = {"name": facts.data_name, "type": facts.data_name, "split": "test"}
    if origin.data_md5 is not None:
        dataset["revision"] = origin.data_md5
    for task, titles in (
        ("image-classification", CLASSIFICATION),
        ("image-feature-extraction", RETRIEVAL),
    ):
        metrics = [
            {"type": key, "name": title, "value": evaluation[key]}
            for key, title in titles.items()
            if evaluation.get(key) is not None
        ]
        if metrics:
            yield {"task": {"type": task}, "dataset": dict(dataset), "metrics": metrics}


def _limits(facts: Facts) -> Iterator[str]:
    yield "The figures are of images like those of the test; of others nothing is known."
    classes = facts.metrics["train"]["classes"]
    if classes:
        yield f"An image that shows none of the {classes} classes gets one of them all the same."
    by_class = facts.metrics["split"]["images_by_class"]
    few = [label for label, (_, _, test) in by_class.items() if test < FEW]
    if few:
        yield (
            f"{len(few)} of {len(by_class)} classes have fewer than {FEW} test images, so their "
            "own figures are rough."
        )
    yield facts.leaks()
    if (weights := facts.params["train.weights"]) != "none":
        yield f"It started from other weights ({plain(weights)}), and has what biases they have."


def _number(value: float) -> str:
    return f"{value:.4f}"


def _interval(ends: Sequence[float] | None) -> str:
    return "" if ends is None else f"{ends[0]:.4f} to {ends[1]:.4f}"
