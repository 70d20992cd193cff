"""`broadsheet doctor`: is the deployed system as it should be, line by line, and what mends it.

Deploying uses two parts of it: `preflight` before anything is created, `after_deploying` for its to-do list.
"""

from cli.doctor.deploying import after_deploying, preflight
from cli.doctor.finding import Finding, Level

__all__ = ["Finding", "Level", "after_deploying", "preflight"]
