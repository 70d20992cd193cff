"""start_mailing: a held mailing that is due is frozen, and its chunks are enqueued."""

import json

from local.ses.account import Settings
from tests.builders import ISSUE_ID
from tests.integration.world import World, a_sample

TEXT = "---\ntitle: A week\nsummary: In a sentence.\nmail: yes\n---\nOne paragraph.\n"


def publish(world: World, *editions: str, hold_seconds: int = 0) -> None:
    world.parameters["HoldSeconds"] = str(hold_seconds)
    for edition in editions:
        world.upload_text(f"issues/{ISSUE_ID}/{edition}.md", TEXT)
    world.process_desk_event("text_created")


def start(world: World) -> None:
    assert world.cold_start("StartMailingFunction")(a_sample("start_mailing/due")) is None


def test_a_due_mailing_is_frozen_and_its_chunks_are_enqueued(world: World) -> None:
    publish(world, "en")
    start(world)
    body, _ = world.keys("DeskBucket", f"revisions/{ISSUE_ID}/en/")
    head = world.head()
    assert (head["state"], head["edition"], head["chunk_count"]) == ("sending", "en", [[1, 1, 0]])
    digest, _, _ = head["digest"].partition("-")
    assert body == f"revisions/{ISSUE_ID}/en/{head['revision']}.{digest}.json"
    (message,) = world.messages("DeliveryQueue")
    assert json.loads(message) == json.loads(a_sample("deliver_chunk/one_chunk")["Records"][0]["body"])


def test_a_mailing_in_its_hold_stays_held(world: World) -> None:
    publish(world, "en", hold_seconds=600)
    start(world)
    assert world.head()["state"] == "held"
    assert world.messages("DeliveryQueue") == []


def test_a_schedule_that_fires_twice_starts_one_mailing(world: World) -> None:
    publish(world, "en")
    start(world)
    begun = world.head()
    start(world)
    assert world.head() == begun
    assert len(world.messages("DeliveryQueue")) == 1


def test_the_rate_is_the_granted_rate_times_the_share(world: World) -> None:
    publish(world, "en")
    start(world)
    (pace,) = [item for item in world.items("LedgerTable") if item["mailing"] == "pace"]
    assert float(pace["rate"]) == Settings().max_send_rate * int(world.parameters["PacePercent"]) / 100


def test_an_audience_gets_the_first_of_its_editions_that_is_published(world: World) -> None:
    publish(world, "ru")
    world.cold_start("StartMailingFunction")({"mailing": f"{ISSUE_ID}_be-ru"})
    assert world.head(f"{ISSUE_ID}_be-ru")["edition"] == "ru"


def test_a_mailing_whose_issue_was_deleted_in_its_hold_enqueues_nothing(world: World) -> None:
    publish(world, "en")
    world.delete_from_desk(f"issues/{ISSUE_ID}/en.md")
    world.process_desk_event("text_deleted")
    start(world)
    assert [item for item in world.items("LedgerTable") if item["mailing"] == "mailings"] == []
    assert world.messages("DeliveryQueue") == []


def test_a_mailing_that_is_unknown_enqueues_nothing(world: World) -> None:
    start(world)
    assert world.messages("DeliveryQueue") == []
