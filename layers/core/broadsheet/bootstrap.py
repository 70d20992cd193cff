"""Where use cases meet AWS: one builder a function. Clients are made here, and only those that are needed."""

import time
from collections.abc import Callable, Collection
from datetime import UTC, date, datetime, timedelta
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from broadsheet.settings import newsletter, setting

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table

    from broadsheet.aws.desk import S3Desk
    from broadsheet.aws.key_maker import KeyMaker
    from broadsheet.aws.ledger import DynamoDBLedger
    from broadsheet.aws.mailing import SESBulkMailer
    from broadsheet.aws.metrics import LoggedMetrics
    from broadsheet.aws.probes import S3Leftovers
    from broadsheet.aws.register import DynamoDBRegister
    from broadsheet.aws.requests import DynamoDBRequests
    from broadsheet.aws.ses import SESEditorsMailer, SESMailer
    from broadsheet.aws.subscribers import DynamoDBSubscribers
    from broadsheet.aws.vault import KMSVault, StoredAddresses
    from broadsheet.feedback.record import RecordFeedback
    from broadsheet.mail import Mail
    from broadsheet.mailings.confirmation import AskEditors
    from broadsheet.mailings.deliver import DeliverChunk
    from broadsheet.mailings.mailing import Mailing
    from broadsheet.mailings.release import Release
    from broadsheet.mailings.start import Outcome as StartOutcome
    from broadsheet.mailings.sweep import Sweep
    from broadsheet.mailings.tell import TellEditors
    from broadsheet.newsletter import Newsletter
    from broadsheet.publishing.desk import Desk
    from broadsheet.publishing.rebuild import RebuildSite
    from broadsheet.site.issues import IssuePages
    from broadsheet.site.lists import ListPages
    from broadsheet.subscribers.answers import Door
    from broadsheet.subscribers.door import LeaveDoor
    from broadsheet.subscribers.links import Links
    from broadsheet.subscribers.origin_guard import OriginGuard
    from broadsheet.subscribers.process import Mails, ProcessSignup
    from broadsheet.subscribers.records import Subscriber
    from broadsheet.subscribers.reseal import ResealList

# A send that is given up may have gone: wait long where many are at stake, less than the function may run.
BULK_READ_TIMEOUT_SECONDS = 30
SINGLE_READ_TIMEOUT_SECONDS = 10
CONNECT_TIMEOUT_SECONDS = 5
MINUTES_OF_DIGESTS = 5  # of an hour
USER_AGENT = "Broadsheet"  # botocore's own is put together anew for each call: a seventh of its CPU


def subscribe() -> "OriginGuard":
    """`POST /api/subscribe`."""
    from broadsheet.aws.limits import DynamoDBNetworks
    from broadsheet.aws.queues import SQSOrders
    from broadsheet.aws.seal import KMSSeal
    from broadsheet.subscribers.sign_up import subscribe as use_case
    from broadsheet.subscribers.sign_up_door import SignUpDoor
    from broadsheet.subscribers.visitors import Visitors

    letter, clients = newsletter(), _Clients()
    act = partial(
        use_case,
        newsletter=letter,
        networks=DynamoDBNetworks(clients.table("LIMITS_TABLE"), clients.table("SALT_TABLE")),
        seal=KMSSeal(clients("kms"), setting("ADDRESS_KEY")),
        orders=SQSOrders(clients("sqs"), setting("SIGNUP_QUEUE")),
        clock=_now,
    )
    visitors = Visitors(letter, int(setting("NETWORK_SHARE")))
    return _guarded(SignUpDoor(letter, visitors, act, _now), clients)


def process_signup() -> "ProcessSignup":
    """SignupQueue's orders."""
    from broadsheet.aws.limits import DynamoDBLimits
    from broadsheet.aws.queues import SQSOrders
    from broadsheet.subscribers.limits import Budget
    from broadsheet.subscribers.process import ProcessSignup

    letter, clients = newsletter(), _Clients()
    links, limits = _links(clients), DynamoDBLimits(clients.table("LIMITS_TABLE"))

    return ProcessSignup(
        vault=_vault(clients),
        subscribers=_subscribers(clients),
        limits=limits,
        budget=Budget(limits, int(setting("CONFIRMATIONS_PER_HOUR"))),
        orders=SQSOrders(clients("sqs"), setting("SIGNUP_QUEUE")),
        mailer=_mailer(clients),
        links=links,
        mails=_sign_up_mails(links, letter),
        clock=_now,
    )


