"""`broadsheet doctor`: is the deployed system as it should be, line by line, and what mends it.

Deploying uses parts of it: `preflight` before anything is created, `after_deploying` for its to-do list,
`advice_on` what failed.
"""

from cli.doctor.cdn import advice_on
from cli.doctor.deploying import after_deploying, preflight
from cli.doctor.finding import Finding, Level

__all__ = ["Finding", "Level", "advice_on", "after_deploying", "preflight"]
