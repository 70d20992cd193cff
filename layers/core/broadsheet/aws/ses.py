"""Sends single mails by SES, and tells what its errors mean.

SES's error texts, and botocore's about parameters, can hold addresses: only codes leave this module.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
)

from broadsheet.mail import NOT_VERIFIED, QUOTA, Mail, MailRejectedError, NotSentError, SendFailedError

if TYPE_CHECKING:
    from types_boto3_sesv2 import SESV2Client

CHARSET = "UTF-8"
SERVER_FAULT = 500
THROTTLED = {"TooManyRequestsException", "ThrottlingException", "Throttling"}
NO_MORE_TODAY = "LimitExceededException"
REJECTED = {"MessageRejected", "BadRequestException"}  # about the mail itself
UNVERIFIED = "is not verified"  # in the text of a rejection
MOST_TRIES, SECONDS_BETWEEN_TRIES = 5, 1.1  # the lowest quota is one mail a second
NEVER_ARRIVED = (ConnectTimeoutError, EndpointConnectionError)
NEVER_SENT = (ParamValidationError, NoCredentialsError)  # a retry would fail as well


def code_of(error: ClientError | BotoCoreError) -> str:
    """What may be logged of an error: SES's code, or the type of botocore's error."""
    return error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__


def failure_of(error: ClientError | BotoCoreError) -> NotSentError | SendFailedError:
    """What a failed send means: nothing was sent (4xx, or the request never arrived), or that is unknown.

    A missing verification is about our account, not about the mail: it ends when the account leaves the
    sandbox, or when the identity is verified.

    Source: SES v2 API, SendEmail: errors.
    """
    code = code_of(error)
    if isinstance(error, NEVER_ARRIVED):
        return NotSentError(code)
    if isinstance(error, NEVER_SENT):
        return NotSentError(code, code)
    if not isinstance(error, ClientError) or _status(error) >= SERVER_FAULT:
        return SendFailedError(code)
    return _refusal(code, error.response["Error"]["Message"])


def _refusal(code: str, text: str) -> NotSentError:
    if lacks_verification(code, text):
        return NotSentError(NOT_VERIFIED, NOT_VERIFIED)
    if code in REJECTED:
        return MailRejectedError(code, code)
    if code == NO_MORE_TODAY:
        return NotSentError(code, QUOTA)
    return NotSentError(code, "" if code in THROTTLED else code)


def lacks_verification(code: str, text: str) -> bool:
    """Whether SES refused an unverified address or sender; the text itself must not be kept.

    Source: SES Developer Guide, "Amazon SES API errors": "Email address is not verified. The following
    identities failed the check in region ...", as MessageRejected; in a bulk answer as MESSAGE_REJECTED.
    """
    return code in {"MessageRejected", "MESSAGE_REJECTED"} and UNVERIFIED in text


def name_values(pairs: Mapping[str, str]) -> list[Any]:
    """Headers or tags as SES takes them."""
    return [{"Name": name, "Value": value} for name, value in pairs.items()]


def _status(error: ClientError) -> int:
    return int(error.response["ResponseMetadata"]["HTTPStatusCode"])


@dataclass(frozen=True)
class SESMailer:
    """`SendEmail`, through the configuration set; the client must have no automatic retries."""

    ses: "SESV2Client"
    configuration_set: str

    def send(self, mail: Mail, to: str, tags: dict[str, str]) -> None:
        """Make one call; the errors have codes only.

        Source: SES v2 API, SendEmail: `Content.Simple.Headers`, up to 15 of them.

        Raises:
            NotSentError: nothing was sent; `MailRejectedError` if a retry is useless.
            SendFailedError: it is unknown whether it was sent.
        """
        try:
            self.ses.send_email(
                FromEmailAddress=mail.sender,
                Destination={"ToAddresses": [to]},
                ReplyToAddresses=[mail.reply_to] if mail.reply_to else [],
                Content={
                    "Simple": {
                        "Subject": {"Data": mail.subject, "Charset": CHARSET},
                        "Body": {
                            "Text": {"Data": mail.text, "Charset": CHARSET},
                            "Html": {"Data": mail.html, "Charset": CHARSET},
                        },
                        "Headers": name_values(mail.headers),
                    }
                },
                EmailTags=name_values(tags),
                ConfigurationSetName=self.configuration_set,
            )
        except (ClientError, BotoCoreError) as error:
            raise failure_of(error) from None


@dataclass(frozen=True)
class SESEditorsMailer:
    """Mails reports to a few editors; the desk has each report as well.

    An editor whose address is not verified is skipped, and `note` gets the code: the other editors get their
    mail, and the work that is reported is not repeated. A throttled call is repeated after a `sleep`, since
    the sandbox allows one mail a second.
    """

    mailer: SESMailer
    note: Callable[[str], None]
    sleep: Callable[[float], None]

    def send(self, mail: Mail, to: str, tags: dict[str, str]) -> None:
        """Send one mail, or note why this editor gets none.

        Raises:
            NotSentError, SendFailedError: as `SESMailer.send`, for every other reason.
        """
        for tries_left in reversed(range(MOST_TRIES)):
            try:
                return self.mailer.send(mail, to, tags)
            except NotSentError as error:
                if error.stop == NOT_VERIFIED:
                    return self.note(error.stop)
                if str(error) not in THROTTLED or not tries_left:
                    raise
            self.sleep(SECONDS_BETWEEN_TRIES)
        return None
