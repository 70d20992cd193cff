"""`broadsheet doctor` on the local system: in order as it is, and each fault that is planted is named."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3

from cli.build import ROOT
from cli.newsletter_file import own_newsletter
from local.system import LocalSystem
from tests.acceptance.conftest import desk_put
from tests.members import table

DOMAIN = own_newsletter().sender.partition("@")[2]
ALARM = "alarm@operators.test"
ROUND_TRIP = ("delivery", "bounce", "complaint")
IN_THIS_ORDER = [
    *(
        "Credentials of account",
        "Lambda runs",
        "SES takes",
        "SES sandbox",
        "SES has verified",
        "SES signs as",
    ),
    *("The DKIM records", "as MAIL FROM", "The MAIL FROM records", "mails no bounces", "a DMARC policy"),
    *("Alarms are", "One-click leaving", "The CDN gives the site", "The CDN leads to the API"),
    *("the same secret", "newsletter.toml is the one", "as the template describes it", "The clock"),
]


def doctor(system: LocalSystem, *options: str) -> subprocess.CompletedProcess[str]:
    """The command as an operator types it."""
    return subprocess.run(
        [
            *(Path(sys.executable).with_name("broadsheet"), "doctor", "--local", *options),
            *("--state", system.state, "--engine-port", str(system.engine_port)),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )


def lines(done: subprocess.CompletedProcess[str], mark: str) -> list[str]:
    return [line for line in done.stdout.splitlines() if line.startswith(mark)]


def put(system: LocalSystem, path: str, content: Any) -> None:
    answer = urllib3.request("PUT", f"{system.address}/_local/{path}", json=content, retries=False)
    assert answer.status == 200, answer.data


def test_a_system_as_it_was_deployed_has_no_fault(system: LocalSystem) -> None:
    done = doctor(system)
    assert (done.returncode, lines(done, "FAULT"), lines(done, "warning")) == (0, [], []), done.stdout
    shown = [line for line in done.stdout.splitlines() if line.startswith(("ok", "to do"))]
    assert [words in line for words, line in zip(IN_THIS_ORDER, shown, strict=True)] == [True] * len(shown)
    assert done.stdout.rstrip().endswith("no faults, 1 more line to look at.")


def test_a_round_trip_sees_all_three_events_and_touches_nobody(system: LocalSystem) -> None:
    kept = {name: _items(system, name) for name in ("SubscribersTable", "FingerprintsTable")}
    mailings = _mailings(system)
    done = doctor(system, "--round-trip")
    assert done.returncode == 0, done.stdout
    for word in ROUND_TRIP:
        assert f"The {word} of a mail to SES's simulator was recorded" in done.stdout
    assert {name: _items(system, name) for name in kept} == kept
    assert _mailings(system) == mailings


def _items(system: LocalSystem, name: str) -> list[str]:
    return sorted(map(repr, table(system, name).scan(ConsistentRead=True)["Items"]))


def _mailings(system: LocalSystem) -> list[str]:
    """All that the ledger keeps but what came back of round trips, and the account's rate."""
    apart = ("round-trip", "pace")
    items = table(system, "LedgerTable").scan(ConsistentRead=True)["Items"]
    return sorted(repr(item) for item in items if item["mailing"] not in apart)


# -- faults, planted in the system that runs


Undo = Callable[[], None]


def no_dkim_record(system: LocalSystem) -> Undo:
    token = _first_token(system)
    put(system, "dns/changes", {"name": f"{token}._domainkey.{DOMAIN}", "kind": "CNAME", "values": []})
    return lambda: _as_dns_was(system)


def a_falsified_mail_from_record(system: LocalSystem) -> Undo:
    put(system, "dns/changes", {"name": f"bounce.{DOMAIN}", "kind": "TXT", "values": ["v=spf1 -all"]})
    return lambda: _as_dns_was(system)


def no_dmarc_record(system: LocalSystem) -> Undo:
    put(system, "dns/changes", {"name": f"_dmarc.{DOMAIN}", "kind": "TXT", "values": []})
    return lambda: _as_dns_was(system)


def an_unverified_domain(system: LocalSystem) -> Undo:
    put(system, f"ses/identities/{DOMAIN}", {"verification": "FAILED"})
    return lambda: put(system, f"ses/identities/{DOMAIN}", {"verification": "SUCCESS"})


def the_sandbox(system: LocalSystem) -> Undo:
    put(system, "ses/settings", {"sandbox": True})
    return lambda: put(system, "ses/settings", {"sandbox": False})


def another_origin_secret(system: LocalSystem) -> Undo:
    secrets, name = system.stack.client("secretsmanager"), system.stack.output("OriginSecret")
    before = secrets.get_secret_value(SecretId=name)["SecretString"]
    secrets.put_secret_value(SecretId=name, SecretString="rotated-by-hand")

    def undo() -> None:
        secrets.put_secret_value(SecretId=name, SecretString=before)

    return undo


