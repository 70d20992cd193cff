"""Settings of all tests: no time limits for examples, and what all botocore sessions of a process share.

Shared machines are slow at times. Each botocore session reads and parses the models of its services again,
which takes a tenth of a second for each function that starts cold. The files do not change, so all sessions
can share one loader. Each also registers a hundred handlers, and looks at their signatures and at the names
of their events. `tests/effort.py` sets how many examples a property takes.
"""

import gc
from collections.abc import Callable
from functools import cache
from inspect import CO_VARKEYWORDS
from typing import Any

import botocore.hooks
import botocore.session
from botocore.hooks import EventAliaser
from hypothesis import settings

from tests.effort import EXAMPLES

argument_names = botocore.hooks.accepts_kwargs
alias_of = cache(EventAliaser(None)._alias_event_name)  # noqa: SLF001  # it depends on the name only


def takes_keywords(handler: Callable[..., Any]) -> Any:
    """Whether a handler has `**`, as botocore asks of each; a function's code says so at once."""
    code = getattr(getattr(handler, "__func__", handler), "__code__", None)
    return code.co_flags & CO_VARKEYWORDS if code else argument_names(handler)


botocore.hooks.accepts_kwargs = takes_keywords
EventAliaser._alias_event_name = lambda _, name: alias_of(name)  # noqa: SLF001  # as above
botocore.session.create_loader = cache(botocore.session.create_loader)
settings.register_profile("shared-machine", deadline=None, max_examples=EXAMPLES)
settings.load_profile("shared-machine")


def pytest_collection_finish() -> None:
    """Spare the garbage collector ten thousand tests and all modules, which stay until the end.

    What a function freezes as it starts is garbage after its test.
    """
    gc.collect()
    gc.freeze()
    gc.freeze = lambda: None


def pytest_runtest_teardown() -> None:
    """Turn the garbage collector on, which a function turns off as it starts: perhaps it did not finish."""
    gc.enable()