def _sign_up_mails(links: "Links", letter: "Newsletter") -> "Mails":
    """The mails of sign-ups. What fills templates is loaded when one is written, as most orders need none."""
    from broadsheet.subscribers.process import Mails

    def confirmation(token: str, language: str) -> "Mail":
        from broadsheet.subscribers.mails import confirmation_mail

        return confirmation_mail(token, language, letter)

    def already(subscriber: "Subscriber") -> "Mail":
        from broadsheet.subscribers.mails import already_mail

        return already_mail(subscriber, links=links, newsletter=letter)

    def welcome(subscriber: "Subscriber") -> "Mail":
        from broadsheet.subscribers.mails import welcome_mail

        return welcome_mail(subscriber, links=links, newsletter=letter)

    def record(subscriber: "Subscriber", address: str, mailed_on: "Collection[date]") -> "Mail":
        from broadsheet.subscribers.record import record_mail

        return record_mail(subscriber, address, mailed_on, letter)

    def link(subscriber: "Subscriber") -> "Mail":
        from broadsheet.subscribers.mails import link_mail

        return link_mail(subscriber, links=links, newsletter=letter)

    return Mails(confirmation, already, welcome, record, link)


def confirm_subscription() -> "OriginGuard":
    """`/api/confirm`."""
    from broadsheet.aws.queues import SQSOrders
    from broadsheet.subscribers.confirm import confirm, is_waiting
    from broadsheet.subscribers.door import ConfirmDoor

    clients = _Clients()
    subscribers, orders = _subscribers(clients), SQSOrders(clients("sqs"), setting("SIGNUP_QUEUE"))
    door = ConfirmDoor(
        newsletter(),
        _links(clients),
        partial(is_waiting, subscribers=subscribers, clock=_now),
        partial(confirm, subscribers=subscribers, orders=orders, clock=_now),
    )
    return _guarded(door, clients)


def unsubscribe() -> "LeaveDoor":
    """`/api/unsubscribe`."""
    from broadsheet.subscribers.door import LeaveDoor
    from broadsheet.subscribers.leave import unsubscribe as use_case

    clients = _Clients()
    leave = partial(use_case, subscribers=_subscribers(clients), **_leaving(clients), clock=_now)
    return LeaveDoor(newsletter(), _links(clients), leave)


def manage_subscription() -> "OriginGuard":
    """`/api/manage`."""
    from broadsheet.aws.limits import DynamoDBNetworks
    from broadsheet.aws.queues import SQSOrders
    from broadsheet.subscribers.leave import unsubscribe as leave
    from broadsheet.subscribers.manage import ask_for_link, ask_for_record, erase, known, save
    from broadsheet.subscribers.manage_door import ManageDoor
    from broadsheet.subscribers.visitors import Visitors

    clients, letter = _Clients(), newsletter()
    bound: dict[str, Any] = {"subscribers": _subscribers(clients), "clock": _now}
    orders = SQSOrders(clients("sqs"), setting("SIGNUP_QUEUE"))
    networks = DynamoDBNetworks(clients.table("LIMITS_TABLE"), clients.table("SALT_TABLE"))
    door = ManageDoor(
        letter,
        _links(clients),
        partial(known, **bound),
        partial(save, **bound),
        partial(ask_for_record, orders=orders, **bound),
        partial(leave, **_leaving(clients), **bound),
        partial(erase, **_leaving(clients), **bound),
        partial(ask_for_link, networks=networks, orders=orders, clock=_now),
        Visitors(letter, int(setting("NETWORK_SHARE"))),
        _now,
    )
    return _guarded(door, clients)


