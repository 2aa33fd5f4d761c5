"""The page of a sweep in a browser: in the dark, and on a phone."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser
from tests.experiments.test_study import Begin, begin, results
from tests.page.conftest import BACKGROUNDS, on_a_phone

from lookalike.experiments.page import write_page
from lookalike.experiments.result import SweepResult, TrialResult

__all__ = ["begin"]  # a fixture of the sweep's own tests


@pytest.mark.parametrize("scheme", BACKGROUNDS)
def test_it_is_dark_where_the_system_is_and_never_wider_than_a_phone(
    scheme: str, browser: Browser, begin: Begin, tmp_path: Path
) -> None:
    study, path = begin(), tmp_path / "page.html"
    trials = [
        TrialResult(number, "complete", 0.5, [0.5], values, [f"sweep-{number:03d}"], None)
        for number, values in enumerate(results(study, 3))
    ]
    write_page(path, study, SweepResult("sweep", "0" * 40, "m.json:a", "maximize", 0.4, trials))
    with on_a_phone(browser, path, scheme) as page:
        assert page.locator("code").inner_text().startswith("dvc exp run -S train.lr=")
