"""SES's bulk call, by which mailings are sent, and its sending quota."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from broadsheet.aws.direct_json import as_json, use_direct_json
from broadsheet.aws.ses import failure_of, lacks_verification, name_values
from broadsheet.mail import NOT_VERIFIED
from broadsheet.mailings import template_text
from broadsheet.mailings.body import Body, envelope
from broadsheet.mailings.mailing import DeliveryStatus
from broadsheet.mailings.ports import Addressee, BulkResult, SendingQuota
from broadsheet.newsletter import Newsletter

if TYPE_CHECKING:
    from types_boto3_sesv2 import SESV2Client
    from types_boto3_sesv2.type_defs import BulkEmailEntryResultTypeDef

REFUSED = {"MESSAGE_REJECTED", "INVALID_PARAMETER", "FAILED"}  # one mail; other codes are about the account
RETRIED = {"ACCOUNT_THROTTLED", "TRANSIENT_FAILURE"}  # temporary
VALUES = json.dumps({**template_text.VALUES, "unsubscribe_url": ""}).removesuffix('""}')  # the same for all


@dataclass(frozen=True)
class SESSendingQuotas:
    """The sending quota, by `GetAccount`."""

    ses: "SESV2Client"

    def current(self) -> SendingQuota:
        """Call SES. Source: SES v2 API, GetAccount: SendQuota; -1 stands for no quota."""
        answer = self.ses.get_account()
        quota = answer["SendQuota"]
        return SendingQuota(
            quota.get("MaxSendRate", 1.0),
            quota.get("Max24HourSend", 0.0),
            quota.get("SentLast24Hours", 0.0),
            answer.get("SendingEnabled", True),
        )


@dataclass(frozen=True)
class SESBulkMailer:
    """`SendBulkEmail` with an inline template; the client must have no automatic retries."""

    ses: "SESV2Client"
    configuration_set: str
    newsletter: Newsletter

    def send(self, body: Body, addressees: list[Addressee], tags: dict[str, str]) -> BulkResult:
        """Make one call; each recipient has their own headers, tags and values.

        Raises:
            NotSentError: nothing was sent: SES refused (4xx), or the request never reached it.
            SendFailedError: it is unknown whether it was sent (5xx, timeout, reset).

        Source: SES v2 API, SendBulkEmail: a status for each entry, in order; up to 50 entries.
        """
        shared = envelope(self.newsletter, body.sender_name, body.edition)
        try:
            answer = self.ses.send_bulk_email(
                FromEmailAddress=shared.sender,
                ReplyToAddresses=[shared.reply_to],
                DefaultContent={
                    "Template": {
                        "TemplateContent": {"Subject": body.subject, "Text": body.text, "Html": body.html},
                        "TemplateData": _values(""),
                        "Headers": name_values(shared.headers),
                    }
                },
                DefaultEmailTags=name_values({**tags, **_feedback_id(body, tags)}),
                BulkEmailEntries=[_entry(addressee) for addressee in addressees],
                ConfigurationSetName=self.configuration_set,
            )
        except (ClientError, BotoCoreError) as error:
            raise failure_of(error) from None
        return _bulk_result(addressees, [_status(result) for result in answer["BulkEmailEntryResults"]])


def bulk_mailer(ses: "SESV2Client", configuration_set: str, newsletter: Newsletter) -> SESBulkMailer:
    """A mailer that serialises its calls directly; the client must not validate parameters."""
    use_direct_json(ses, "SendBulkEmail", BulkRequests())
    return SESBulkMailer(ses, configuration_set, newsletter)


class BulkRequests:
    """Serialises `SendBulkEmail` requests; caches the content that a mailing's calls share."""

    _content: object = None
    _serialised = ""

    def __call__(self, parameters: dict[str, Any]) -> str:
        """The request as JSON."""
        content = parameters["DefaultContent"]
        if content != self._content:
            self._content, self._serialised = content, as_json(content)
        own = as_json({name: value for name, value in parameters.items() if name != "DefaultContent"})
        return f'{{"DefaultContent":{self._serialised},{own.removeprefix("{")}'


def _bulk_result(addressees: list[Addressee], statuses: list[str]) -> BulkResult:
    known = {"SUCCESS", NOT_VERIFIED, *REFUSED, *RETRIED}
    pairs = zip(addressees, statuses, strict=False)
    return BulkResult(
        [_delivery_status(status) for status in statuses],
        next((status for status in statuses if status not in known), ""),
        frozenset(addressee.subscriber_id for addressee, status in pairs if status == NOT_VERIFIED),
    )


def _feedback_id(body: Body, tags: dict[str, str]) -> dict[str, str]:
    """Tags from which SES makes the header Feedback-ID. Source: AWS Messaging blog, July 2024."""
    return {"ses:feedback-id-a": tags.get("mailing", ""), "ses:feedback-id-b": body.edition}


def _entry(addressee: Addressee) -> Any:  # noqa: ANN401  # the SDK's nested dict
    return {
        "Destination": {"ToAddresses": [addressee.address]},
        "ReplacementTags": name_values({"subscriber": addressee.subscriber_id}),
        "ReplacementEmailContent": {
            "ReplacementTemplate": {"ReplacementTemplateData": _values(addressee.unsubscribe_url)}
        },
        "ReplacementHeaders": name_values({"List-Unsubscribe": f"<{addressee.unsubscribe_url}>"}),
    }


def _values(unsubscribe_url: str) -> str:
    """The template's values, as JSON."""
    return f"{VALUES}{json.dumps(unsubscribe_url)}}}"


def _status(result: "BulkEmailEntryResultTypeDef") -> str:
    """SES's status of an entry; `NOT_VERIFIED` if the address is not verified (sandbox)."""
    status = result.get("Status", "")
    return NOT_VERIFIED if lacks_verification(status, result.get("Error", "")) else status


def _delivery_status(status: str) -> str:
    """Refused if the error is about this mail; throttling, quota, pause, sandbox and set-up are temporary."""
    if status == "SUCCESS":
        return DeliveryStatus.ACCEPTED.value
    return f"{DeliveryStatus.REFUSED.value}:{status}" if status in REFUSED else DeliveryStatus.WAITING.value
