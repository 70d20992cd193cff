"""Where use cases meet AWS: one builder a function. Clients are made here, and only those that are needed."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from broadsheet.settings import newsletter, setting

if TYPE_CHECKING:
    from broadsheet.aws.buckets import S3Desk
    from broadsheet.aws.ledger import DynamoDBLedger
    from broadsheet.aws.register import DynamoDBRegister
    from broadsheet.aws.ses import SESMailer
    from broadsheet.aws.subscribers import DynamoDBSubscribers
    from broadsheet.aws.vault import KMSVault, StoredAddresses
    from broadsheet.feedback.record import RecordFeedback
    from broadsheet.issues.desk import Desk
    from broadsheet.issues.rebuild import RebuildSite
    from broadsheet.mailings.deliver import DeliverChunk
    from broadsheet.mailings.release import Release
    from broadsheet.mailings.start import Outcome as StartOutcome
    from broadsheet.mailings.sweep import Sweep
    from broadsheet.mailings.tell import TellEditors
    from broadsheet.newsletter import Newsletter
    from broadsheet.site.issues import IssuePages
    from broadsheet.site.lists import ListPages
    from broadsheet.subscribers.door import ConfirmDoor, LeaveDoor
    from broadsheet.subscribers.links import Links
    from broadsheet.subscribers.orders import SignUp
    from broadsheet.subscribers.process import Outcome as SignUpOutcome
    from broadsheet.subscribers.sign_up_door import SignUpDoor

# A send that is given up may have gone: wait long where many are at stake, less than the function may run.
BULK_READ_TIMEOUT_SECONDS = 30
SINGLE_READ_TIMEOUT_SECONDS = 10
CONNECT_TIMEOUT_SECONDS = 5


def subscribe() -> "SignUpDoor":
    """`POST /api/subscribe`."""
    from broadsheet.aws.queues import SQSSignUps
    from broadsheet.aws.seal import KMSSeal
    from broadsheet.subscribers.sign_up import subscribe as use_case
    from broadsheet.subscribers.sign_up_door import SignUpDoor

    letter = newsletter()
    act = partial(
        use_case,
        newsletter=letter,
        seal=KMSSeal(_client("kms"), setting("ADDRESS_KEY")),
        sign_ups=SQSSignUps(_client("sqs"), setting("SIGNUP_QUEUE")),
        clock=_now,
    )
    return SignUpDoor(letter, act)


def process_signup() -> "Callable[[SignUp], SignUpOutcome]":
    """SignupQueue's orders."""
    from broadsheet.subscribers.mails import confirmation_mail
    from broadsheet.subscribers.process import process_signup as use_case

    letter = newsletter()
    return partial(
        use_case,
        vault=_vault(),
        subscribers=_subscribers(),
        mailer=_mailer(),
        links=_links(),
        confirmation=partial(confirmation_mail, newsletter=letter),
        clock=_now,
    )


def confirm_subscription() -> "ConfirmDoor":
    """`/api/confirm`."""
    from broadsheet.subscribers.confirm import confirm, is_waiting
    from broadsheet.subscribers.door import ConfirmDoor

    subscribers = _subscribers()
    return ConfirmDoor(
        newsletter(),
        _links(),
        partial(is_waiting, subscribers=subscribers, clock=_now),
        partial(confirm, subscribers=subscribers, clock=_now),
    )


def unsubscribe() -> "LeaveDoor":
    """`/api/unsubscribe`."""
    from broadsheet.subscribers.door import LeaveDoor
    from broadsheet.subscribers.leave import unsubscribe as use_case

    return LeaveDoor(newsletter(), _links(), partial(use_case, subscribers=_subscribers(), clock=_now))


def publish_issue() -> "Desk":
    """DeskQueue's events."""
    import secrets

    from broadsheet.aws.buckets import S3Desk, S3Revisions, S3Site
    from broadsheet.aws.previews import DynamoDBPreviews
    from broadsheet.aws.register import DynamoDBRegister
    from broadsheet.issues.desk import Desk
    from broadsheet.issues.drafts import PreviewDraft
    from broadsheet.issues.kept import KeptIssues
    from broadsheet.issues.publish import PublishIssue
    from broadsheet.site.issues import IssuePages
    from broadsheet.site.lists import ListPages

    letter, s3, table, mailer = newsletter(), _client("s3"), _table("REGISTER_TABLE"), _mailer()
    desk, revisions = S3Desk(s3, setting("DESK_BUCKET")), S3Revisions(s3, setting("DESK_BUCKET"))
    register, site = DynamoDBRegister(table), S3Site(s3, setting("SITE_BUCKET"))
    kept = KeptIssues(revisions, letter)
    pages, lists = IssuePages(letter, register, kept, site), ListPages(letter, register, kept, site)
    hold, mailed = _mailings(letter)
    return Desk(
        PublishIssue(letter, desk, site, register, revisions, pages, lists, hold, mailed, mailer, _now),
        PreviewDraft(letter, desk, site, DynamoDBPreviews(table), lists, mailer, _now, secrets.token_urlsafe),
        _rebuild(letter, register, pages, lists),
    )


