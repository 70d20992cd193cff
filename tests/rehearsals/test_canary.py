"""Nothing of a reader leaks: canaries enter by every way, then everything that is stored is searched.

The canaries are addresses, networks, browsers' names, other headers, typed words, forged links, and the real
links of mails; in good requests, in bad ones, and in everything that can be made to fail. `ALLOWED` lists the
exceptions.
"""

import contextlib
import copy
import json
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import default
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest
import urllib3

from demo.reader import Inbox, Received
from infrastructure.build import read_template
from local.system import LocalSystem, free_port
from tests.acceptance.conftest import desk_put, is_up, wait_for
from tests.canary import STORES, CanaryFinding, Content, Searcher, everything, files, known, new, spellings
from tests.members import table
from tests.proof.killing import workers

ADDRESS = "kqzvxwjpbnfh"  # within every address that is fed
FOREIGN = "жъщюканарка"  # the domain of one
AGENT = "vhxqjzkwtgnm"
HEADER = "jqzxwvkhpdrb"  # cookies, referrers, and what a proxy may add
TYPED = "zxqvkjwhtyfg"  # in other fields, in paths and queries
FORGED = "wqjxzvhkfrgd"  # tokens that nobody signed
PLANTED = "pxqzjvwkplnt"  # what this test itself puts into a queue or an event
NETWORK = "127.83.61"  # where requests come from; a program may have any address of 127/8
BEHIND = "198.18.77.61"  # what proxies say
CANARIES = (ADDRESS, FOREIGN, AGENT, HEADER, TYPED, FORGED, PLANTED, NETWORK, BEHIND)
ISSUES = ("2018-04-02", "2018-04-09")
TEXT = b"---\ntitle: A week\nsummary: In a sentence.\nmail: yes\n---\nOne paragraph.\n"
FORM = "application/x-www-form-urlencoded"
BOUNDARY = "----a7f3"
PATIENCE_SECONDS = 60.0

READER, LEAVER, ERASED, BY_JSON, BY_PARTS, WANTED, MOVED = (
    f"{who}.{ADDRESS}@readers.test"
    for who in ("reader", "leaver", "erased", "json", "parts", "wanted", "moved")
)
FATES = [f"{word}+{ADDRESS}@simulator.amazonses.com" for word in ("bounce", "complaint", "suppressionlist")]
PEOPLE = [READER, LEAVER, ERASED, f"idn.{ADDRESS}@{FOREIGN}.test", *FATES]


@dataclass(frozen=True)
class Allowed:
    """A named exception: which canaries may stand where, and why."""

    where: str
    canaries: frozenset[str]
    why: str


@dataclass
class Fed:
    """The system once everything was fed, and the signatures of all links that were mailed."""

    system: LocalSystem
    tokens: set[str]
    before: set[bytes]

    @property
    def searcher(self) -> Searcher:
        return Searcher({*CANARIES, *self.tokens}, hashed=PEOPLE)

    def leaks(self, contents: Iterator[Content]) -> list[CanaryFinding]:
        """The findings that no exception allows."""
        mailed = {ADDRESS, FOREIGN, *self.tokens, *PEOPLE}
        allowed = (
            Allowed(
                "file mail/",
                frozenset(mailed),
                "the SES emulator's mails to readers: to whom, and the links in them",
            ),
            Allowed(
                "queue broadsheet-Feedback", frozenset({ADDRESS, FOREIGN, PLANTED}), "SES's events; a day"
            ),
            Allowed("queue broadsheet-", frozenset({PLANTED}), "what this test put there itself"),
        )
        return [
            finding
            for finding in self.searcher.search(new(contents, self.before))
            if not any(
                finding.where.startswith(one.where) and finding.canary in one.canaries for one in allowed
            )
        ]


