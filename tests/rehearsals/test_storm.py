"""A storm of SES's events in a new account: with ten executions in all, endpoints and sweep keep working.

MiniStack hands over ten messages at most, so that a batch here is a fiftieth of AWS's: fifty times the
invocations for the same storm.
"""

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest
import urllib3

from demo.reader import DemoReader
from local.stack import LocalStack
from local.system import LocalSystem, free_port
from tests.acceptance.conftest import is_up, wait_for
from tests.members import table
from tests.rehearsals.test_doctor import doctor, lines

QUOTA = 10  # executions at once; Source: Lambda developer guide, "Lambda quotas": new accounts
EVENTS, BOUNCES, GARBLED = 10_000, 100, 20
A_CHUNK, BATCH, SENDERS = 200, 10, 4
SIGN_UPS = 40  # the hour has mails for them
PATIENCE_SECONDS = 100
MAILING = "2016-12-05_en"
SERVICE_UNAVAILABLE = 503
NO_SUCH_LINK = 410


@dataclass
class Work:
    """What a visitor and the schedule do meanwhile, and the answers they got."""

    system: LocalSystem
    statuses: list[int] = field(default_factory=list)
    signed_up: list[str] = field(default_factory=list)
    sweeps: int = 0
    throttled_sweeps: int = 0
    is_over: threading.Event = field(default_factory=threading.Event)

    def visit(self) -> None:
        """Sign up, and look at a page that a function makes, again and again."""
        pool = urllib3.PoolManager(retries=False)
        while not self.is_over.is_set():
            if len(self.signed_up) < SIGN_UPS:
                address = f"visitor-{len(self.signed_up)}@readers.test"
                led_to = DemoReader(address, self.system.address).sign_up()
                if led_to.endswith("/check-your-mail.html"):
                    self.signed_up.append(address)
                else:
                    self.statuses.append(int(led_to))
            answer = pool.request("GET", f"{self.system.address}/api/confirm?t=unknown")
            self.statuses.append(answer.status)

    def sweep(self) -> None:
        """As each minute, only more often."""
        functions, name = self.system.stack.client("lambda"), self.system.stack.physical("SweepFunction")
        while not self.is_over.wait(0.5):
            try:
                answer = functions.invoke(FunctionName=name)
            except functions.exceptions.TooManyRequestsException:
                self.throttled_sweeps += 1
            else:
                self.sweeps += "FunctionError" not in answer


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSystem]:
    running = LocalSystem(tmp_path_factory.mktemp("storm"), free_port(), free_port(), QUOTA)
    try:
        running.start()
        running.deploy(hold_seconds=600)
        wait_for(lambda: is_up(running), "the empty site")
        yield running
    finally:
        running.stop()


def members() -> list[str]:
    return [f"{number:032x}" for number in range(EVENTS - BOUNCES - GARBLED)]


def chunk_of(place: int) -> int:
    return place // A_CHUNK


def an_event(kind: str, place: int, **detail: Any) -> str:
    tags = {"mailing": [MAILING], "chunk": [str(chunk_of(place))], "subscriber": [members_at(place)]}
    address = f"reader-{place}@readers.test"
    mail = {"tags": tags, "messageId": f"m-{place}", "destination": [address]}
    return json.dumps({"eventType": kind, "mail": mail, kind.lower(): detail})


def members_at(place: int) -> str:
    return f"{place:032x}"


def a_storm() -> list[str]:
    """Deliveries, some bounces, and some messages that are no events."""
    deliveries = [an_event("Delivery", place) for place in range(len(members()))]
    bounces = [
        an_event("Bounce", len(deliveries) + place, bounceType="Permanent", bouncedRecipients=[])
        for place in range(BOUNCES)
    ]
    return [*bounces, *deliveries, *["no event"] * GARBLED]


def plant_chunks(system: LocalSystem) -> None:
    """Store the chunks of the events, with the attributes that recording reads."""
    with table(system, "LedgerTable").batch_writer() as ledger:
        for number in range(chunk_of(EVENTS) + 1):
            ledger.put_item(Item={"mailing": MAILING, "entry": f"chunk#{number:06}", "members": {}})