def start_mailing() -> "Callable[[str], StartOutcome]":
    """One schedule a mailing."""
    from broadsheet.aws.mailing import DynamoDBReaders
    from broadsheet.aws.register import DynamoDBRegister
    from broadsheet.mailings.start import start_mailing as use_case

    return partial(
        use_case,
        newsletter=newsletter(),
        ledger=_ledger(),
        register=DynamoDBRegister(_table("REGISTER_TABLE")),
        readers=DynamoDBReaders(_table("SUBSCRIBERS_TABLE")),
        release=_release(),
        clock=_now,
    )


def deliver_chunk() -> "DeliverChunk":
    """DeliveryQueue's orders."""
    from broadsheet.aws.buckets import S3Revisions
    from broadsheet.aws.mailing import DynamoDBPaces, DynamoDBReaders, SESBulkMailer, SQSDeliveries
    from broadsheet.mailings.body import LastBody
    from broadsheet.mailings.deliver import DeliverChunk
    from broadsheet.mailings.pace import PaceBook

    letter = newsletter()
    return DeliverChunk(
        newsletter=letter,
        ledger=_ledger(),
        readers=DynamoDBReaders(_table("SUBSCRIBERS_TABLE")),
        bodies=LastBody(S3Revisions(_client("s3"), setting("DESK_BUCKET"))),
        addresses=_stored_addresses(),
        links=_links(),
        mailer=SESBulkMailer(_ses(BULK_READ_TIMEOUT_SECONDS), setting("CONFIGURATION_SET"), letter),
        pace=PaceBook(DynamoDBPaces(_table("LEDGER_TABLE"))),
        deliveries=SQSDeliveries(_client("sqs"), setting("DELIVERY_QUEUE")),
        clock=_now,
        sleep=time.sleep,
        resends=setting("DOUBTS") == "resend",
    )


def record_feedback() -> "RecordFeedback":
    """FeedbackQueue's events."""
    from broadsheet.aws.fingerprints import KMSFingerprints
    from broadsheet.aws.heads import DynamoDBHeads
    from broadsheet.feedback.record import RecordFeedback

    ledger, fingerprints = _ledger(), KMSFingerprints(_client("kms"), setting("FINGERPRINT_KEY"))
    return RecordFeedback(ledger, DynamoDBHeads(ledger.table), _subscribers(), fingerprints, _now)


def sweep() -> "Sweep":
    """The one clock."""
    from broadsheet.aws.metrics import LoggedMetrics
    from broadsheet.mailings.sweep import Sweep

    release, tell, metrics = _release(), _tell_editors(), LoggedMetrics(setting("STACK"))
    return Sweep(
        release.ledger,
        release.deliveries,
        start_mailing(),
        release,
        tell.rested,
        _now,
        tell.alert,
        lambda number: metrics.count("MailingsWaiting", number, _now()),
    )


def _mailings(letter: "Newsletter") -> tuple[Any, Any]:
    """What publishing needs of mailings: to hold them, and to know whose have begun."""
    from broadsheet.aws.mailing import EventBridgeSchedule
    from broadsheet.mailings.start import editions_mailed, hold_mailings

    ledger = _ledger()
    schedule = EventBridgeSchedule(
        _client("scheduler"), setting("SCHEDULE_GROUP"), setting("START_MAILING"), setting("SCHEDULE_ROLE")
    )
    hold = timedelta(seconds=int(setting("HOLD_SECONDS")))
    return (
        partial(hold_mailings, newsletter=letter, ledger=ledger, schedule=schedule, clock=_now, hold=hold),
        partial(editions_mailed, newsletter=letter, ledger=ledger),
    )