@dataclass
class Feeder:
    """Sends requests as a browser, a script or an attacker would; each carries the canaries of its kind."""

    system: LocalSystem
    pool: urllib3.PoolManager = field(
        default_factory=lambda: urllib3.PoolManager(retries=False, source_address=(f"{NETWORK}.47", 0))
    )

    def __post_init__(self) -> None:
        self.inbox = Inbox(self.system.address)
        self.statuses: set[int] = set()

    def call(
        self, method: str, path: str, body: str | bytes = b"", **headers: str
    ) -> urllib3.BaseHTTPResponse:
        """A request with every header and field that might be stored."""
        sent_headers = {
            "user-agent": f"{AGENT}/1.0",
            "referer": f"https://{HEADER}.test/page",
            "cookie": f"session={HEADER}",
            "authorization": f"Bearer {HEADER}",
            "x-forwarded-for": BEHIND,
            "x-real-ip": BEHIND,
            "forwarded": f"for={BEHIND}",
            "cloudfront-viewer-address": f"{BEHIND}:4711",
            "x-amzn-trace-id": f"Root={HEADER}",
            "accept": "text/html",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        url = path if path.startswith("http") else self.system.address + path
        answer = self.pool.request(method, url, body=body, headers=sent_headers, redirect=False, timeout=60)
        self.statuses.add(answer.status)
        return answer

    def say(self, text: bytes) -> None:
        """Bytes on a connection of their own, which then ends."""
        address = urlsplit(self.system.address)
        source = (f"{NETWORK}.47", 0)
        with socket.create_connection((address.hostname, address.port), 10, source) as connection:
            connection.sendall(text)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65_536):
                pass

    def sign_up(self, address: str, **more: str) -> int:
        fields = {"email": address, "audience": "en", "edition": "en", **more}
        return self.call("POST", "/api/subscribe", urlencode(fields), content_type=FORM).status

    def mail(self, address: str, path: str) -> Received:
        """The newest mail to an address with a link to that path."""

        def newest() -> Received | None:
            return next((m for m in reversed(self.inbox.to(address)) if m.link(path)), None)

        return wait_for(newest, f"a mail with {path}", PATIENCE_SECONDS)

    def press(self, mail: Received, path: str, **fields: str) -> urllib3.BaseHTTPResponse:
        """Open a link and press its button."""
        link = mail.link(path)
        self.call("GET", link)
        self.call("HEAD", link)
        return self.call("POST", link, urlencode(fields or {"button": "yes"}), content_type=FORM)

    def faults_left(self) -> int:
        return len(urllib3.request("GET", f"{self.system.address}/_local/ses/faults").json())

    def faults(self, *kinds: str, seconds: float = 1) -> None:
        urllib3.request(
            "PUT",
            f"{self.system.address}/_local/ses/faults",
            json=[{"kind": kind, "seconds": seconds} for kind in kinds],
        )

    def send(self, queue: str, body: str) -> None:
        stack = self.system.stack
        stack.sqs.send_message(QueueUrl=stack.physical(queue), MessageBody=body)

    def invoke(self, function: str, event: Any) -> dict[str, Any]:
        stack = self.system.stack
        answer = stack.client("lambda").invoke(
            FunctionName=stack.physical(function), Payload=json.dumps(event).encode()
        )
        return dict(answer)

    def tokens(self) -> set[str]:
        """The signatures of all links in all mails."""
        sources = (self.system.state / "mail").glob("*.eml")
        mails = [Received(message_from_bytes(file.read_bytes(), policy=default)) for file in sources]
        links = [word.strip("<>") for mail in mails for word in mail.text.split() if "?t=" in word]
        signed = {parse_qs(urlsplit(link).query).get("t", [""])[0] for link in links}
        return {token.rsplit(".", 1)[-1] for token in signed if "." in token}


@pytest.fixture(scope="module")
def fed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fed]:
    """A system of its own, fed with all of it. What fails is not offered again for long."""
    system = LocalSystem(tmp_path_factory.mktemp("canary"), free_port(), free_port())
    file = tmp_path_factory.mktemp("template") / "template.json"
    file.write_text(json.dumps(impatient(read_template())), encoding="utf-8")
    try:
        system.start()
        system.deploy(hold_seconds=1, template=file)
        wait_for(lambda: is_up(system), "the empty site", PATIENCE_SECONDS)
        before = known(everything(system))
        feeder = Feeder(system)
        for way in WAYS:
            way(feeder)
        yield Fed(system, feeder.tokens(), before)
    finally:
        system.stop()


def impatient(template: dict[str, Any]) -> dict[str, Any]:
    """The template with queues that give up within seconds."""
    changed = copy.deepcopy(template)
    for name in ("SignupQueue", "FeedbackQueue"):
        properties = changed["Resources"][name]["Properties"]
        properties["VisibilityTimeout"] = 1
        properties["RedrivePolicy"]["maxReceiveCount"] = 2
    changed["Resources"]["RecordFeedbackMapping"]["Properties"]["MaximumBatchingWindowInSeconds"] = 0
    return changed


