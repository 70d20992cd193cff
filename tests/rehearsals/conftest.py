"""Where a local system will do for more than one rehearsal, it is as for the stories of acceptance."""

from tests.acceptance.conftest import inbox, system

__all__ = ["inbox", "system"]
