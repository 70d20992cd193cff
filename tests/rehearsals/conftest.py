"""Rehearsals that can share a local system use the one of the acceptance tests."""

from tests.acceptance.conftest import inbox, system

__all__ = ["inbox", "system"]