# -- the ways


def readers_come(feeder: Feeder) -> None:
    """Sign-ups by all three content types, confirmations, twice, and by a program."""
    for address in PEOPLE:
        assert feeder.sign_up(address) == 303  # See Other
    fields = {"email": BY_JSON, "audience": ["en", TYPED], "edition": "en", "name": TYPED, "ip": BEHIND}
    feeder.call("POST", "/api/subscribe", json.dumps(fields), content_type="application/json")
    fields["audience"] = ["en"]
    feeder.call("POST", "/api/subscribe", json.dumps(fields), content_type="application/json")
    part = f"--{BOUNDARY}\r\nContent-Disposition: form-data; name="
    parts = "".join(f'{part}"{n}"\r\n\r\n{v}\r\n' for n, v in [("email", BY_PARTS), ("audience", "en")])
    multipart = f"multipart/form-data; boundary={BOUNDARY}"
    feeder.call("POST", "/api/subscribe", f"{parts}--{BOUNDARY}--\r\n", content_type=multipart)
    for address in (READER, LEAVER, ERASED, BY_JSON, *FATES[:2]):
        feeder.press(feeder.mail(address, "/api/confirm"), "/api/confirm")
    feeder.call("POST", feeder.mail(READER, "/api/confirm").link("/api/confirm"), accept="application/json")
    assert feeder.sign_up(READER) == 303  # again: they are subscribed already


def forms_are_bad(feeder: Feeder) -> None:
    """What the endpoint can't take: each comes back, and is not kept."""
    for email in (
        f"{ADDRESS}@",
        f"no address {ADDRESS}",
        f"{ADDRESS}@{FOREIGN}",
        ADDRESS * 30,
        f"ж{ADDRESS}@a.test",
    ):
        feeder.sign_up(email)
    feeder.sign_up(f"trap.{ADDRESS}@readers.test", website=TYPED)
    feeder.sign_up(f"mars.{ADDRESS}@readers.test", audience=TYPED, edition=TYPED, form=TYPED)
    bodies = [
        ("application/json", f'{{"email": "{ADDRESS}@readers.test"'),
        ("application/json", json.dumps([f"{ADDRESS}@readers.test"])),
        ("application/json", json.dumps({"email": {"deep": f"{ADDRESS}@readers.test"}, "audience": 7})),
        ("application/json", "[" * 8_000 + ADDRESS),
        ("application/json", f"\ud800{ADDRESS}".encode("utf-8", "surrogatepass")),
        (f"multipart/form-data; boundary={TYPED}", f"--x\r\n{ADDRESS}"),
        (f"multipart/form-data; boundary={BOUNDARY}", f"--{BOUNDARY}\r\n{TYPED}: {ADDRESS}@readers.test"),
        (f"text/{TYPED}", ADDRESS),
        (f'{FORM}; charset="{TYPED}"', f"email=%FF{ADDRESS}%40readers.test&audience=en"),
        (FORM, "&".join(f"{TYPED}{number}={ADDRESS}" for number in range(100))),
        (FORM, f"email={ADDRESS}%40readers.test&" + "x" * 20_000),
    ]
    for content_type, body in bodies:
        feeder.call("POST", "/api/subscribe", body, content_type=content_type)
        feeder.call("POST", f"/api/unsubscribe?t={FORGED}", body, content_type=content_type)
        feeder.call("POST", f"/api/manage?t={FORGED}", body, content_type=content_type)
    assert {400, 413, 415, 422} <= feeder.statuses


def what_comes_is_no_http(feeder: Feeder) -> None:
    """Requests that no library would send: each is refused, and the connection ends."""
    form = f"email={ADDRESS}%40readers.test&audience=en"
    chunked = f"POST /api/subscribe HTTP/1.1\r\nHost: {TYPED}.test\r\nContent-Type: {FORM}\r\n"
    for text in (
        f"GET /api/confirm?t={FORGED} {TYPED} HTTP/1.1\r\nUser-Agent: {AGENT}\r\n\r\n",
        f"POST /api/unsubscribe?t={FORGED} HTTP/1.1\r\nContent-Length: {ADDRESS}@readers.test\r\n\r\n",
        f"POST /api/subscribe?{TYPED} HTTP/1.1\r\nContent-Length: -5\r\n\r\n{form}",
        f"{chunked}Transfer-Encoding: chunked\r\n\r\n{ADDRESS}\r\n{form}\r\n0\r\n\r\n",
        f"{chunked}Transfer-Encoding: chunked\r\n\r\n{len(form):x}\r\n{form}{TYPED}",
        f"{chunked}Content-Length: 400\r\n\r\n{form}",  # and then nothing more
        f"{TYPED} {FORGED}\r\n{HEADER}\r\n\r\n",
    ):
        feeder.say(text.encode())