def publish_issue() -> "Desk":
    """DeskQueue's events."""
    import secrets

    from broadsheet.archive.kept_texts import KeptIssues
    from broadsheet.aws.buckets import S3Site
    from broadsheet.aws.desk import S3Desk
    from broadsheet.aws.marks import DynamoDBMarks, SQSFolderOrders
    from broadsheet.aws.picture_memory import DynamoDBPictureMemory
    from broadsheet.aws.previews import DynamoDBPreviews
    from broadsheet.aws.register import DynamoDBRegister
    from broadsheet.aws.report_counts import DynamoDBReportCounts
    from broadsheet.aws.revisions import S3Revisions
    from broadsheet.publishing.desk import Desk
    from broadsheet.publishing.drafts import PreviewDraft
    from broadsheet.publishing.publish import PublishIssue
    from broadsheet.publishing.reporting import MailReports
    from broadsheet.publishing.strays import TellStrays
    from broadsheet.site.issues import IssuePages
    from broadsheet.site.lists import ListPages

    clients = _Clients()
    letter, s3, table = newsletter(), clients("s3"), clients.table("REGISTER_TABLE")
    tell = MailReports(_editors_mailer(clients), DynamoDBReportCounts(table), _now)
    desk, revisions = S3Desk(s3, setting("DESK_BUCKET")), S3Revisions(s3, setting("DESK_BUCKET"))
    register, site = DynamoDBRegister(table), S3Site(s3, setting("SITE_BUCKET"))
    kept = KeptIssues(revisions, letter)
    pages, lists = IssuePages(letter, register, kept, site), ListPages(letter, register, kept, site)
    hold, mailed = _mailings(letter, clients)
    memory, previews, token = DynamoDBPictureMemory(table), DynamoDBPreviews(table), secrets.token_urlsafe
    return Desk(
        PublishIssue(letter, desk, site, register, revisions, pages, lists, hold, mailed, tell, _now, memory),
        PreviewDraft(letter, desk, site, previews, lists, tell, _now, token, memory),
        TellStrays(letter, desk, tell),
        _rebuild(letter, register, pages, lists, clients),
        DynamoDBMarks(table),
        SQSFolderOrders(clients("sqs"), setting("DESK_QUEUE")),
        timedelta(seconds=int(setting("DESK_DELAY_SECONDS"))),
        _now,
    )


def start_mailing() -> "Callable[[str], StartOutcome]":
    """One schedule a mailing."""
    return _start_mailing(_Clients())


def _start_mailing(clients: "_Clients") -> "Callable[[str], StartOutcome]":
    from broadsheet.aws.mailing import DynamoDBReaders
    from broadsheet.aws.register import DynamoDBRegister
    from broadsheet.mailings.start import start_mailing as use_case

    return partial(
        use_case,
        newsletter=newsletter(),
        ledger=_ledger(clients),
        requests=_requests(clients),
        register=DynamoDBRegister(clients.table("REGISTER_TABLE")),
        desk=partial(_desk, clients, setting("DESK_BUCKET")),
        readers=DynamoDBReaders(clients.table("SUBSCRIBERS_TABLE")),
        release=_release(clients),
        clock=_now,
    )


def deliver_chunk() -> "DeliverChunk":
    """DeliveryQueue's orders."""
    from broadsheet.aws.mailing import DynamoDBReaders, SQSDeliveries
    from broadsheet.aws.paces import DynamoDBPaces
    from broadsheet.aws.revisions import S3Revisions
    from broadsheet.mailings.body import LastBody
    from broadsheet.mailings.deliver import DeliverChunk
    from broadsheet.mailings.pace import PaceBook

    letter, clients = newsletter(), _Clients()
    return DeliverChunk(
        newsletter=letter,
        ledger=_ledger(clients),
        readers=DynamoDBReaders(clients.table("SUBSCRIBERS_TABLE")),
        bodies=LastBody(S3Revisions(clients("s3"), setting("DESK_BUCKET"))),
        addresses=_stored_addresses(clients),
        links=_links(clients),
        mailer=_bulk_mailer(letter, clients),
        pace=PaceBook(DynamoDBPaces(clients.table("LEDGER_TABLE"))),
        deliveries=SQSDeliveries(clients("sqs"), setting("DELIVERY_QUEUE")),
        clock=_now,
        sleep=time.sleep,
        resends=setting("DOUBTS") == "resend",
    )


def record_feedback() -> "RecordFeedback":
    """FeedbackQueue's events."""
    from broadsheet.aws.fingerprints import KMSFingerprints
    from broadsheet.aws.heads import DynamoDBHeads
    from broadsheet.aws.limits import DynamoDBLimits
    from broadsheet.aws.round_trips import DynamoDBRoundTrips
    from broadsheet.feedback.record import RecordFeedback

    clients = _Clients()
    ledger, fingerprints = _ledger(clients), KMSFingerprints(clients("kms"), setting("FINGERPRINT_KEY"))
    heads, round_trips = DynamoDBHeads(ledger.table), DynamoDBRoundTrips(ledger.table)
    limits = DynamoDBLimits(clients.table("LIMITS_TABLE"))

    def absent(subscriber_id: str) -> None:
        limits.leaves_absent(subscriber_id, _now())

    return RecordFeedback(ledger, heads, _subscribers(clients), fingerprints, _now, round_trips, absent)


