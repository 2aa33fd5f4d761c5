"""The versions of the libraries that compute bytes."""

from importlib.metadata import version

import pytest

from lookalike.core import libraries
from lookalike.core.libraries import COMPUTING, installed_versions


def test_every_library_has_its_installed_version() -> None:
    versions = installed_versions()
    assert sorted(versions) == sorted(COMPUTING.values())
    assert versions["numpy"] == version("numpy")


def test_builds_for_other_devices_are_the_same_release(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libraries, "version", lambda _: "2.13.0+cu130")
    assert installed_versions()["torch"] == "2.13.0"


def test_a_library_that_is_not_there_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(COMPUTING, "nothing", "no-such-distribution")
    assert installed_versions()["no-such-distribution"] == "not installed"
