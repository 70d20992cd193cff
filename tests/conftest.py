"""Settings of the test tools: shared machines are slow at times, so no test is judged by its time."""

from hypothesis import settings

settings.register_profile("shared-machine", deadline=None)
settings.load_profile("shared-machine")