def sweep() -> "Sweep":
    """The one clock."""
    from broadsheet.aws.metrics import LoggedMetrics
    from broadsheet.aws.probes import S3Leftovers
    from broadsheet.mailings.sweep import Sweep

    clients = _Clients()
    release, tell, metrics = _release(clients), _tell_editors(clients), LoggedMetrics(setting("STACK"))
    limits, salts = clients.table("LIMITS_TABLE"), clients.table("SALT_TABLE")
    desk = S3Leftovers(clients("s3"), setting("DESK_BUCKET"))
    return Sweep(
        release.ledger,
        _requests(clients),
        release.deliveries,
        _start_mailing(clients),
        release,
        tell.rested,
        _now,
        tell.alert,
        lambda number: metrics.count("MailingsWaiting", number, _now()),
        lambda: _besides(limits, salts, desk, metrics, partial(_mail_digests, clients), _now()),
        _ask_editors(clients),
    )


def _besides(
    limits: "Table",
    salts: "Table",
    desk: "S3Leftovers",
    metrics: "LoggedMetrics",
    digests: Callable[[], None],
    now: datetime,
) -> None:
    """What the sweep does besides mailings: what a new day or hour asks for."""
    from broadsheet.aws.limits import DynamoDBNetworks
    from broadsheet.aws.signup_counts import DynamoDBSignupCounts
    from broadsheet.entry import Log
    from broadsheet.subscribers.signup_report import report_signups

    def warn(code: str) -> None:
        Log().warning("in the last hour SES took no mail of a sign-up; it waits", code=code)

    DynamoDBNetworks(limits, salts).end_of_day(now)
    report_signups(
        DynamoDBSignupCounts(limits), lambda name, number: metrics.count(name, number, now), warn, now
    )
    if now.minute == 0:  # a sweep that is missed is made good by the next hour's
        desk.clear_away(now)
    digests()


def _mail_digests(clients: "_Clients") -> None:
    """The reports that were too many to be mailed one by one. What writes them is loaded when it is time."""
    if _now().minute >= MINUTES_OF_DIGESTS:
        return
    from broadsheet.aws.report_counts import DynamoDBReportCounts
    from broadsheet.publishing.reporting import MailDigests

    counts = DynamoDBReportCounts(clients.table("REGISTER_TABLE"))
    MailDigests(newsletter(), counts, _editors_mailer(clients), _now)()


def make_keys() -> "KeyMaker":
    """The keys that others only read."""
    from broadsheet.aws.key_maker import KeyMaker

    clients = _Clients()
    wrapping_keys = {"link": setting("LINK_KEY"), "address": setting("ADDRESS_KEY")}
    return KeyMaker(clients("kms"), wrapping_keys, clients.table("KEYS_TABLE"), _now)


def reseal_list() -> "ResealList":
    """The list under the current key."""
    from broadsheet.aws.old_keys import DynamoDBOldKeys, DynamoDBSealedAddresses
    from broadsheet.subscribers.reseal import ResealList

    clients = _Clients()
    stored, people = _stored_addresses(clients), DynamoDBSealedAddresses(clients.table("SUBSCRIBERS_TABLE"))
    return ResealList(people, stored, DynamoDBOldKeys(stored.keyring), _now)


def _mailings(letter: "Newsletter", clients: "_Clients") -> tuple[Any, Any]:
    """What publishing needs of mailings: to hold them, and to know whose have begun."""
    from broadsheet.aws.mailing import EventBridgeSchedule
    from broadsheet.mailings.requests import Desired
    from broadsheet.mailings.start import editions_mailed, hold_mailings

    ledger = _ledger(clients)
    desired = Desired(ledger, _requests(clients))
    schedule = EventBridgeSchedule(
        clients("scheduler"), setting("SCHEDULE_GROUP"), setting("START_MAILING"), setting("SCHEDULE_ROLE")
    )
    hold = timedelta(seconds=int(setting("HOLD_SECONDS")))
    return (
        partial(hold_mailings, newsletter=letter, desired=desired, schedule=schedule, clock=_now, hold=hold),
        partial(editions_mailed, newsletter=letter, ledger=ledger),
    )