def links_are_bad(feeder: Feeder) -> None:
    """Forged, cut, old, of another purpose; by every method; and pages that are nowhere."""
    real = parse_qs(urlsplit(feeder.mail(READER, "/api/confirm").link("/api/confirm")).query)["t"][0]
    tokens = [
        FORGED,
        f"link-2016.{FORGED}.{FORGED}",
        f"{real}{FORGED}",
        real[:-3] + "AAA",
        f"{FORGED}\0",
        "x" * 400,
    ]
    for endpoint in ("confirm", "unsubscribe", "manage"):
        for token in [*tokens, real]:
            for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"):
                if token == real and endpoint == "confirm":
                    continue
                feeder.call(method, f"/api/{endpoint}?t={quote(token)}&in={TYPED}&{ADDRESS}={BEHIND}")
    for path in (
        f"/api/{TYPED}",
        f"/{TYPED}/{FORGED}.html?email={ADDRESS}",
        f"/en/%7E{TYPED}",
        "/api/subscribe",
    ):
        feeder.call("GET", f"{path}")
        feeder.call("POST", path, f"email={ADDRESS}%40readers.test", content_type=f"text/{TYPED}")
    assert {404, 405, 410} <= feeder.statuses


def readers_look_after_themselves(feeder: Feeder) -> None:
    """The page of a reader: everything that can be done there, and what can't."""
    welcome = feeder.mail(ERASED, "/api/manage")
    link = welcome.link("/api/manage")
    for fields in (
        {"action": "save", "audience": "en", "language": "en"},
        {"action": "save", "audience": TYPED, "language": TYPED},
        {"action": TYPED, "email": f"{ADDRESS}@readers.test"},
        {"action": "address", "email": f"ж{ADDRESS}@a.test"},
        {"action": "address", "email": WANTED},
        {"action": "record"},
    ):
        feeder.call("GET", link)
        feeder.call("POST", link, urlencode(fields), content_type=FORM)
    feeder.call("GET", f"{link}&done={TYPED}", accept="application/json")
    wait_for(lambda: len(feeder.inbox.to(ERASED)) > 2, "the record", PATIENCE_SECONDS)
    wanted = feeder.mail(WANTED, "/api/confirm")
    feeder.call("GET", wanted.link("/api/confirm"))
    feeder.press(welcome, "/api/manage", action="erase", not_again="yes")
    assert feeder.call("GET", link).status == 410  # Gone
    assert feeder.press(wanted, "/api/confirm").status == 410  # Gone
    assert feeder.sign_up(ERASED) == 303  # See Other: the same answer as ever


def a_reader_moves(feeder: Feeder) -> None:
    """To a new address, which is confirmed twice; earlier links open nothing any more."""
    page = feeder.mail(BY_JSON, "/api/manage")
    feeder.press(page, "/api/manage", action="address", email=MOVED)
    for _ in range(2):
        assert feeder.press(feeder.mail(MOVED, "/api/confirm"), "/api/confirm").status == 303  # See Other
    feeder.mail(MOVED, "/api/manage")
    assert feeder.call("GET", page.link("/api/manage")).status == 410  # Gone


