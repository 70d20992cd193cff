"""Why SES refuses a message: for each reason the error of SendEmail and the status of a bulk entry.

Source: botocore 1.43.106, sesv2 service model: the errors of SendEmail with their HTTP codes, and
BulkEmailStatus. Source for the wording of throttling: SES Developer Guide, "Errors related to the sending
quotas"; a recorded answer is `429 {"message":"Maximum sending rate exceeded."}`
(github.com/pm-pmaas/etailors_amazon_ses/issues/117). No recorded answer was found for the daily quota: the
guide says ThrottlingException, the model offers LimitExceededException.
"""

from enum import Enum

from flask import Response, jsonify


class Refusal(Enum):
    """A reason for a refusal: error type and HTTP status of SendEmail, status of a bulk entry, message."""

    BAD_REQUEST = ("BadRequestException", 400, "INVALID_PARAMETER", "Invalid parameter.")
    NO_CONFIGURATION_SET = ("NotFoundException", 404, "CONFIGURATION_SET_NOT_FOUND", "")
    NO_IDENTITY = ("NotFoundException", 404, "FAILED", "")
    IDENTITY_EXISTS = ("AlreadyExistsException", 400, "FAILED", "")
    REJECTED = ("MessageRejected", 400, "MESSAGE_REJECTED", "")
    MAIL_FROM_NOT_VERIFIED = (
        "MailFromDomainNotVerifiedException",
        400,
        "MAIL_FROM_DOMAIN_NOT_VERIFIED",
        "The MAIL FROM domain is not verified.",
    )
    THROTTLED = ("TooManyRequestsException", 429, "ACCOUNT_THROTTLED", "Maximum sending rate exceeded.")
    FAILED = ("InternalServiceErrorException", 500, "FAILED", "The message could not be sent.")
    TRANSIENT = ("InternalServiceErrorException", 500, "TRANSIENT_FAILURE", "A passing failure.")
    OVER_QUOTA = (
        "LimitExceededException",
        400,
        "ACCOUNT_DAILY_QUOTA_EXCEEDED",
        "Daily message quota exceeded.",
    )
    PAUSED = (
        "SendingPausedException",
        400,
        "ACCOUNT_SENDING_PAUSED",
        "Email sending is disabled for your account.",
    )

    def __init__(self, error_type: str, http_status: int, bulk_status: str, text: str) -> None:
        self.error_type = error_type
        self.http_status = http_status
        self.bulk_status = bulk_status
        self.text = text


class RefusedError(Exception):
    """SES refuses the call or the entry. Nothing was accepted, counted or kept."""

    def __init__(self, refusal: Refusal, text: str = "") -> None:
        super().__init__(text or refusal.text)
        self.refusal = refusal


def aws_error(error_type: str, status: int, text: str) -> Response:
    """An error in the form that boto3 parses.

    Source: botocore's rest-json protocol: the type is in `x-amzn-ErrorType`, the text in a JSON `message`.
    """
    response = jsonify(message=text)
    response.status_code = status
    response.headers["x-amzn-ErrorType"] = error_type
    return response
