"""The page of a sweep in a browser: in the dark, and on a phone."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser
from tests.experiments.test_study import Begin, begin, results
from tests.page.conftest import watched

from lookalike.experiments.page import write_page
from lookalike.experiments.result import SweepResult, TrialResult

__all__ = ["begin"]  # a fixture of the sweep's own tests


@pytest.mark.parametrize(
    ("scheme", "background"), [("dark", "21, 20, 19"), ("light", "251, 250, 248")]
)
def test_it_is_dark_where_the_system_is_and_never_wider_than_a_phone(
    scheme: str, background: str, browser: Browser, begin: Begin, tmp_path: Path
) -> None:
    study, path = begin(), tmp_path / "page.html"
    trials = [
        TrialResult(number, "complete", 0.5, [0.5], values, [f"sweep-{number:03d}"], None)
        for number, values in enumerate(results(study, 3))
    ]
    write_page(path, study, SweepResult("sweep", "0" * 40, "m.json:a", "maximize", 0.4, trials))
    with watched(browser) as new:
        page = new(viewport={"width": 360, "height": 740}, color_scheme=scheme)
        page.goto(path.as_uri())
        color = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert color == f"rgb({background})"
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        assert page.locator("code").inner_text().startswith("dvc exp run -S train.lr=")
