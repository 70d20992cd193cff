"""Work that is a chain of messages ends as promised, however long the chain: Lambda must not stop it.

The functions run as they are deployed, and the SDK carries the chain. Each is also run with a template whose
function may not loop, and is seen to break there. tests/unit/test_chains.py plays longer chains, over fakes.
"""

import copy
from datetime import UTC, datetime, timedelta

from broadsheet.archive.register import Record
from broadsheet.aws.register import DynamoDBRegister
from broadsheet.mailings.ports import ChunkMessage
from broadsheet.publishing.rebuild import ISSUES_A_STEP
from local.lineage import MOST_INVOCATIONS
from local.ses.faults import FaultKind, InjectedFault
from tests.builders import ADDRESS, a_record, a_sign_up
from tests.integration.mapping import Mapping
from tests.integration.world import MAILING, World, a_batch, a_sample
from tests.template_rules import Template

YEARS = 9
QUARTERS = 4 * 48  # of an hour, for which a sign-up can wait
THROTTLED = 30  # calls, five seconds apart


def without_loops(template: Template, function: str) -> Template:
    """The template, forgetful of one property."""
    planted = copy.deepcopy(template)
    del planted["Resources"][function]["Properties"]["RecursiveLoop"]
    return planted


def put(world: World, queue: str, body: str) -> None:
    """A message from outside, which begins a chain."""
    world.resources.sqs.send_message(QueueUrl=world.refs[queue], MessageBody=body, DelaySeconds=0)


def is_broken(mapping: Mapping) -> bool:
    """Whether Lambda stopped the chain, and SQS kept its message."""
    return (mapping.invocations, mapping.dead_letters()) == (MOST_INVOCATIONS, 1)


def is_whole(mapping: Mapping) -> bool:
    return (mapping.dropped, mapping.dead_letters()) == (0, 0)


def a_rebuild(world: World) -> Mapping:
    """An archive of some years without pages, and the file that deploying uploads to the desk."""
    register = DynamoDBRegister(world.table("RegisterTable"))
    for year in range(2000, 2000 + YEARS):
        for day in range(1, ISSUES_A_STEP + 1):
            record = a_record(f"{year}-01-{day:02}", editions={})
            assert register.put(record, Record(record.issue))
    world.upload_newsletter_file()
    put(world, "DeskQueue", a_sample("publish_issue/newsletter_created")["Records"][0]["body"])
    return Mapping(world, "PublishIssueMapping")


def a_sign_up_without_a_budget(world: World, hours: int) -> None:
    """A sign-up made now, and the given number of hours whose mails are used up."""
    now = datetime.now(UTC)
    for hour in range(hours):
        counter = f"budget#{now + timedelta(hours=hour):%Y-%m-%dT%H}"
        world.table("LimitsTable").put_item(Item={"counter": counter, "total": 10_000})
    message = a_sign_up(ADDRESS, sealed=world.sealed(), asked_at=int(now.timestamp()))
    put(world, "SignupQueue", message.to_json())


def a_throttled_mailing(world: World) -> str:
    """Begin a mailing to one reader, whose calls are throttled for a while; return the reader's id."""
    reader = world.a_reader()
    world.a_begun_mailing()
    world.ses.faults.script([InjectedFault(FaultKind.THROTTLE, times=THROTTLED)])
    put(world, "DeliveryQueue", ChunkMessage(MAILING, 0).to_json())
    return reader


def test_a_rebuild_goes_through_all_years(world: World) -> None:
    mapping = a_rebuild(world)

    mapping.run()

    assert is_whole(mapping)
    newsletter, end = 1, 2  # behind the last issue, behind the last year
    assert mapping.invocations == newsletter + YEARS + YEARS + end
    put(world, "DeskQueue", a_sample("publish_issue/newsletter_created")["Records"][0]["body"])
    mapping.run()
    assert mapping.invocations == newsletter + YEARS + YEARS + end + 1  # complete: it is not begun again


def test_a_rebuild_that_may_not_loop_is_left_unfinished(world: World) -> None:
    a_rebuild(world)
    mapping = Mapping(world, "PublishIssueMapping", without_loops(world.template, "PublishIssueFunction"))

    mapping.run()

    assert is_broken(mapping)
    (uploaded,) = a_sample("publish_issue/newsletter_created")["Records"]
    mapping.handler(a_batch(uploaded["body"].replace("17793124-", "27793124-")))
    assert len(world.messages("DeskQueue")) == 1  # it was not completed: another is begun


def test_a_sign_up_that_waits_for_almost_two_days_is_mailed(world: World) -> None:
    a_sign_up_without_a_budget(world, hours=47)
    mapping = Mapping(world, "ProcessSignupMapping")

    mapping.run()

    assert is_whole(mapping)
    assert mapping.invocations > QUARTERS - 2 * 4
    assert len(world.ses.mails_to(ADDRESS)) == 1
    assert [item["status"] for item in world.items("SubscribersTable")] == ["pending"]


def test_a_sign_up_that_waits_for_two_days_is_dropped(world: World) -> None:
    a_sign_up_without_a_budget(world, hours=60)
    mapping = Mapping(world, "ProcessSignupMapping")

    mapping.run()

    assert is_whole(mapping)
    assert QUARTERS <= mapping.invocations <= QUARTERS + 1
    assert (world.ses.sent(), world.items("SubscribersTable")) == ([], [])


def test_a_sign_up_that_may_not_loop_is_never_mailed(world: World) -> None:
    a_sign_up_without_a_budget(world, hours=6)
    planted = without_loops(world.template, "ProcessSignupFunction")
    mapping = Mapping(world, "ProcessSignupMapping", planted)

    mapping.run()

    assert is_broken(mapping)
    assert world.ses.sent() == []


def test_a_mailing_that_ses_throttles_for_long_reaches_everybody_once(world: World) -> None:
    reader = a_throttled_mailing(world)
    mapping = Mapping(world, "DeliverChunkMapping")

    mapping.run()

    assert is_whole(mapping)
    assert mapping.invocations == THROTTLED + 1
    assert (world.chunk()["members"], world.chunk()["closed"]) == ({reader: "accepted"}, True)
    assert len(world.ses.mails_to(ADDRESS)) == 1


def test_a_throttled_mailing_that_may_not_loop_leaves_its_readers_waiting(world: World) -> None:
    reader = a_throttled_mailing(world)
    planted = without_loops(world.template, "DeliverChunkFunction")
    mapping = Mapping(world, "DeliverChunkMapping", planted)

    mapping.run()

    assert is_broken(mapping)
    assert world.chunk()["members"] == {reader: "waiting"}


def test_a_chain_is_the_header_that_the_sdk_sends(world: World) -> None:
    """What it forwards is what Lambda gave."""
    a_sign_up_without_a_budget(world, hours=1)
    Mapping(world, "ProcessSignupMapping").run()
    chains = list(world.chains.values())
    assert chains[0].startswith("Root=1-")
    assert [chain.rpartition(":")[2] for chain in chains] == [str(number) for number in range(len(chains))]
    assert {chain.split(";")[0] for chain in chains} == {chains[0].split(";")[0]}
