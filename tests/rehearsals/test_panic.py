"""A rehearsal of `broadsheet panic` on the local system: everything stops, and continues where it was.

What is real here: the keys (MiniStack refuses a disabled one), the mappings, reserved concurrency of 0 (it
answers 429), and who is called when. What is not: IAM, and the time that a change takes to be everywhere.
"""

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
import urllib3
from botocore.exceptions import ClientError

from demo.reader import DemoReader, Inbox
from infrastructure.build import ROOT
from local.system import LocalSystem
from tests.acceptance.conftest import desk_put, wait_for
from tests.members import plant, table

ISSUE = "2018-03-05"
TEXT = b"---\ntitle: A week in a hurry\nsummary: In a sentence.\nmail: yes\n---\nOne paragraph.\n"
READERS = [f"panic-{number}@readers.test" for number in range(60)]
RATE = 4.0  # a second: the mailing takes a quarter of a minute
A_CALL_ENDS_SECONDS = 3  # that was begun before
STANDS_STILL_SECONDS = 4
FORM = {"content-type": "application/x-www-form-urlencoded", "accept": "text/html"}


@pytest.fixture
def slowly(system: LocalSystem) -> Iterator[LocalSystem]:
    """A system with a low rate; afterwards it is as before, even if the test fails."""
    settings = f"{system.address}/_local/ses/settings"
    before = urllib3.request("GET", settings).json()["max_send_rate"]
    urllib3.request("PUT", settings, json={"max_send_rate": RATE})
    try:
        yield system
    finally:
        urllib3.request("PUT", settings, json={"max_send_rate": before})
        broadsheet(system, "recover", "--yes")


def test_panic_stops_a_mailing_within_seconds_and_recover_lets_it_finish(slowly: LocalSystem) -> None:
    inbox = Inbox(slowly.address)
    planted = {address: each for each, address in plant(slowly, READERS, "en").items()}
    desk_put(slowly, f"issues/{ISSUE}/en.md", TEXT)
    wait_for(lambda: len(mailed(slowly)) > RATE, "the mailing")

    started = time.monotonic()
    panicked = broadsheet(slowly, "panic", "--yes")
    took = time.monotonic() - started
    assert panicked.returncode == 0, panicked.stdout
    assert f"{ISSUE}_en" in panicked.stdout
    assert took < 15  # nearly all of it is Python that starts, on a busy machine
    time.sleep(A_CALL_ENDS_SECONDS)
    still = mailed(slowly)
    time.sleep(STANDS_STILL_SECONDS)
    assert mailed(slowly) == still
    assert 0 < len(still) < len(READERS)
    assert state_of(slowly) == "paused"

    nobody_can_open_an_address(slowly)
    sign_up_is_closed(slowly)
    nobody_can_be_asked_for(slowly)
    leaver = one_click_still_acts(slowly, inbox, still)
    bounced = next(address for address in READERS if address not in still)
    bounces(slowly, bounced, planted)
    wait_for(lambda: person(slowly, bounced, planted) is None, "the bounce to be recorded, without a key")
    assert broadsheet(slowly, "panic", "--yes").returncode == 0  # a second time changes nothing

    urllib3.request("PUT", f"{slowly.address}/_local/ses/settings", json={"max_send_rate": 200})
    recovered = broadsheet(slowly, "recover", "--yes")
    assert recovered.returncode == 0, recovered.stdout
    assert "resealed under" in recovered.stdout
    assert keys_in_use(slowly) == {current_key(slowly)}
    assert current_key(slowly) != f"address-{time.gmtime().tm_year}"
    wait_for(lambda: swept(slowly) and state_of(slowly) == "done", "the end of the mailing", 90)
    assert mailed(slowly) == Counter(dict.fromkeys(set(READERS) - {bounced}, 1))
    assert person(slowly, leaver, planted) is None
    assert still[leaver] == 1
    newcomer = DemoReader("after-panic@readers.test", slowly.address)
    newcomer.sign_up()
    wait_for(lambda: inbox.last_to(newcomer.address), "the confirmation, once sign-up is open again")


def test_the_key_is_replaced_and_readers_are_mailed_as_before(system: LocalSystem) -> None:
    plant(system, ["rotated@readers.test"], "en")
    before = current_key(system)
    rotated = broadsheet(system, "keys", "rotate", "--yes")
    assert rotated.returncode == 0, rotated.stdout
    assert keys_in_use(system) == {current_key(system)}
    assert current_key(system) != before
    again = DemoReader("after-rotating@readers.test", system.address)
    again.sign_up()
    inbox = Inbox(system.address)
    wait_for(lambda: inbox.last_to(again.address), "the confirmation")
    assert (
        broadsheet(system, "keys", "rotate", "--yes").returncode == 0
    )  # new sign-ups are sealed under it as well
    assert keys_in_use(system) == {current_key(system)}