def put(system: LocalSystem, bodies: list[str]) -> None:
    queue, sqs = system.stack.physical("FeedbackQueue"), system.stack.sqs

    def ten(first: int) -> None:
        entries = [
            {"Id": str(place), "MessageBody": body}
            for place, body in enumerate(bodies[first : first + BATCH])
        ]
        assert not sqs.send_message_batch(QueueUrl=queue, Entries=entries).get("Failed")

    with ThreadPoolExecutor(SENDERS) as senders:
        list(senders.map(ten, range(0, len(bodies), BATCH)))


def depth(stack: LocalStack, queue: str) -> int:
    """The number of messages of a queue, in any state."""
    url = stack.physical(queue)
    found = stack.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return sum(int(value) for name, value in found.items() if name.startswith("ApproximateNumberOf"))


def recorded(system: LocalSystem) -> set[str]:
    """The members whose delivery the ledger has recorded."""
    ledger = table(system, "LedgerTable")
    keys = [{"mailing": MAILING, "entry": f"chunk#{number:06}"} for number in range(chunk_of(EVENTS) + 1)]
    said = [ledger.get_item(Key=key)["Item"].get("said_delivery", set()) for key in keys]
    return set().union(*said)


def with_work(system: LocalSystem, meanwhile: Callable[[], None]) -> Work:
    """What visitors and schedule got while that was done."""
    work = Work(system)
    with ThreadPoolExecutor(2) as workers:
        done = [workers.submit(work.visit), workers.submit(work.sweep)]
        try:
            meanwhile()
        finally:
            work.is_over.set()
        for each in done:
            each.result()
    return work


def test_the_doctor_warns_of_an_account_with_ten_executions(system: LocalSystem) -> None:
    done = doctor(system)
    said = f"Lambda runs {QUOTA} functions at once; the queues take up to 8, which leaves 2 for readers"
    assert [said in line for line in lines(done, "warning")] == [True], done.stdout
    assert "Service Quotas: AWS Lambda" in done.stdout
    assert done.returncode == 0


def test_ten_thousand_events_leave_endpoints_and_sweep_working_and_are_all_recorded(
    system: LocalSystem,
) -> None:
    stack = system.stack  # recreated each time
    plant_chunks(system)

    def storm() -> None:
        put(system, a_storm())
        wait_for(lambda: depth(stack, "FeedbackQueue") == 0, "the queue to be empty", PATIENCE_SECONDS)

    work = with_work(system, storm)

    assert set(work.statuses) == {NO_SUCH_LINK}
    assert (len(work.signed_up), work.throttled_sweeps) == (SIGN_UPS, 0)
    assert work.sweeps > 0
    missing, foreign = set(members()) - recorded(system), recorded(system) - set(members())
    assert (len(missing), len(foreign)) == (0, 0)
    suppressed = [item for item in table(system, "FingerprintsTable").scan()["Items"] if "reason" in item]
    assert len(suppressed) == BOUNCES
    assert [depth(stack, f"{queue}DeadLetters") for queue in ("Feedback", "Signup", "Desk")] == [0, 0, 0]
    wait_for(lambda: depth(stack, "SignupQueue") == 0, "the sign-ups to be processed")


def test_an_event_storm_without_a_limit_blocks_the_endpoints(system: LocalSystem) -> None:
    """What the test above would see without the mapping's maximum."""
    stack = system.stack
    functions = stack.client("lambda")
    mapping = stack.physical("RecordFeedbackMapping")
    functions.update_event_source_mapping(UUID=mapping, ScalingConfig={"MaximumConcurrency": QUOTA})

    def storm() -> None:
        put(system, a_storm()[: EVENTS // 5])
        wait_for(lambda: depth(stack, "FeedbackQueue") == 0, "the queue to be empty", PATIENCE_SECONDS)

    work = with_work(system, storm)

    assert SERVICE_UNAVAILABLE in work.statuses or work.throttled_sweeps
    assert depth(stack, "FeedbackDeadLetters") == 0
