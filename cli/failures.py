"""What a command says when it fails: one sentence for each cause, and what to do.

No sentence has the text of an error of AWS, which may hold an address or a name; only its code, and the
operation that was refused.
"""

import os
import re
import traceback
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from botocore import exceptions as aws
from botocore.parsers import ResponseParserError
from urllib3.exceptions import HTTPError

from broadsheet.archive.history import HistoryFileError
from broadsheet.mailings.control import UnknownMailingError, WrongStateError
from broadsheet.subscribers.mailing_list.csv_rows import TableError
from broadsheet.subscribers.mailing_list.ports import ListBusyError
from broadsheet.subscribers.ports import FingerprintsClosedError
from cli.chosen_stack import StackOptions
from cli.counting import counted
from infrastructure.build import BuildError
from local.engine import EngineError
from local.stack import StackMissingError
from local.system import LocalSystemError

KEY_IS_OFF = "Addresses are locked: a key is disabled, as after `panic`. `{recover}` unlocks them."
SIGNED_OUT = "You are no longer signed in to AWS. Sign in again: aws sso login."
MOST_SECONDS_OFF = 240  # Source: Signature V4: AWS refuses calls signed more than five minutes off
ACTION = re.compile(r"not authorized to perform: ([\w-]+:\w+)")
SIGNED_AT_ANOTHER_TIME = re.compile("Signature (?:expired|not yet current)")
SERVER_ERROR = 500
OWN = (  # their texts are ours, and say what to do
    *(BuildError, EngineError, HistoryFileError, ListBusyError, LocalSystemError),
    *(StackMissingError, TableError, UnknownMailingError, WrongStateError),
)
UNREACHED = (
    *(aws.ConnectionError, aws.HTTPClientError, aws.IncompleteReadError, aws.WaiterError, HTTPError),
    ResponseParserError,
)
NOT_ACCEPTED = {
    *("AuthFailure", "IncompleteSignature", "InvalidAccessKeyId", "InvalidClientTokenId", "InvalidToken"),
    *("InvalidSignatureException", "MissingAuthenticationToken", "MissingAuthenticationTokenException"),
    *("NotAuthorized", "OptInRequired", "SignatureDoesNotMatch", "UnrecognizedClientException"),
}
SKEWED = {"RequestExpired", "RequestInTheFuture", "RequestTimeTooSkewed"}
REFUSED = {
    *("AccessDenied", "AccessDeniedException", "AuthorizationError", "AuthorizationErrorException"),
    *("UnauthorizedAccess", "UnauthorizedOperation"),
}
BY_CODE = (  # AWS's codes and what they mean; the others are shown as they are
    ({"DisabledException", "KMSInvalidStateException"}, KEY_IS_OFF),
    ({"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"}, SIGNED_OUT),
    (
        NOT_ACCEPTED,
        (
            "AWS does not accept the credentials in {region} ({code}). Check them: aws configure list. A"
            " region that the account has not enabled refuses them, too."
        ),
    ),
    (
        {
            *("NoSuchBucket", "NotFoundException", "QueueDoesNotExist", "ResourceNotFoundException"),
            "AWS.SimpleQueueService.NonExistentQueue",
        },
        "A part of {stack} is missing: {operation} found nothing ({code}). Run: {doctor}",
    ),
    (
        {
            *("ProvisionedThroughputExceededException", "RequestLimitExceeded", "SlowDown", "Throttling"),
            *("ThrottlingException", "TooManyRequestsException"),
        },
        "AWS accepts no more requests at the moment ({operation}). Run it again in a minute.",
    ),
)
BY_TYPE: tuple[tuple[type[Exception] | tuple[type[Exception], ...], str], ...] = (
    (
        (aws.NoCredentialsError, aws.NoAuthTokenError),
        (
            "There are no AWS credentials here. Sign in (aws sso login), or name a profile (--profile NAME"
            " or AWS_PROFILE); for the local system, add --local."
        ),
    ),
    (aws.PartialCredentialsError, "The AWS credentials are incomplete: an access key needs its secret."),
    (
        aws.ProfileNotFound,
        "There is no AWS profile {profile}. `aws configure list-profiles` lists the existing ones.",
    ),
    ((aws.SSOError, aws.TokenRetrievalError, aws.LoginError), SIGNED_OUT),
    (
        (aws.CredentialRetrievalError, aws.RefreshWithMFAUnsupportedError),
        "The AWS credentials can't be obtained the way the profile says. Check it: aws configure list",
    ),
    (aws.InvalidRegionError, "{region} is not the name of a region; one looks like eu-central-1."),
    (
        (
            *(aws.ConfigParseError, aws.ConfigNotFound, aws.InvalidConfigError, aws.UnknownCredentialError),
            *(aws.InvalidRetryConfigurationError, aws.MissingDependencyException, aws.InvalidDefaultsMode),
        ),
        "The AWS settings can't be used ({type}). Check ~/.aws/config",
    ),
    (aws.ProxyConnectionError, "The proxy can't be reached. Check the variable HTTPS_PROXY."),
    (
        aws.SSLError,
        "No secure connection to AWS in {region}: its certificate is not trusted on this machine.",
    ),
    (
        UNREACHED,
        "AWS can't be reached {there}. Is this machine online, and is that the right region or endpoint?",
    ),
    (FingerprintsClosedError, KEY_IS_OFF),
    (aws.BotoCoreError, "The call to AWS failed: {type}."),
)