def _tell_editors() -> "TellEditors":
    """Reports of mailings. What only a report needs is loaded and made when one is due."""
    from broadsheet.aws.heads import DynamoDBHeads
    from broadsheet.mailings.tell import TellEditors

    letter, ledger = newsletter(), _ledger()
    bucket, configuration_set = setting("DESK_BUCKET"), setting("CONFIGURATION_SET")
    resends = setting("DOUBTS") == "resend"

    def desk() -> "S3Desk":
        from broadsheet.aws.buckets import S3Desk

        return S3Desk(_client("s3"), bucket)

    def render(*what: Any) -> Any:  # noqa: ANN401  # as `mailing_report`
        from broadsheet.mailings.report import mailing_report

        return mailing_report(*what, newsletter=letter, resends=resends)

    heads, mailer = DynamoDBHeads(ledger.table), partial(_mailer, configuration_set)
    return TellEditors(ledger, heads, desk, mailer, letter.editors, render, _now)


def _rebuild(
    letter: "Newsletter", register: "DynamoDBRegister", pages: "IssuePages", lists: "ListPages"
) -> "RebuildSite":
    from broadsheet.aws.rebuilds import DynamoDBPresses, SQSRebuilds
    from broadsheet.issues.rebuild import RebuildSite, press_of

    orders = SQSRebuilds(_client("sqs"), setting("DESK_QUEUE"))
    press = cache(partial(press_of, letter))  # only a rebuild asks
    return RebuildSite(press, register, DynamoDBPresses(register.table), pages, lists, orders)


def _release() -> "Release":
    from broadsheet.aws.mailing import DynamoDBPaces, SESAccounts, SQSDeliveries
    from broadsheet.mailings.release import Release

    return Release(
        _ledger(),
        SQSDeliveries(_client("sqs"), setting("DELIVERY_QUEUE")),
        SESAccounts(_client("sesv2")),
        DynamoDBPaces(_table("LEDGER_TABLE")),
        _now,
        int(setting("PACE_PERCENT")) / 100,
    )


def _now() -> datetime:
    return datetime.now(UTC)


def _client(service: str, **options: Any) -> Any:  # noqa: ANN401  # the SDK's clients have no common type
    import boto3

    return boto3.client(service, **options)  # type: ignore[call-overload]  # the service is a plain string


def _table(name: str) -> Any:  # noqa: ANN401  # as above
    import boto3

    return boto3.resource("dynamodb").Table(setting(name))


def _ses(read_timeout: int) -> Any:  # noqa: ANN401  # as above
    """A client that never repeats a call by itself: a repeated send is a second mail."""
    from botocore.config import Config

    once = Config(
        retries={"total_max_attempts": 1}, read_timeout=read_timeout, connect_timeout=CONNECT_TIMEOUT_SECONDS
    )
    return _client("sesv2", config=once)


def _mailer(configuration_set: str = "") -> "SESMailer":
    from broadsheet.aws.ses import SESMailer

    return SESMailer(_ses(SINGLE_READ_TIMEOUT_SECONDS), configuration_set or setting("CONFIGURATION_SET"))


def _ledger() -> "DynamoDBLedger":
    from broadsheet.aws.ledger import DynamoDBLedger

    return DynamoDBLedger(_table("LEDGER_TABLE"))


def _subscribers() -> "DynamoDBSubscribers":
    from broadsheet.aws.subscribers import DynamoDBSubscribers

    return DynamoDBSubscribers(_table("SUBSCRIBERS_TABLE"), _table("FINGERPRINTS_TABLE"))


def _links() -> "Links":
    from broadsheet.aws.keyring import Keyring
    from broadsheet.subscribers.links import Links

    keyring = Keyring(_client("kms"), setting("LINK_KEY"), _table("KEYS_TABLE"), "link", _now)
    return Links(keyring.current, keyring.key)


def _vault() -> "KMSVault":
    from broadsheet.aws.fingerprints import KMSFingerprints
    from broadsheet.aws.vault import KMSVault

    kms = _client("kms")
    fingerprints = KMSFingerprints(kms, setting("FINGERPRINT_KEY"))
    return KMSVault(kms, setting("ADDRESS_KEY"), fingerprints, _stored_addresses())


def _stored_addresses() -> "StoredAddresses":
    from broadsheet.aws.keyring import Keyring
    from broadsheet.aws.vault import StoredAddresses

    keyring = Keyring(_client("kms"), setting("ADDRESS_KEY"), _table("KEYS_TABLE"), "address", _now)
    return StoredAddresses(keyring)
