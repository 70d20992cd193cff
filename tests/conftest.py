"""What holds for all tests: none is judged by its time, and botocore's data files are read once a process.

Shared machines are slow at times. A botocore session reads and parses the model of each service anew, a tenth
of a second for each function that starts cold; the files don't change, so all sessions may share one loader.
How many examples a property takes is said in `tests/effort.py`.
"""

from functools import cache

import botocore.session
from hypothesis import settings

from tests.effort import EXAMPLES

botocore.session.create_loader = cache(botocore.session.create_loader)
settings.register_profile("shared-machine", deadline=None, max_examples=EXAMPLES)
settings.load_profile("shared-machine")
