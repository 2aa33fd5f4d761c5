"""Requests made up from the OpenAPI document: whatever they are, none fails inside."""

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error


def ask_everything(client: httpx.Client, examples: int) -> None:
    """Ask `examples` requests, valid ones and others, of operations drawn at random."""
    schema = schemathesis.openapi.from_url(f"{client.base_url}/openapi.json")
    operations = [operation.ok() for operation in schema.get_all_operations()]
    assert len(operations) > 20
    asked = st.one_of(
        operation.as_strategy(generation_mode=mode)
        for operation in operations
        for mode in schemathesis.GenerationMode
    )

    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=asked)
    def none_fails(case: schemathesis.Case) -> None:
        case.call_and_validate(checks=[not_a_server_error])

    none_fails()


def test_no_request_that_the_document_describes_fails_inside(client: httpx.Client) -> None:
    ask_everything(client, 60)


@pytest.mark.full
def test_no_request_of_very_many_fails_inside(client: httpx.Client) -> None:
    ask_everything(client, 3000)