def _tell_editors(clients: "_Clients") -> "TellEditors":
    """Reports of mailings. What only a report needs is loaded and made when one is due."""
    from broadsheet.aws.heads import DynamoDBHeads
    from broadsheet.mailings.tell import TellEditors

    letter, ledger = newsletter(), _ledger(clients)
    desk, configuration_set = partial(_desk, clients, setting("DESK_BUCKET")), setting("CONFIGURATION_SET")
    resends = setting("DOUBTS") == "resend"

    def render(*what: Any) -> Any:  # noqa: ANN401  # as `mailing_report`
        from broadsheet.mailings.report import mailing_report

        return mailing_report(*what, newsletter=letter, resends=resends)

    heads, mailer = DynamoDBHeads(ledger.table), partial(_editors_mailer, clients, configuration_set)
    return TellEditors(ledger, heads, desk, mailer, letter.editors, render, _now)


def _ask_editors(clients: "_Clients") -> "AskEditors":
    """The question whether to mail. What only a question needs is loaded and made when there is one."""
    from broadsheet.aws.heads import DynamoDBHeads
    from broadsheet.mailings.confirmation import AskEditors

    letter, ledger = newsletter(), _ledger(clients)
    desk = partial(_desk, clients, setting("DESK_BUCKET"))
    mailer = partial(_editors_mailer, clients, setting("CONFIGURATION_SET"))

    def question(mailings: "list[Mailing]") -> "tuple[str, Mail]":
        from broadsheet.mailings.question import question

        return question(mailings, newsletter=letter)

    heads, requests = DynamoDBHeads(ledger.table), _requests(clients)
    return AskEditors(ledger, heads, requests, desk, mailer, letter.editors, question, _now)


def _rebuild(
    letter: "Newsletter",
    register: "DynamoDBRegister",
    pages: "IssuePages",
    lists: "ListPages",
    clients: "_Clients",
) -> "RebuildSite":
    from broadsheet.aws.rebuilds import DynamoDBPresses, SQSRebuilds
    from broadsheet.publishing.rebuild import RebuildSite, press_of

    orders = SQSRebuilds(clients("sqs"), setting("DESK_QUEUE"))
    press = cache(partial(press_of, letter))  # only a rebuild asks
    return RebuildSite(press, register, DynamoDBPresses(register.table), pages, lists, orders)


def _release(clients: "_Clients") -> "Release":
    from broadsheet.aws.mailing import SESAccounts, SQSDeliveries
    from broadsheet.aws.paces import DynamoDBPaces
    from broadsheet.mailings.release import Release

    return Release(
        _ledger(clients),
        SQSDeliveries(clients("sqs"), setting("DELIVERY_QUEUE")),
        SESAccounts(clients("sesv2")),
        DynamoDBPaces(clients.table("LEDGER_TABLE")),
        _now,
        int(setting("PACE_PERCENT")) / 100,
    )


def _guarded(door: "Door", clients: "_Clients") -> "OriginGuard":
    """The endpoint, for requests that come by the CDN."""
    from broadsheet.aws.metrics import LoggedMetrics
    from broadsheet.aws.secrets import StackSecret
    from broadsheet.subscribers.origin_guard import OriginGuard

    secret, metrics = (
        StackSecret(partial(clients, "secretsmanager"), setting("ORIGIN_SECRET")),
        LoggedMetrics(setting("STACK")),
    )
    return OriginGuard(door, secret, lambda: metrics.count("OriginRefused", 1, _now()))


def _now() -> datetime:
    return datetime.now(UTC)


class _Clients:
    """The SDK's clients of one function, each made once: they take time to make, and share connections.

    botocore's own are what boto3's are; to load boto3, and S3's transfers with it, takes a fifth of a start.
    """

    def __init__(self) -> None:
        from botocore.session import get_session

        self._session = get_session()
        self._made: dict[tuple[str, ...], Any] = {}

    def __call__(self, service: str, **options: Any) -> Any:  # noqa: ANN401  # clients have no common type
        """The client of a service with these options."""
        key = (service, repr(options))
        if key not in self._made:
            from botocore.config import Config

            config = Config(user_agent=USER_AGENT, **options)
            self._made[key] = self._session.create_client(service, config=config)
        return self._made[key]

    def table(self, name: str) -> Any:  # noqa: ANN401  # stands for boto3's Table
        """The table that a variable names."""
        from broadsheet.aws.tables import Table, plain_values

        if ("tables",) not in self._made:
            self._made["tables",] = plain_values(self("dynamodb", parameter_validation=False))
        return Table(self._made["tables",], setting(name))

    def ses(self, read_timeout: int, **options: Any) -> Any:  # noqa: ANN401  # as above
        """A client that never repeats a call by itself: a repeated send is a second mail."""
        timeouts = {"read_timeout": read_timeout, "connect_timeout": CONNECT_TIMEOUT_SECONDS}
        return self("sesv2", retries={"total_max_attempts": 1}, **timeouts, **options)


