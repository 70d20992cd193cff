"""sweep: begins what is due, puts lost orders again, ends what is complete."""

import json
import time

from local.ses.faults import Fault, Kind
from tests.integration.world import MAILING, World, a_sample

ONE_CHUNK = "deliver_chunk/one_chunk"


def sweep(world: World) -> None:
    assert world.cold_start("SweepFunction")(a_sample("sweep/every_minute")) is None


def test_a_minute_with_nothing_to_do_changes_nothing(world: World) -> None:
    sweep(world)
    assert world.items("LedgerTable") == []


def test_a_mailing_whose_schedule_never_fired_is_begun(world: World) -> None:
    world.parameters["HoldSeconds"] = "0"
    world.lay_on_desk("en")
    world.cold_start("PublishIssueFunction")(a_sample("publish_issue/text_created"))
    sweep(world)
    assert world.head()["state"] == "sending"
    assert len(world.messages("DeliveryQueue")) == 1


def test_a_mailing_with_all_chunks_closed_is_done(world: World) -> None:
    world.a_reader()
    world.a_begun_mailing()
    sweep(world)
    assert world.head()["state"] == "sending"
    world.cold_start("DeliverChunkFunction")(a_sample(ONE_CHUNK))
    sweep(world)
    assert world.head()["state"] == "done"


def test_a_chunk_whose_order_was_lost_is_ordered_again(world: World) -> None:
    world.a_reader()
    world.a_begun_mailing()
    world.ses.faults.script([Fault(Kind.THROTTLE)])
    world.cold_start("DeliverChunkFunction")(a_sample(ONE_CHUNK))
    ordered = len(world.messages("DeliveryQueue"))
    sweep(world)
    assert len(world.messages("DeliveryQueue")) == ordered
    let_the_lease_run_out(world)
    sweep(world)
    orders = world.messages("DeliveryQueue")
    assert len(orders) == ordered + 1
    assert json.loads(orders[-1]) == {"mailing": MAILING, "number": 0}
    world.cold_start("DeliverChunkFunction")(a_sample(ONE_CHUNK))
    sweep(world)
    assert world.head()["state"] == "done"


def let_the_lease_run_out(world: World) -> None:
    world.table("LedgerTable").update_item(
        Key={"mailing": MAILING, "entry": "chunk#000000"},
        UpdateExpression="SET leased_until = :then",
        ExpressionAttributeValues={":then": int(time.time()) - 601},
    )
