"""SES: one mail to one address; and what may be told of an error of SES.

SES's error texts, and botocore's complaints about parameters, can hold addresses: only codes leave this room.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

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
REJECTED = {"MessageRejected", "BadRequestException"}  # about the one mail, where a call has but one
UNVERIFIED = "is not verified"  # in the text of a rejection
MOST_TRIES, SECONDS_BETWEEN_TRIES = 5, 1.1  # the slowest grant is one a second
NEVER_ARRIVED = (ConnectTimeoutError, EndpointConnectionError)
NEVER_LEFT = (ParamValidationError, NoCredentialsError)  # and would not the next time


def code_of(error: ClientError | BotoCoreError) -> str:
    """What may be logged of an error: SES's code, or the name of what went wrong on the way there."""
    return error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__


def failure_of(error: ClientError | BotoCoreError) -> NotSentError | SendFailedError:
    """What an error of a send means: nothing was taken (4xx, or it never arrived), or nobody knows.

    A rejection for want of verification is about our account, not about the mail: it ends when the account
    leaves the sandbox, or when the identity is verified.

    Source: SES v2 API, SendEmail: errors; botocore's exceptions for what happens on the way.
    """
    code = code_of(error)
    if isinstance(error, NEVER_ARRIVED):
        return NotSentError(code)
    if isinstance(error, NEVER_LEFT):
        return NotSentError(code, code)
    if not isinstance(error, ClientError) or _status(error) >= SERVER_FAULT:
        return SendFailedError(code)
    return _refusal(code, error.response["Error"]["Message"])


def _refusal(code: str, text: str) -> NotSentError:
    """What a 4xx means."""
    if is_for_verification(code, text):
        return NotSentError(NOT_VERIFIED, NOT_VERIFIED)
    if code in REJECTED:
        return MailRejectedError(code, code)
    if code == NO_MORE_TODAY:
        return NotSentError(code, QUOTA)
    return NotSentError(code, "" if code in THROTTLED else code)


def is_for_verification(code: str, text: str) -> bool:
    """Whether SES refused for want of verification; the text, which names addresses, is looked at alone.

    Source: SES Developer Guide, "Amazon SES API errors": "Email address is not verified. The following
    identities failed the check in region ...", as MessageRejected; in a bulk answer as MESSAGE_REJECTED.
    """
    return code in {"MessageRejected", "MESSAGE_REJECTED"} and UNVERIFIED in text


def _status(error: ClientError) -> int:
    return int(error.response["ResponseMetadata"]["HTTPStatusCode"])


@dataclass(frozen=True)
class SESMailer:
    """`SendEmail`, through the configuration set; the client must have no automatic retries."""

    ses: "SESV2Client"
    configuration_set: str

    def send(self, mail: Mail, to: str, tags: dict[str, str]) -> None:
        """Hand one mail to SES.

        Source: SES v2 API, SendEmail: `Content.Simple.Headers`, up to 15 of them.

        Raises:
            NotSentError: SES took nothing; `MailRejectedError` if it never will.
            SendFailedError: nobody knows. Each with the code alone.
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
                        "Headers": [{"Name": name, "Value": value} for name, value in mail.headers.items()],
                    }
                },
                EmailTags=[{"Name": name, "Value": value} for name, value in tags.items()],
                ConfigurationSetName=self.configuration_set,
            )
        except (ClientError, BotoCoreError) as error:
            raise failure_of(error) from None


@dataclass(frozen=True)
class SESEditorsMailer:
    """Mails to editors, a few at once, about work that is done; what they say lies on the desk as well.

    One editor whom SES does not know as verified is passed over, and `note` gets the code: that must neither
    keep the others from their mail nor have the work repeated until it is given up. A throttled call is made
    again after a `sleep`: in the sandbox a second mail within a second is one too many.
    """

    mailer: SESMailer
    note: Callable[[str], None]
    sleep: Callable[[float], None]

    def send(self, mail: Mail, to: str, tags: dict[str, str]) -> None:
        """Hand one mail to SES, or note why this editor gets none.

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
