"""How checks ask AWS: what can't be asked is a warning, never a fault."""

from collections.abc import Callable
from typing import Any, Protocol

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from cli.doctor.diagnosis import Diagnosis, Level

QUICK = Config(connect_timeout=5, read_timeout=15, retries={"total_max_attempts": 3, "mode": "standard"})
NO_SUCH_STACK = "ValidationError"  # CloudFormation's code for it
NO_ANSWER = (ClientError, BotoCoreError, ResponseParserError)  # the last from a proxy's page, say
REFUSED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError"}
REFUSED |= {"AuthorizationErrorException"}
RIGHTS = "Attach the policy of the output DoctorPolicy to whoever runs this, or run it as whoever deploys."


class Clients(Protocol):
    """boto3's clients by service; in another region where one is named."""

    def __call__(self, service: str, region: str | None = None) -> Any:  # noqa: ANN401  # boto3 has no common type of clients
        """A client; each service has its own type, which the check names."""


def clients_of(session: Any, home: str) -> Clients:  # noqa: ANN401  # boto3's Session is not typed here
    """The clients of a session, with short patience; in the region `home` where none is named."""

    def client(service: str, region: str | None = None) -> Any:  # noqa: ANN401  # as above
        return session.client(service, region_name=region or home, config=QUICK)

    return client


def code_of(error: Exception) -> str:
    """AWS's code, or the name of what went wrong on the way there."""
    return str(error.response["Error"]["Code"]) if isinstance(error, ClientError) else type(error).__name__


def run_check(what: str, check: Callable[[], list[Diagnosis]]) -> list[Diagnosis]:
    """What the check finds; one warning where AWS does not answer it."""
    try:
        return check()
    except NO_ANSWER as error:
        return [unanswered(what, code_of(error))]


def unanswered(what: str, why: str) -> Diagnosis:
    """The warning that something could not be looked at."""
    repair = RIGHTS if why in REFUSED else "Run it again; if that does not help, look at it in the console."
    return Diagnosis(Level.WARNING, f"{what} could not be asked ({why})", repair)