def sentence_for(error: Exception, stack: StackOptions | None) -> str | None:
    """What happened and what to do; None if the error is none that a user or their environment causes.

    `stack` is the one that the command works on.
    """
    stack = stack or StackOptions()
    if isinstance(error, OWN):
        return str(error)
    if isinstance(error, aws.ClientError):
        return _refused(error, stack)
    if isinstance(error, UnicodeDecodeError):
        return "A file that should be text is not valid UTF-8."
    if isinstance(error, OSError) and not isinstance(error, aws.BotoCoreError):
        return f"{error.filename or 'The file'}: {error.strerror or type(error).__name__}."
    return _unasked(error, stack)


def _unasked(error: Exception, stack: StackOptions) -> str | None:
    """Why AWS did not answer; None if the error is not about that."""
    if _is_of_bad_address(error):
        return "The address in the variable AWS_ENDPOINT_URL can't be used. Correct it, or unset it."
    if _is_of_another(error):
        return "Something other than AWS answered: a proxy, or this network's sign-in page."
    if stack.local and isinstance(error, UNREACHED):
        if stack.engine_port:
            return (
                f"The local system does not answer on port {stack.engine_port}. Omit --engine-port:"
                " the command finds the port."
            )
        return f"The local system does not answer. Run: {stack.stop}, then {stack.deploy}"
    for types, text in BY_TYPE:
        if isinstance(error, types):
            profile = getattr(error, "kwargs", {}).get("profile", "")
            endpoint = os.environ.get("AWS_ENDPOINT_URL")
            there = f"at {endpoint}" if endpoint else f"in {stack.region}"
            values = {"there": there, "profile": profile, "type": type(error).__name__}
            return text.format(**_of(stack), **values)
    return None


def _of(stack: StackOptions) -> dict[str, object]:
    """What a sentence may say of the stack, and the commands that it may advise."""
    advised = {name: stack.command(name) for name in ("recover", "doctor")}
    return {"stack": stack, "region": stack.region, **advised}


def _is_of_bad_address(error: Exception) -> bool:
    """Whether botocore was given an address that is none; it raises a plain ValueError."""
    is_plain = isinstance(error, ValueError) and not isinstance(error, aws.BotoCoreError)
    return is_plain and any(module.startswith("botocore.") for module in _modules(error))


def _is_of_another(error: Exception) -> bool:
    """Whether botocore could not read an answer; of a page that is XML by chance it raises a KeyError."""
    is_unread = isinstance(error, ResponseParserError)
    return is_unread or _modules(error)[-1:] == [ResponseParserError.__module__]


def _modules(error: Exception) -> list[str]:
    """The modules through which it came, the one that raised it last."""
    return [str(frame.f_globals["__name__"]) for frame, _ in traceback.walk_tb(error.__traceback__)]


def code_of(error: aws.ClientError) -> str:
    """AWS's code of an error."""
    return str(error.response.get("Error", {}).get("Code", "unknown"))


def is_refused(error: aws.ClientError) -> bool:
    """Whether the caller lacks a right."""
    return code_of(error) in REFUSED


def is_known(error: aws.ClientError) -> bool:
    """Whether `sentence_for` can say more of it than its code."""
    code = code_of(error)
    return code in REFUSED | SKEWED or any(code in codes for codes, _ in BY_CODE)


def _refused(error: aws.ClientError, stack: StackOptions) -> str:
    """What AWS's answer says."""
    code, operation = code_of(error), error.operation_name
    if stack.local and code in NOT_ACCEPTED:
        on_port = f" on port {stack.engine_port}" if stack.engine_port else ""
        return f"The engine{on_port} belongs to another local system. Add its --state."
    if code in SKEWED or (code in NOT_ACCEPTED and _is_clock_wrong(error)):
        return f"The clock of this machine is wrong{_by(error)}, so AWS refuses its calls. Set the clock."
    if code in REFUSED:
        return _no_right(error, stack.policy)
    for codes, text in BY_CODE:
        if code in codes:
            return text.format(**_of(stack), operation=operation, code=code)
    if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= SERVER_ERROR:
        return f"AWS failed to carry out {operation} ({code}). Run it again in a minute."
    return f"AWS gave an unexpected answer to {operation}: {code}."


def _no_right(error: aws.ClientError, policy: str) -> str:
    named = ACTION.search(error.response.get("Error", {}).get("Message", ""))
    what = f"You have no permission for {named[1] if named else error.operation_name}."
    if not policy:
        return f"{what} Use the credentials of whoever deploys."
    return (
        f"{what} Whoever administers the account can attach the stack's policy for this to your user or"
        f" role: its ARN is the output {policy}."
    )


def _is_clock_wrong(error: aws.ClientError) -> bool:
    message = error.response.get("Error", {}).get("Message", "")
    return bool(SIGNED_AT_ANOTHER_TIME.search(message)) or abs(_seconds_ahead(error)) > MOST_SECONDS_OFF


def _by(error: aws.ClientError) -> str:
    minutes = round(_seconds_ahead(error) / 60)
    return f" by {counted(abs(minutes), 'minute')}" if minutes else ""


def _seconds_ahead(error: aws.ClientError) -> float:
    """How far this machine's clock is ahead of the answer's date; 0 if that has none."""
    metadata: Any = error.response.get("ResponseMetadata", {})
    try:
        date = parsedate_to_datetime(metadata.get("HTTPHeaders", {}).get("date", ""))
    except ValueError:
        return 0.0
    return (datetime.now(UTC) - (date if date.tzinfo else date.replace(tzinfo=UTC))).total_seconds()