def test_recover_leaves_alone_what_panic_did_not_do(system: LocalSystem) -> None:
    functions, name = system.stack.client("lambda"), system.stack.physical("DeliverChunkFunction")
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=3)
    try:
        assert broadsheet(system, "panic", "--yes").returncode == 0
        assert functions.get_function_concurrency(FunctionName=name)["ReservedConcurrentExecutions"] == 0
        assert broadsheet(system, "recover", "--yes").returncode == 0
        assert functions.get_function_concurrency(FunctionName=name)["ReservedConcurrentExecutions"] == 3
    finally:
        functions.delete_function_concurrency(FunctionName=name)
    assert broadsheet(system, "recover", "--yes").returncode == 0  # nothing to do is no error
    assert "ReservedConcurrentExecutions" not in functions.get_function_concurrency(FunctionName=name)


def broadsheet(system: LocalSystem, *command: str) -> subprocess.CompletedProcess[str]:
    """The command as an operator types it."""
    return subprocess.run(
        [
            *(Path(sys.executable).with_name("broadsheet"), *command, "--local"),
            *("--state", system.state, "--engine-port", str(system.engine_port)),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def mailed(system: LocalSystem) -> Counter[str]:
    """How often each of them was mailed the issue; other tests have readers, too."""
    listed = urllib3.request("GET", f"{system.address}/_local/ses/messages", timeout=30).json()
    about_it = (entry for entry in listed if entry["tags"].get("mailing", "").startswith(ISSUE))
    return Counter(entry["to"][0] for entry in about_it if entry["to"][0] in READERS)


def swept(system: LocalSystem) -> bool:
    """The one clock need not be waited for."""
    sweep = system.stack.physical("SweepFunction")
    answer = system.stack.client("lambda").invoke(FunctionName=sweep, Payload=b"{}")
    return "FunctionError" not in answer


def state_of(system: LocalSystem) -> str:
    head = table(system, "LedgerTable").get_item(
        Key={"mailing": "mailings", "entry": f"{ISSUE}_en"}, ConsistentRead=True
    )
    return str(head["Item"]["state"])


def nobody_can_open_an_address(system: LocalSystem) -> None:
    stack = system.stack
    wrapped = table(system, "KeysTable").get_item(Key={"key_id": f"address-{time.gmtime().tm_year}"})["Item"]
    with pytest.raises(ClientError, match="disabled"):
        stack.client("kms").decrypt(
            KeyId=stack.physical("AddressKey"),
            CiphertextBlob=bytes(wrapped["wrapped"]),
            EncryptionContext={"purpose": "address", "key_id": wrapped["key_id"]},
        )
    for function in ("DeliverChunkFunction", "ProcessSignupFunction"):
        with pytest.raises(ClientError, match="TooManyRequests"):
            stack.client("lambda").invoke(FunctionName=stack.physical(function), Payload=b'{"Records": []}')


def nobody_can_be_asked_for(system: LocalSystem) -> None:
    stack = system.stack
    with pytest.raises(ClientError, match="disabled"):
        stack.client("kms").generate_mac(
            KeyId=stack.physical("FingerprintKey"), MacAlgorithm="HMAC_SHA_256", Message=b"ana@example.org"
        )


def bounces(system: LocalSystem, address: str, planted: dict[str, str]) -> None:
    """SES reports a hard bounce of an earlier mail."""
    sample = (ROOT / "events" / "record_feedback" / "bounce_permanent.json").read_text(encoding="utf-8")
    body = json.loads(json.loads(sample)["Records"][0]["body"])
    body["mail"]["destination"] = [address]
    body["mail"]["tags"]["subscriber"] = [planted[address]]
    body["bounce"]["bouncedRecipients"] = [{"emailAddress": address}]
    queue = system.stack.physical("FeedbackQueue")
    system.stack.client("sqs").send_message(QueueUrl=queue, MessageBody=json.dumps(body))


def person(system: LocalSystem, address: str, planted: dict[str, str]) -> object:
    """The id of the subscriber with this address; None if there is none."""
    key = {"shard": planted[address][0], "subscriber_id": planted[address]}
    return table(system, "SubscribersTable").get_item(Key=key, ConsistentRead=True).get("Item")


def keys_in_use(system: LocalSystem) -> set[str]:
    """The ids of the keys that anybody is sealed under."""
    items = table(system, "SubscribersTable").scan(ConsistentRead=True)["Items"]
    return {item["address_key"] for item in items}


def current_key(system: LocalSystem) -> str:
    found = table(system, "KeysTable").get_item(Key={"key_id": "address-current"}, ConsistentRead=True)
    return str(found.get("Item", {}).get("current", f"address-{time.gmtime().tm_year}"))


def sign_up_is_closed(system: LocalSystem) -> None:
    fields = urlencode({"email": "closed@readers.test", "audience": "en", "edition": "en"})
    answer = urllib3.request(
        "POST", f"{system.address}/api/subscribe", body=fields, headers=FORM, redirect=False, retries=False
    )
    assert answer.status == 503  # Service Unavailable


def one_click_still_acts(system: LocalSystem, inbox: Inbox, still: Counter[str]) -> str:
    """A reader leaves by the link of the mail; return their id."""
    address = next(iter(still))
    mail = inbox.to(address)[-1]
    before = subscribers(system)
    assert DemoReader(address, system.address).one_click(mail) == (200, "")
    assert before - subscribers(system) == 1
    assert urlsplit(mail.link("/api/unsubscribe")).path == "/api/unsubscribe"
    return address


def subscribers(system: LocalSystem) -> int:
    return len(table(system, "SubscribersTable").scan(ConsistentRead=True)["Items"])
