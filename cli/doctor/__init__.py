"""`broadsheet doctor`: is the deployed system as it should be, line by line, and what mends it.

Deploying uses parts of it: `preflight` before anything is created, `after_deploying` for its to-do list,
`advice_on` what failed.
"""

from cli.doctor.cdn import advice_on
from cli.doctor.deployment_checks import after_deploying, preflight
from cli.doctor.diagnosis import Diagnosis, Level

__all__ = ["Diagnosis", "Level", "advice_on", "after_deploying", "preflight"]