def an_issue_is_mailed(feeder: Feeder) -> None:
    """SES throttles, refuses, hangs up and fails; workers are killed; mails bounce; one reader leaves."""
    feeder.faults("throttle", "reset-after-accepting")
    desk_put(feeder.system, f"issues/{ISSUES[0]}/en.md", TEXT)
    wait_for(lambda: feeder.inbox.with_subject(LEAVER, "A week"), "the issue", PATIENCE_SECONDS)
    feeder.invoke("SweepFunction", {})
    mail = feeder.inbox.with_subject(LEAVER, "A week")[-1]
    link = mail.header("List-Unsubscribe").strip("<> ")
    one_click = "List-Unsubscribe=One-Click"
    assert feeder.call("POST", link, one_click, content_type=FORM).status == 200
    assert feeder.call("POST", link, one_click, content_type=FORM).status == 200
    feeder.faults("error-500")
    desk_put(feeder.system, f"issues/{ISSUES[1]}/en.md", TEXT)
    wait_for(lambda: not feeder.faults_left(), "the fault", PATIENCE_SECONDS)
    for function in ("DeliverChunk", "RecordFeedback", "ProcessSignup"):
        for pid in workers(feeder.system, function):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def events_are_bad(feeder: Feeder) -> None:
    """Events that SES would never send, and messages that only this test would enqueue."""
    stack = feeder.system.stack
    events: list[Any] = [
        f"not JSON {PLANTED}",
        json.dumps({"eventType": PLANTED}),
        json.dumps({"eventType": "Bounce", "bounce": {"bouncedRecipients": [{"emailAddress": PLANTED}]}}),
        json.dumps({"eventType": "Bounce", "mail": {"tags": {"mailing": [PLANTED], "chunk": [PLANTED]}}}),
        json.dumps(
            {"eventType": "Complaint", "mail": {"destination": [f"{ADDRESS}@readers.test"]}, "complaint": 7}
        ),
    ]
    for event in events:
        stack.sns.publish(TopicArn=topic(feeder.system), Message=event)
    junk = [
        PLANTED,
        json.dumps({"kind": "sign-up", "sealed": PLANTED, "audiences": [PLANTED]}),
        json.dumps({"kind": PLANTED}),
        json.dumps([PLANTED]),
        json.dumps({"kind": "welcome", "subscriber": PLANTED}),
    ]
    for fields in junk:
        feeder.send("SignupQueue", fields)
        feeder.send("DeliveryQueue", fields)
        feeder.send("DeskQueue", fields)
    for function in stack.resources("AWS::Lambda::Function"):
        event = {"Records": [{"body": f"{ADDRESS}@readers.test"}], "body": ADDRESS, PLANTED: [PLANTED]}
        feeder.invoke(function.logical_id, event)


def keys_and_mails_fail(feeder: Feeder) -> None:
    """Sign-ups while SES fails or keys are disabled, and events while the fingerprint key is disabled."""
    stack = feeder.system.stack
    kms = stack.client("kms")
    feeder.faults("error-500", "pause", "time-out-after-accepting", "reset-after-accepting", seconds=1)
    for number in range(4):
        feeder.sign_up(f"fault{number}.{ADDRESS}@readers.test")
    feeder.sign_up(f"queued.{ADDRESS}@readers.test")
    for key in ("AddressKey", "FingerprintKey", "LinkKey"):
        kms.disable_key(KeyId=stack.physical(key))
    for number in range(2):
        feeder.sign_up(f"closed{number}.{ADDRESS}@readers.test")
    feeder.call("GET", feeder.mail(READER, "/api/confirm").link("/api/confirm"))
    event = {"eventType": "Bounce", "mail": {"messageId": "m", "destination": [READER], "tags": {}}}
    event["bounce"] = {"bounceType": "Permanent", "bouncedRecipients": [{"emailAddress": READER}]}
    stack.sns.publish(TopicArn=topic(feeder.system), Message=json.dumps(event))
    wait_for(lambda: waiting(feeder.system, "SignupDeadLetters"), "a dead letter", PATIENCE_SECONDS)
    for key in ("AddressKey", "FingerprintKey", "LinkKey"):
        kms.enable_key(KeyId=stack.physical(key))
    feeder.faults()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and waiting(feeder.system, "SignupQueue"):
        time.sleep(0.5)


WAYS: tuple[Callable[[Feeder], None], ...] = (
    readers_come,
    forms_are_bad,
    what_comes_is_no_http,
    links_are_bad,
    readers_look_after_themselves,
    a_reader_moves,
    an_issue_is_mailed,
    events_are_bad,
    keys_and_mails_fail,
)


def topic(system: LocalSystem) -> str:
    topics = system.stack.sns.list_topics()["Topics"]
    return next(one["TopicArn"] for one in topics if "MailEvents" in one["TopicArn"])


def waiting(system: LocalSystem, queue: str) -> int:
    name: Any = "ApproximateNumberOfMessages"
    answer = system.stack.sqs.get_queue_attributes(
        QueueUrl=system.stack.physical(queue), AttributeNames=[name]
    )
    return int(answer["Attributes"][name])


