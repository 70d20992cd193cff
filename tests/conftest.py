"""Settings of all tests: no time limits for examples, and one loader of botocore's data files a process.

Shared machines are slow at times. Each botocore session reads and parses the models of its services again,
which takes a tenth of a second for each function that starts cold. The files do not change, so all sessions
can share one loader. `tests/effort.py` sets how many examples a property takes.
"""

from functools import cache

import botocore.session
from hypothesis import settings

from tests.effort import EXAMPLES

botocore.session.create_loader = cache(botocore.session.create_loader)
settings.register_profile("shared-machine", deadline=None, max_examples=EXAMPLES)
settings.load_profile("shared-machine")
