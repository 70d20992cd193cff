"""What holds for all tests: none is judged by its time, and botocore's data files are read once a process.

Shared machines are slow at times. A botocore session reads and parses the model of each service anew, a tenth
of a second for each function that starts cold; the files don't change, so all sessions may share one loader.
"""

from functools import cache

import botocore.session
from hypothesis import settings

botocore.session.create_loader = cache(botocore.session.create_loader)
settings.register_profile("shared-machine", deadline=None)
settings.load_profile("shared-machine")