def test_nothing_of_a_reader_gets_out_and_what_would_is_found(fed: Fed) -> None:
    """One test, for its parts come one after the other: the system runs, is planted in, and has stopped."""
    assert fed.leaks(everything(fed.system)) == []
    what_is_planted_is_found_in_every_store(fed.system)
    assert fed.system.stop()
    assert fed.leaks(files(fed.system)) == []
    what_was_planted_and_mailed_is_found_in_files(fed)


def what_is_planted_is_found_in_every_store(system: LocalSystem) -> None:
    """Each kind of store gets a word of its own, in every spelling."""
    for number, (store, plant) in enumerate(PLANTS.items()):
        forms = spellings(f"{TOOTH}{number}zq")
        if store in OF_TEXT:
            forms = {form: name for form, name in forms.items() if b"\0" not in form}
        plant(system, b" ".join(forms))
        found = Searcher([f"{TOOTH}{number}zq"]).search(STORES[store](system))
        assert {finding.spelling for finding in found} == set(forms.values()), store


def what_was_planted_and_mailed_is_found_in_files(fed: Fed) -> None:
    """A stopped MiniStack has written its state; stored mails have addresses and links."""
    planted = {finding.where for finding in Searcher([TOOTH]).search(files(fed.system))}
    kinds = {where.removeprefix("file engine/state.sqlite/").split()[0] for where in planted}
    assert {"queue", "tables", "log_groups"} <= kinds
    mailed = {
        finding.canary for finding in fed.searcher.search(files(fed.system)) if "file mail/" in finding.where
    }
    assert {ADDRESS, *fed.tokens} <= mailed


TOOTH = "vjqwzxktooth"
OF_TEXT = {"queues", "logs", "metrics", "schedules", "settings"}  # what is no text can't be put there


def plant_item(system: LocalSystem, forms: bytes) -> None:
    """As bytes deep in an item of the ledger."""
    item = {"mailing": "planted", "entry": "one", "deep": [{"in": {"it": forms}}]}
    table(system, "LedgerTable").put_item(Item=item)


def plant_message(system: LocalSystem, forms: bytes) -> None:
    """The word is in a dead-letter queue."""
    queue = system.stack.physical("DeliveryDeadLetters")
    system.stack.sqs.send_message(QueueUrl=queue, MessageBody=json.dumps({"body": forms.decode()}))


def plant_object(system: LocalSystem, forms: bytes) -> None:
    """In an object's older version."""
    desk, s3 = system.stack.physical("DeskBucket"), system.stack.s3
    for content in (forms, b"newer"):
        s3.put_object(Bucket=desk, Key="planted/one", Body=content)


def plant_line(system: LocalSystem, forms: bytes) -> None:
    """In a line of a log."""
    named = {"logGroupName": system.stack.physical("FunctionLogs"), "logStreamName": "planted"}
    system.stack.logs.create_log_stream(**named)
    line: Any = {"timestamp": int(time.time() * 1000), "message": forms.decode()}
    system.stack.logs.put_log_events(**named, logEvents=[line])


def plant_metric(system: LocalSystem, forms: bytes) -> None:
    """In a metric's dimension."""
    data = [{"MetricName": "Planted", "Value": 1.0, "Dimensions": [{"Name": "Who", "Value": forms.decode()}]}]
    system.stack.client("cloudwatch").put_metric_data(Namespace="Planted", MetricData=data)


def plant_schedule(system: LocalSystem, forms: bytes) -> None:
    """In what a schedule is to send."""
    system.stack.client("scheduler").create_schedule(
        Name="planted",
        GroupName=system.stack.physical("MailingSchedules"),
        ScheduleExpression="at(2099-01-01T00:00:00)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": topic(system), "RoleArn": f"arn:aws:iam::{0:012}:role/x", "Input": forms.decode()},
    )


def plant_secret(system: LocalSystem, forms: bytes) -> None:
    """In a secret."""
    system.stack.client("secretsmanager").create_secret(Name="planted", SecretString=forms.decode())


def plant_file(system: LocalSystem, forms: bytes) -> None:
    """In a file that a worker left."""
    (system.state / "scratch" / "planted").write_bytes(forms)


PLANTS: dict[str, Callable[[LocalSystem, bytes], None]] = {
    "tables": plant_item,
    "queues": plant_message,
    "objects": plant_object,
    "logs": plant_line,
    "metrics": plant_metric,
    "schedules": plant_schedule,
    "settings": plant_secret,
    "files": plant_file,
}