def _desk(clients: "_Clients", bucket: str) -> "S3Desk":
    from broadsheet.aws.desk import S3Desk

    return S3Desk(clients("s3"), bucket)


def _mailer(clients: "_Clients", configuration_set: str = "") -> "SESMailer":
    from broadsheet.aws.ses import SESMailer

    return SESMailer(
        clients.ses(SINGLE_READ_TIMEOUT_SECONDS), configuration_set or setting("CONFIGURATION_SET")
    )


def _editors_mailer(clients: "_Clients", configuration_set: str = "") -> "SESEditorsMailer":
    from broadsheet.aws.ses import SESEditorsMailer
    from broadsheet.entry import Log

    def note(code: str) -> None:
        Log().warning("an editor was not mailed; the report lies on the desk", code=code)

    return SESEditorsMailer(_mailer(clients, configuration_set), note, time.sleep)


def _bulk_mailer(letter: "Newsletter", clients: "_Clients") -> "SESBulkMailer":
    from broadsheet.aws.directly import speak_directly
    from broadsheet.aws.mailing import BulkRequests, SESBulkMailer

    ses = clients.ses(BULK_READ_TIMEOUT_SECONDS, parameter_validation=False)
    speak_directly(ses, "SendBulkEmail", BulkRequests())
    return SESBulkMailer(ses, setting("CONFIGURATION_SET"), letter)


def _ledger(clients: "_Clients") -> "DynamoDBLedger":
    from broadsheet.aws.ledger import DynamoDBLedger

    return DynamoDBLedger(clients.table("LEDGER_TABLE"))


def _requests(clients: "_Clients") -> "DynamoDBRequests":
    from broadsheet.aws.requests import DynamoDBRequests

    return DynamoDBRequests(clients.table("LEDGER_TABLE"))


def _subscribers(clients: "_Clients") -> "DynamoDBSubscribers":
    from broadsheet.aws.subscribers import DynamoDBSubscribers

    return DynamoDBSubscribers(clients.table("SUBSCRIBERS_TABLE"), clients.table("FINGERPRINTS_TABLE"))


def _leaving(clients: "_Clients") -> dict[str, Any]:
    """How it is noted that a reader is gone as of now, or that one who was not there asked to go."""
    from broadsheet.aws.limits import DynamoDBLimits
    from broadsheet.subscribers.limits import let_go

    limits = DynamoDBLimits(clients.table("LIMITS_TABLE"))
    return {
        "gone": lambda reader: let_go(limits, reader.id, reader.fingerprint, _now(), mailbox=reader.mailbox),
        "absent": lambda subscriber_id: limits.leaves_absent(subscriber_id, _now()),
    }


def _links(clients: "_Clients") -> "Links":
    from broadsheet.aws.keyring import Keyring
    from broadsheet.subscribers.links import Links

    keyring = Keyring(clients("kms"), setting("LINK_KEY"), clients.table("KEYS_TABLE"), "link", _now)
    return Links(keyring.current, keyring.key)


def _vault(clients: "_Clients") -> "KMSVault":
    from broadsheet.aws.fingerprints import KMSFingerprints
    from broadsheet.aws.vault import KMSVault

    kms = clients("kms")
    fingerprints = KMSFingerprints(kms, setting("FINGERPRINT_KEY"))
    return KMSVault(kms, setting("ADDRESS_KEY"), fingerprints, _stored_addresses(clients))


def _stored_addresses(clients: "_Clients") -> "StoredAddresses":
    from broadsheet.aws.keyring import Keyring
    from broadsheet.aws.vault import StoredAddresses

    keyring = Keyring(clients("kms"), setting("ADDRESS_KEY"), clients.table("KEYS_TABLE"), "address", _now)
    return StoredAddresses(keyring)
