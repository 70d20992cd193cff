"""What SES answers to a call for fifty, and what follows for each of them."""

import json
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any, cast

import pytest
from botocore import loaders
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    NoCredentialsError,
    ParamValidationError,
    ReadTimeoutError,
)

from broadsheet.aws.ses import SESEditorsMailer, SESMailer
from broadsheet.aws.ses_bulk import BulkRequests, SESBulkMailer
from broadsheet.mail import Mail, MailRejectedError, NotSentError, SendFailedError
from broadsheet.mailings.ports import Addressee, BulkResult
from tests.builders import a_body, a_newsletter

ADDRESS = "ana@readers.test"
UNVERIFIED = (
    "Email address is not verified. The following identities failed the check in region EU-CENTRAL-1: "
    f"{ADDRESS}"
)
REPORT = Mail("press@press.example.org", "Subject", "text", "<p>text</p>")
MAIL = Addressee("a" * 32, ADDRESS, "https://press.example.org/api/unsubscribe?t=x")
REFUSED = {"MESSAGE_REJECTED", "INVALID_PARAMETER", "FAILED"}
AGAIN = {"ACCOUNT_THROTTLED", "TRANSIENT_FAILURE"}
STATUSES = loaders.Loader().load_service_model("sesv2", "service-2")["shapes"]["BulkEmailStatus"]["enum"]


@dataclass
class SES:
    """An SES that gives every call one answer, or one error."""

    status: str = "SUCCESS"
    error: Exception | None = None
    text: str = ""
    passes_after: int = 1_000  # tries of a single mail
    tries: int = 0

    def send_bulk_email(self, **call: Any) -> dict[str, Any]:
        if self.error:
            raise self.error
        answer = {"Status": self.status, "Error": self.text} if self.text else {"Status": self.status}
        return {"BulkEmailEntryResults": [answer for _ in call["BulkEmailEntries"]]}

    def send_email(self, **_: Any) -> None:
        self.tries += 1
        if self.error and self.tries <= self.passes_after:
            raise self.error


def refusal(code: str, status: int, text: str = f"Something is wrong with {ADDRESS}") -> ClientError:
    answer: Any = {"Error": {"Code": code, "Message": text}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "SendBulkEmail")


@dataclass
class Written:
    """Keeps each call with the request that was serialised from it."""

    requests: BulkRequests
    calls: list[tuple[dict[str, Any], str]]

    def send_bulk_email(self, **call: Any) -> dict[str, Any]:
        self.calls.append((call, self.requests(call)))
        return {"BulkEmailEntryResults": []}


def test_a_bulk_request_is_complete_although_its_body_is_serialised_once() -> None:
    ses = Written(BulkRequests(), [])
    mailer = SESBulkMailer(cast(Any, ses), "set", a_newsletter())
    first, second = a_body(), replace(a_body(), subject="Тыдзень «два»", html="<p>{{brace}} \u2028</p>")

    for body, chunk in ((first, "1"), (first, "2"), (second, "3"), (first, "4")):
        mailer.send(body, [MAIL, replace(MAIL, subscriber_id="b" * 32)], {"mailing": "m", "chunk": chunk})

    assert [json.loads(written) for _, written in ses.calls] == [call for call, _ in ses.calls]


def send(ses: Any) -> BulkResult:
    return SESBulkMailer(ses, "set", a_newsletter()).send(a_body(), [MAIL], {"mailing": "m"})


@pytest.mark.parametrize("status", STATUSES)
def test_only_what_is_about_the_one_mail_refuses_it(status: str) -> None:
    expected = "accepted" if status == "SUCCESS" else f"refused:{status}" if status in REFUSED else "waiting"
    stop = "" if status in {"SUCCESS", *REFUSED, *AGAIN} else status
    assert send(SES(status)) == BulkResult([expected], stop)


def test_a_reader_whom_the_sandbox_does_not_know_is_not_refused_but_waits_for_their_verification() -> None:
    unverified = frozenset({MAIL.subscriber_id})
    assert send(SES("MESSAGE_REJECTED", text=UNVERIFIED)) == BulkResult(["waiting"], "", unverified)
    assert send(SES("MESSAGE_REJECTED", text="Bad content")) == BulkResult(["refused:MESSAGE_REJECTED"])


