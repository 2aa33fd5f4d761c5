"""`lookalike card`: what a model and its data set are, for people and for the Hugging Face Hub."""

import shutil
from pathlib import Path

from lookalike.core.files import atomic_folder, check_output_folder
from lookalike.core.json_file import write_json
from lookalike.core.layout import Layout
from lookalike.record.card_facts import read_facts
from lookalike.record.croissant import SPLIT, croissant
from lookalike.record.data_card import data_card
from lookalike.record.model_card import model_card

MODEL_CARD, DATA_CARD = "model/README.md", "data/README.md"
CROISSANT, DATA_SPLIT = "data/croissant.json", f"data/{SPLIT}"


def write_cards(
    project: Layout, folder: Path, license: str | None = None, data_license: str | None = None
) -> None:
    """Write the cards of the last run's model and data set, whole or not at all.

    Args:
        project: the project.
        folder: to write; `model/` and `data/` in it are as repositories of the Hub begin.
        license: of the model, as the Hub names it, such as `apache-2.0`; None: it is not stated.
        data_license: of the images.

    Raises:
        LookalikeError: the pipeline has not run to the end of `evaluate`, or something else is in
            the folder.
    """
    contents = (MODEL_CARD, DATA_CARD, CROISSANT, DATA_SPLIT)
    check_output_folder(folder, *contents)
    facts = read_facts(project)
    with atomic_folder(folder, *contents) as partial:
        for path in (MODEL_CARD, DATA_CARD):
            (partial / path).parent.mkdir()
        model = model_card(project, facts, license)
        (partial / MODEL_CARD).write_text(model, encoding="utf-8")
        (partial / DATA_CARD).write_text(data_card(facts, data_license), encoding="utf-8")
        shutil.copyfile(project.split, partial / DATA_SPLIT)
        document = croissant(facts, partial / DATA_SPLIT, data_license)
        write_json(partial / CROISSANT, document)
