"""`broadsheet rebuild`, on the table, the queue and the function that the template describes."""

import re
from dataclasses import dataclass, field

import boto3
import pytest

from broadsheet.aws.publishing_state import DynamoDBRebuilds
from broadsheet.aws.register import DynamoDBRegister
from broadsheet.publishing.desk_events import Rebuild
from cli.chosen_stack import ReachedStack
from cli.rebuild import PATIENCE_SECONDS, SECONDS_BETWEEN, follow, print_result, request_and_follow
from tests.integration.world import World, a_batch, failed


@dataclass
class Functions:
    """PublishIssueFunction, which processes what waits in its queue whenever the command sleeps."""

    world: World
    pauses: int = 0
    steps: list[Rebuild] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        assert seconds == SECONDS_BETWEEN
        self.pauses += 1
        handler = self.world.cold_start("PublishIssueFunction")
        for body in self.world.receive_all("DeskQueue"):
            assert failed(handler(a_batch(body))) == []


def stack_of(world: World) -> ReachedStack:
    outputs = {"DeskQueue": world.refs["DeskQueue"], "Register": world.refs["RegisterTable"]}
    return ReachedStack("broadsheet", boto3.Session(region_name="eu-central-1"), None, outputs)


def a_site(world: World) -> dict[str, bytes]:
    """The objects of a site with one published issue."""
    world.upload_issue("en", "ru")
    world.process_desk_event("text_created")
    return {key: world.object("SiteBucket", key) for key in world.keys("SiteBucket")}


@pytest.mark.parametrize("anew", [False, True])
def test_everything_that_was_deleted_is_back_when_the_command_ends(
    world: World,
    anew: bool,  # noqa: FBT001  # a column
    capsys: pytest.CaptureFixture[str],
) -> None:
    site = a_site(world)
    for key in site:
        world.resources.s3.delete_object(Bucket=world.refs["SiteBucket"], Key=key)

    for _ in range(2):
        ended = request_and_follow(stack_of(world), Functions(world).sleep, anew=anew)
        assert print_result(ended) == 0
        assert {key: world.object("SiteBucket", key) for key in world.keys("SiteBucket")} == site

    first, second = re.findall(r"Issues: 1\.\n(.+)\n", capsys.readouterr().out)
    if anew:
        assert first == second == f"Written: {len(site)}."
    else:
        assert first == f"Missing or different, and written: {len(site)}. Right already: 0."
        assert second == f"Missing or different, and written: 0. Right already: {len(site)}."


def test_a_picture_that_the_desk_has_no_more_is_named_and_the_command_fails(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    site = a_site(world)
    pictures = world.keys("DeskBucket", "issues/2016-12-05/images/")
    for bucket, keys in (("SiteBucket", list(site)), ("DeskBucket", pictures)):
        for key in keys:
            world.resources.s3.delete_object(Bucket=world.refs[bucket], Key=key)

    assert print_result(request_and_follow(stack_of(world), Functions(world).sleep)) == 1

    shown = capsys.readouterr().out
    assert all(
        f"  {key}\n" in shown for key in pictures if b"".join(site.values()).count(key[-20:-4].encode())
    )
    assert "Upload them again" in shown
    pages = {key for key in site if not key.startswith("media/")}
    assert pages <= set(world.keys("SiteBucket"))


def test_a_command_whose_queue_stands_still_says_so_and_ends(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    pauses: list[float] = []
    assert print_result(request_and_follow(stack_of(world), pauses.append)) == 1
    assert sum(pauses) >= PATIENCE_SECONDS
    assert "Running this again does no harm." in capsys.readouterr().out
    assert len(world.messages("DeskQueue")) == 1


def test_a_rebuild_that_takes_the_place_of_the_command_s_own_is_followed_to_its_end() -> None:
    steps = [
        None,
        Rebuild("v", run="old", phase="ended"),
        Rebuild("v", run="own"),
        Rebuild("v", run="new", done=2),
    ]
    seen = iter([*steps, Rebuild("v", run="new", done=3, phase="ended")])
    shown: list[float] = []
    ended = follow(lambda: next(seen), "old", shown.append, lambda _: None)
    assert ended == Rebuild("v", run="new", done=3, phase="ended")
    assert shown == [0, 2, 3]


def test_the_number_of_issues_is_that_of_the_register(world: World) -> None:
    a_site(world)
    register = DynamoDBRegister(stack_of(world).table("Register"))
    assert register.count() == len(register.after("", 10)) == 1
    assert DynamoDBRebuilds(register.table).latest() is None
