"""The model of `tests/unit/test_mailing_model.py`, with more and longer runs."""

from collections.abc import Callable

from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests.unit.test_mailing_model import MailingMachine

MAILINGS = 1_500


def test_random_failures_in_random_order(record_property: Callable[[str, object], None]) -> None:
    how = settings(max_examples=MAILINGS, stateful_step_count=60, deadline=None, database=None)
    run_state_machine_as_test(MailingMachine, settings=how)
    record_property("days", MAILINGS)
