"""The card of a data set, in the form of the Hugging Face Hub (Gebru et al. 2021)."""

from collections.abc import Iterator

from lookalike.record.card_facts import Facts, front_matter
from lookalike.terminal.markdown import plain, table

METHODS = {
    "stratified": "at random, the same shares of each class",
    "per_class": "at random, the same number of images of each class",
    "source": "as the source has it",
    "hashed": "by a hash of each image, so that images which are added later move none",
}
COUNTS = {
    "images": "images",
    "classes": "classes",
    "unlabeled": "images without a class",
    "bytes": "bytes",
    "rejected": "files refused",
    "duplicates": "files left out as copies, byte for byte, of another one",
    "duplicates_with_another_label": "of these, with another class",
    "duplicates_across_splits": "of these, in another subset of the source",
}
SIZES = ("n<1K", "1K<n<10K", "10K<n<100K", "100K<n<1M", "1M<n<10M", "10M<n<100M")


def data_card(facts: Facts, license: str | None) -> str:
    """The card as Markdown with a metadata block, the same bytes for the same run.

    Args:
        facts: those of the last run.
        license: of the images; None: it is not stated.
    """
    return "\n".join(_lines(facts, license)) + "\n"


def size_category(images: int) -> str:
    """The Hub's name for a number of images."""
    return SIZES[min(max(len(str(images)) - 3, 0), len(SIZES) - 1)]


def _lines(facts: Facts, license: str | None) -> Iterator[str]:
    ingested, split, params = facts.metrics["ingest"], facts.metrics["split"], facts.params
    yield front_matter(
        {
            "license": license,
            "pretty_name": facts.data_name,
            "task_categories": ["image-classification", "image-feature-extraction"],
            "size_categories": [size_category(ingested["images"])],
            "tags": ["image-similarity-search"],
        }
    )
    yield f"\n# {plain(facts.data_name)}"
    yield f"\nThe images of {plain(params['ingest.source'])}, as `ingest` took them in."
    if license is None:
        yield "Who made them, and under which license, is not stated."
    yield from table(
        ("", ""), [(title, str(ingested[key])) for key, title in COUNTS.items() if key in ingested]
    )
    yield "\n## How it was split"
    yield (
        f"\nThe method is {params['split.method']}: {METHODS[params['split.method']]}; the seed is "
        f"{params['base.seed']}."
    )
    yield from table(("parameter", "value"), facts.block("split"))
    yield (
        f"\n{split['images']} images take part and {split['left_out']} are left out. The split is "
        f"the file `split.csv` with the sha256 `{split['sha256']}`."
    )
    yield from table(
        ("class", "training", "validation", "test"),
        [
            (label, *map(str, counts))
            for label, counts in [
                *split["images_by_class"].items(),
                ("all", [split["train"], split["valid"], split["test"]]),
            ]
        ],
    )
    yield "\n## Limits\n"
    yield from (f"- {line}" for line in _limits(facts))
    yield "\n## Where it comes from"
    if facts.origin.data_md5 is not None:
        yield f"\nDVC's MD5 of `data/images` is `{facts.origin.data_md5}`."
    yield from table(("parameter", "value"), facts.block("ingest"))


def _limits(facts: Facts) -> Iterator[str]:
    yield facts.leaks()
    split = facts.metrics["split"]
    sizes = [sum(counts) for counts in split["images_by_class"].values() if any(counts)]
    if sizes:
        yield f"The smallest class has {min(sizes)} images, the largest {max(sizes)}."
    for subset in ("train", "valid", "test"):
        if missing := split[f"classes_without_{subset}"]:
            yield f"{missing} classes have no {subset} images."