def another_newsletter_file(system: LocalSystem) -> Undo:
    own = (ROOT / "newsletter.toml").read_bytes()
    desk_put(system, "newsletter.toml", own.replace(b"Riverside Street", b"Lakeside Street"))
    return lambda: desk_put(system, "newsletter.toml", own)


def an_alarm_address_that_has_not_confirmed(system: LocalSystem) -> Undo:
    sns, topic = system.stack.sns, system.stack.output("AlarmTopic")
    arn = sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=ALARM)["SubscriptionArn"]

    def undo() -> None:
        sns.unsubscribe(SubscriptionArn=arn)

    return undo


def a_queue_changed_by_hand(system: LocalSystem) -> Undo:
    sqs, queue = system.stack.sqs, system.stack.physical("SignupDeadLetters")
    before = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["MessageRetentionPeriod"])["Attributes"]
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"MessageRetentionPeriod": "86400"})

    def undo() -> None:
        sqs.set_queue_attributes(QueueUrl=queue, Attributes=before)

    return undo


def no_first_page(system: LocalSystem) -> Undo:
    s3, site = system.stack.s3, system.stack.physical("SiteBucket")
    before = s3.get_object(Bucket=site, Key="index.html")
    content, kind = before["Body"].read(), before["ContentType"]
    s3.delete_object(Bucket=site, Key="index.html")

    def undo() -> None:
        s3.put_object(Bucket=site, Key="index.html", Body=content, ContentType=kind)

    return undo


def _first_token(system: LocalSystem) -> str:
    answer = urllib3.request("GET", f"{system.address}/_local/ses/v2/email/identities/{DOMAIN}").json()
    return str(answer["DkimAttributes"]["Tokens"][0])


def _as_dns_was(system: LocalSystem) -> None:
    urllib3.request("DELETE", f"{system.address}/_local/dns/changes", retries=False)


FAULTS: list[tuple[Callable[[LocalSystem], Undo], str, str, str]] = [
    (no_dkim_record, "FAULT", "has no CNAME record", "Put into DNS: "),
    (a_falsified_mail_from_record, "warning", "says v=spf1 -all", "Replace it in DNS: "),
    (no_dmarc_record, "warning", f"_dmarc.{DOMAIN} has no TXT record", "v=DMARC1; p=none"),
    (an_unverified_domain, "FAULT", "SES has given up verifying", "Put the DKIM records"),
    (the_sandbox, "to do", "The account is in the SES sandbox", "request production access"),
    (another_origin_secret, "FAULT", "CDN and API have different secrets", "OriginSecretRotation=2"),
    (another_newsletter_file, "warning", "newsletter.toml here is not the one", "make deploy"),
    (an_alarm_address_that_has_not_confirmed, "to do", "has not confirmed", "follow its link"),
    (a_queue_changed_by_hand, "warning", "SignupDeadLetters was changed by hand", "Change it back"),
    (no_first_page, "FAULT", "for the site's first page", "make deploy"),
]


@pytest.fixture
def planted(system: LocalSystem) -> Iterator[Callable[[Callable[[LocalSystem], Undo]], None]]:
    """Plants faults, and has the system as it was afterwards."""
    undone: list[Undo] = []
    yield lambda plant: undone.append(plant(system))
    for undo in undone:
        undo()


@pytest.mark.parametrize(
    ("plant", "level", "said", "repair"), FAULTS, ids=[fault[0].__name__ for fault in FAULTS]
)
def test_a_planted_fault_is_named_with_its_repair(
    plant: Callable[[LocalSystem], Undo],
    level: str,
    said: str,
    repair: str,
    system: LocalSystem,
    planted: Callable[[Callable[[LocalSystem], Undo]], None],
) -> None:
    planted(plant)
    done = doctor(system)
    named = [line for line in lines(done, level) if said in line]
    assert len(named) == 1, done.stdout
    shown = done.stdout.splitlines()
    assert repair in shown[shown.index(named[0]) + 1]
    assert done.returncode == (1 if level == "FAULT" else 0)


def test_an_alarm_address_that_has_confirmed_is_in_order(
    system: LocalSystem, planted: Callable[[Callable[[LocalSystem], Undo]], None]
) -> None:
    planted(an_alarm_address_that_has_not_confirmed)
    put(system, "sns/confirmed", [ALARM])
    assert "ok       Alarms are mailed to an address that has confirmed" in doctor(system).stdout


def test_without_a_local_system_the_command_says_how_to_start_one(tmp_path: Path) -> None:
    nowhere = LocalSystem(tmp_path / "state", 1, 2)
    done = doctor(nowhere)
    assert (done.returncode, "Run: make up" in done.stderr) == (1, True)
