"""The plan for 100 million images says what was measured, and computes the rest from it."""

import pytest

from docs.scale import FIGURES, PAGE, Growth, Measured, Plan, growth, page, section, stages, storage


def test_the_tables_are_those_that_the_figures_give() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert page(text) == text, "run: python docs/scale.py"


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: f"{figure.section} {figure.text}")
def test_what_is_called_measured_is_in_the_benchmarks(figure: Measured) -> None:
    words = section(figure.section).replace("|", " ").split()
    assert figure.text in {word.strip("(),") for word in words}


def test_every_stage_of_the_plan_that_one_machine_runs_was_measured_at_two_sizes() -> None:
    assert {"ingest", "split", "embed", "index", "dvc commit"} <= growth().keys()


def test_time_grows_by_the_exponent_between_two_sizes_and_memory_by_each_image() -> None:
    squared = Growth((10.0, 100.0), (99.0, 3600.0), (1.0, 100.0), (1000.0, 10_000.0))
    assert squared.exponent == pytest.approx(2)
    assert squared.hours(1000) == pytest.approx(100)
    assert squared.memory(1000) == pytest.approx(100)


def test_time_grows_at_least_linearly_where_a_constant_start_hides_it() -> None:
    assert Growth((10.0, 100.0), (5.0, 9.0), (5.0, 6.0), (100.0, 90.0)).exponent == 1


def test_twice_the_processors_halve_the_hours_of_what_is_spread_and_no_costs() -> None:
    def embedding(plan: Plan) -> tuple[float, float]:
        [stage] = [stage for stage in stages(plan, growth()) if stage.name == "embed"]
        return stage.hours, stage.processor_hours

    hours, paid = embedding(Plan())
    assert embedding(Plan(processors=2 * Plan().processors)) == (pytest.approx(hours / 2), paid)


def test_embeddings_take_four_bytes_a_number() -> None:
    kept = {name: size for name, _, size in storage(Plan(dimension=100))}
    assert kept["embeddings"] == 400