@pytest.mark.parametrize(
    "error",
    [
        refusal("TooManyRequestsException", 429),
        refusal("MessageRejected", 400),
        refusal("AccessDeniedException", 403),
        refusal("MailFromDomainNotVerifiedException", 400),
        ParamValidationError(report=f"Invalid value {ADDRESS}"),
        ConnectTimeoutError(endpoint_url="https://email.test"),
    ],
)
def test_a_call_that_ses_refused_or_never_received_mailed_nobody(error: Exception) -> None:
    with pytest.raises(NotSentError) as caught:
        send(SES(error=error))
    assert ADDRESS not in str(caught.value)


@pytest.mark.parametrize(
    ("error", "stop"),
    [
        (refusal("TooManyRequestsException", 429), ""),
        (refusal("LimitExceededException", 400), "ACCOUNT_DAILY_QUOTA_EXCEEDED"),
        (ConnectTimeoutError(endpoint_url="https://email.test"), ""),
        (ParamValidationError(report=f"Invalid value {ADDRESS}"), "ParamValidationError"),
        (NoCredentialsError(), "NoCredentialsError"),
        (refusal("MessageRejected", 400, UNVERIFIED), "NOT_VERIFIED"),
        (refusal("SendingPausedException", 400), "SendingPausedException"),
        (refusal("AccountSuspendedException", 400), "AccountSuspendedException"),
        (refusal("NotFoundException", 404), "NotFoundException"),
    ],
)
def test_the_error_of_a_refused_call_says_whether_anything_more_can_be_sent(
    error: Exception, stop: str
) -> None:
    with pytest.raises(NotSentError) as caught:
        send(SES(error=error))
    assert caught.value.stop == stop


@pytest.mark.parametrize(
    "error", [refusal("InternalFailure", 500), ReadTimeoutError(endpoint_url="https://email.test")]
)
def test_a_call_without_a_clear_answer_may_have_mailed(error: Exception) -> None:
    with pytest.raises(SendFailedError):
        send(SES(error=error))


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (refusal("MessageRejected", 400), MailRejectedError),
        (refusal("MessageRejected", 400, UNVERIFIED), NotSentError),
        (refusal("BadRequestException", 400), MailRejectedError),
        (refusal("TooManyRequestsException", 429), NotSentError),
        (refusal("SendingPausedException", 400), NotSentError),
        (ParamValidationError(report=f"Invalid value {ADDRESS}"), NotSentError),
        (refusal("InternalFailure", 500), SendFailedError),
        (ReadTimeoutError(endpoint_url="https://email.test"), SendFailedError),
    ],
)
def test_the_error_of_a_single_mail_says_by_a_code_whether_it_was_sent_and_contains_no_address(
    error: BotoCoreError | ClientError, kind: type[Exception]
) -> None:
    mail = Mail("press@press.example.org", "Subject", "text", "<p>text</p>")
    ses: Any = SES(error=error)
    with pytest.raises(kind) as caught:
        SESMailer(ses, "set").send(mail, ADDRESS, {})
    assert type(caught.value) is kind
    assert ADDRESS not in str(caught.value)
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    ("error", "noted", "raised"),
    [
        (refusal("MessageRejected", 400, UNVERIFIED), ["NOT_VERIFIED"], None),
        (refusal("MessageRejected", 400), [], MailRejectedError),
        (refusal("SendingPausedException", 400), [], NotSentError),
        (ReadTimeoutError(endpoint_url="https://email.test"), [], SendFailedError),
    ],
)
def test_an_unverified_editor_is_logged_by_a_code_and_every_other_error_is_raised(
    error: Exception, noted: list[str], raised: type[Exception] | None
) -> None:
    notes: list[str] = []
    slept: list[float] = []
    ses = SES(error=error)
    mailer = SESEditorsMailer(SESMailer(cast(Any, ses), "set"), notes.append, slept.append)
    with pytest.raises(raised) if raised else nullcontext():
        mailer.send(REPORT, ADDRESS, {})
    assert (notes, slept, ses.tries) == (noted, [], 1)


@pytest.mark.parametrize(("throttled", "raised"), [(1, None), (4, None), (5, NotSentError)])
def test_a_throttled_mail_to_an_editor_is_retried_after_a_second_and_not_forever(
    throttled: int, raised: type[Exception] | None
) -> None:
    slept: list[float] = []
    ses = SES(error=refusal("TooManyRequestsException", 429), passes_after=throttled)
    mailer = SESEditorsMailer(SESMailer(cast(Any, ses), "set"), lambda _: None, slept.append)
    with pytest.raises(raised) if raised else nullcontext():
        mailer.send(REPORT, ADDRESS, {})
    assert ses.tries == min(throttled + 1, 5)
    assert len(slept) == ses.tries - 1
    assert all(seconds > 1 for seconds in slept)
