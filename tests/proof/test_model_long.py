"""The model of `tests/unit/test_mailing_model.py`, for longer."""

from collections.abc import Callable

from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests.unit.test_mailing_model import Mailing

MAILINGS = 1_500


def test_whatever_happens_in_whatever_order(record_property: Callable[[str, object], None]) -> None:
    how = settings(max_examples=MAILINGS, stateful_step_count=60, deadline=None, database=None)
    run_state_machine_as_test(Mailing, settings=how)
    record_property("days", MAILINGS)
