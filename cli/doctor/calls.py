"""How checks call AWS and DNS. A call without an answer is a warning, never a fault."""

from collections.abc import Callable, Iterable
from functools import wraps
from inspect import signature
from typing import Any, ParamSpec, Protocol

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from cli.chosen_stack import QUICK
from cli.doctor.diagnosis import Diagnosis, warning
from cli.doctor.lookups import UnansweredError

CALL_ERRORS = (ClientError, BotoCoreError, ResponseParserError)  # the last one from a proxy's page
REFUSED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError"}
REFUSED |= {"AuthorizationErrorException"}
RIGHTS = "Attach the policy of the output DoctorPolicy to whoever runs this, or run it as whoever deploys."
RUN_AGAIN = "Run it again; if that does not help, look at it in the console."
Parameters = ParamSpec("Parameters")


class Clients(Protocol):
    """boto3's clients by service; in the home region unless another one is named."""

    def __call__(self, service: str, region: str | None = None) -> Any:  # noqa: ANN401  # boto3 has no common type of clients
        """A client; each service has its own type, which the check names."""


def clients_of(session: Any, home: str) -> Clients:  # noqa: ANN401  # boto3's Session is not typed here
    """The clients of a session, with short time-outs; in the region `home` unless another one is named."""

    def client(service: str, region: str | None = None) -> Any:  # noqa: ANN401  # as above
        return session.client(service, region_name=region or home, config=QUICK)

    return client


def code_of(error: Exception) -> str:
    """AWS's error code, or the name of the exception if AWS did not answer."""
    return str(error.response["Error"]["Code"]) if isinstance(error, ClientError) else type(error).__name__


def check(
    subject: str,
) -> Callable[[Callable[Parameters, Iterable[Diagnosis]]], Callable[Parameters, list[Diagnosis]]]:
    """A decorator: what a check finds, or only a warning about `subject` if AWS or DNS does not answer.

    `subject` may name arguments of the check in braces.
    """

    def decorate(find: Callable[Parameters, Iterable[Diagnosis]]) -> Callable[Parameters, list[Diagnosis]]:
        @wraps(find)
        def run(*args: Parameters.args, **kwargs: Parameters.kwargs) -> list[Diagnosis]:
            try:
                return list(find(*args, **kwargs))
            except (*CALL_ERRORS, UnansweredError) as error:
                return [_unanswered(subject.format(**signature(find).bind(*args, **kwargs).arguments), error)]

        return run

    return decorate


def _unanswered(subject: str, error: Exception) -> Diagnosis:
    if isinstance(error, UnansweredError):
        return unanswered(
            subject, str(error), "Run it where DNS works; until then it is not known whether they are there."
        )
    code = code_of(error)
    return unanswered(subject, code, RIGHTS if code in REFUSED else RUN_AGAIN)


def unanswered(subject: str, reason: str, repair: str = RUN_AGAIN) -> Diagnosis:
    """The warning that something could not be checked."""
    return warning(f"{subject} could not be checked ({reason})", repair)
