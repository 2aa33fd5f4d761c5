"""SIGINT and SIGTERM as a wish to stop."""

import signal

import pytest

from lookalike.train.state.interruption import Interruption


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_first_signal_is_noted_and_said(
    number: signal.Signals, capsys: pytest.CaptureFixture[str]
) -> None:
    with Interruption() as interruption:
        assert not interruption.requested
        signal.raise_signal(number)
        assert interruption.requested
    assert "interrupted" in capsys.readouterr().err


def test_a_second_signal_interrupts_at_once() -> None:
    with Interruption(), pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGINT)


def test_workers_that_end_by_the_signal_are_no_fault_of_the_program() -> None:
    with pytest.raises(KeyboardInterrupt, match="from the last checkpoint"), Interruption():
        signal.raise_signal(signal.SIGTERM)
        raise RuntimeError("DataLoader worker (pid 7) is killed by signal: Terminated.")


def test_a_fault_of_the_program_stays_one() -> None:
    with pytest.raises(RuntimeError), Interruption():
        raise RuntimeError("a fault")


def test_afterwards_signals_mean_what_they_meant_before() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with Interruption():
        assert signal.getsignal(signal.SIGTERM) != before
    assert signal.getsignal(signal.SIGTERM) == before
