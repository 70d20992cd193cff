"""`broadsheet subscribers` on what the template describes, by the command line, as the operator may."""

import json
import re
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pyrage
import pytest
from click.testing import CliRunner, Result
from pyrage import x25519

import cli.list_import
from broadsheet.subscribers.limits import address_counter
from cli.main import main
from tests.builders import ADDRESS
from tests.integration.roles import Need, is_allowed, needs
from tests.integration.world import World

DATA = Path(__file__).parents[1] / "data"
NAMES = {
    "Subscribers": "SubscribersTable",
    "Fingerprints": "FingerprintsTable",
    "Limits": "LimitsTable",
    "Keys": "KeysTable",
    "AddressKey": "AddressKey",
    "FingerprintKey": "FingerprintKey",
}
ANSWERS = ["--audience", "en", "--source", "the form on our old site", "--consent-on", "2016-01-05", "--yes"]
ONE_THREAD = ["--at-once", "1"]  # moto has one
TABLE = "email,name\nana@example.org,Ana\nbo@example.org,Bo\n"


class Formation:
    """CloudFormation, for which moto needs more than is here: the outputs of the stack, if there is one."""

    def __init__(self, outputs: dict[str, str]) -> None:
        self.outputs: dict[str, str] | None = outputs
        self.asked = 0

    def answer(self, **_: Any) -> tuple[Any, dict[str, Any]]:
        self.asked += 1
        if self.outputs is None:
            return SimpleNamespace(status_code=400), {"Error": {"Code": "ValidationError", "Message": ""}}
        outputs = [{"OutputKey": key, "OutputValue": value} for key, value in self.outputs.items()]
        return SimpleNamespace(status_code=200), {"Stacks": [{"Outputs": outputs}]}


@pytest.fixture
def formation(world: World) -> Formation:
    return Formation({name: world.refs[resource] for name, resource in NAMES.items()})


@pytest.fixture(autouse=True)
def operator(
    world: World, formation: Formation, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[None]:
    """The operator who runs the commands; a call that their policy does not allow fails the test."""
    forbidden: list[Need] = []
    names = {name: logical_id for logical_id, name in world.refs.items()}

    def look(params: dict[str, Any], model: Any, **_: Any) -> None:
        service = model.service_model.signing_name
        if service in ("dynamodb", "kms"):
            asked = needs(service, model.name, params, names)
            forbidden.extend(one for one in asked if not is_allowed(world.template, "OperatorPolicy", one))

    class Watched(boto3.Session):
        def __init__(self, **how: Any) -> None:
            super().__init__(**how)
            if how:  # a command names its region; the functions of this account have theirs from Lambda
                self.events.register_first("before-parameter-build", look)
            self.events.register_first("before-call.cloudformation", formation.answer)

    monkeypatch.setattr(boto3, "Session", Watched)
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")  # then the SDK makes each call, and moto sees it
    monkeypatch.setattr(cli.list_import, "LOCAL", tmp_path / "local")
    monkeypatch.chdir(tmp_path)
    yield
    assert forbidden == []


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str | bytes], Path]:
    def written(content: str | bytes) -> Path:
        path = tmp_path / "people.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return written


def run(*arguments: object, **how: Any) -> Result:
    words = [*map(str, arguments), *(ONE_THREAD if arguments[0] == "import" else [])]
    return CliRunner().invoke(main, ["subscribers", *words], **how)


def numbers(result: Result) -> dict[str, int]:
    """The last table of an import, by the first word of what is counted."""
    table = result.output.rpartition("What the import")[2]
    return {words.split(":")[0]: int(n) for n, words in re.findall(r"│ (\d+) +│ ([^│]+?) *│", table)}


def test_people_are_imported_and_found_and_a_second_run_changes_nothing(
    world: World, file: Callable[[str | bytes], Path]
) -> None:
    first = run("import", file(TABLE), *ANSWERS)
    before = world.state()
    second = run("import", file(TABLE), *ANSWERS)

    assert (first.exit_code, second.exit_code) == (0, 0), first.output + second.output
    assert numbers(first)["new"] == 2
    assert numbers(second)["already on the list"] == 2
    assert world.state() == before
    found = run("find", input=f" {ADDRESS}\n")
    assert "the form on our old site" in found.output
    assert "confirmed" in found.output
    output = first.output + second.output + found.output
    assert [word for word in ("ana@", "bo@", "example.org") if word in output] == []


def test_a_dry_run_changes_nothing(world: World, file: Callable[[str | bytes], Path]) -> None:
    result = run("import", file(TABLE), *ANSWERS, "--dry-run")

    assert (result.exit_code, numbers(result)["new"]) == (0, 2), result.output
    assert "Nothing was changed." in result.output
    assert world.items("SubscribersTable") == []


def test_a_reader_who_left_bounced_or_said_not_again_is_not_brought_back(
    world: World, file: Callable[[str | bytes], Path]
) -> None:
    reader = world.a_reader(ADDRESS)
    token = world.leave_token(reader)
    world.a_reader("bo@example.org")
    assert run("forget", "--yes", "--not-again", input="bo@example.org").exit_code == 0
    leave = world.cold_start("UnsubscribeFunction")
    sample = json.loads((DATA.parents[1] / "events/unsubscribe/button.json").read_text())
    sample["queryStringParameters"]["t"] = token
    sample["rawQueryString"] = f"t={token}"
    leave(sample)

    result = run("import", file(TABLE + "cy@example.org,Cy\n"), *ANSWERS)

    counted = numbers(result)
    assert (counted["new"], counted["unsubscribed before"]) == (1, 1), result.output
    assert counted["bounced, marked us as spam or said “not again”"] == 1
    assert len(world.items("SubscribersTable")) == 1


def test_an_export_of_a_big_service_is_shown_before_it_is_imported(world: World) -> None:
    result = run("import", DATA / "subscribed_members_export.csv", *ANSWERS)

    assert "email address" in result.output
    assert "day on which they agreed" in result.output
    assert "an export of Mailchimp, subscribed" in " ".join(result.output.split())
    assert "No email address, or more than one: line 6." in result.output
    assert numbers(result)["new"] == 3
    assert len(world.items("SubscribersTable")) == 3


@pytest.mark.parametrize("how", [["--yes"], ["--dry-run"], []])
def test_a_column_that_may_say_who_left_stops_the_import_until_the_operator_says_what_it_means(
    world: World, file: Callable[[str | bytes], Path], how: list[str]
) -> None:
    flags = file("email,Wunsch,City\na@example.org,x,Bonn\nb@example.org,,Bonn\n")
    said = [*ANSWERS[:-1], *how]

    stopped = run("import", flags, *said)

    output = " ".join(stopped.output.split())
    assert (stopped.exit_code, world.items("SubscribersTable")) == (1, [])
    assert "UNCLEAR: it says yes or no" in output
    assert '--column "Wunsch=…"' in output
    assert "filled, and not with no or 0, if they have unsubscribed" in output
    assert re.search(r"3 +│ City +│ \(ignored\)", stopped.output)


@pytest.mark.parametrize(("meaning", "people"), [("ended", 1), ("ignored", 2), ("confirmed", 1)])
def test_a_column_means_what_the_operator_says(
    world: World, file: Callable[[str | bytes], Path], meaning: str, people: int
) -> None:
    flags = file("email,Wunsch\na@example.org,x\nb@example.org,\n")

    result = run("import", flags, *ANSWERS, "--column", f"Wunsch={meaning}")

    assert (result.exit_code, numbers(result)["new"]) == (0, people), result.output
    assert re.search(r"\(as\b.*\bsay\)", result.output, re.DOTALL)
    assert len(world.items("SubscribersTable")) == people


@pytest.mark.parametrize(
    "name", ["unsubscribed.csv", "Отписавшиеся.csv", "cleaned_members.csv", "bounces.csv"]
)
def test_a_file_that_is_named_for_people_who_left_stops(
    world: World, file: Callable[[str | bytes], Path], name: str
) -> None:
    result = run("import", file(TABLE).rename(file(TABLE).with_name(name)), *ANSWERS)

    assert (result.exit_code, world.items("SubscribersTable")) == (1, [])
    assert "The file's name says that these people unsubscribed." in result.output


def test_the_export_of_those_who_left_a_big_service_imports_nobody(world: World) -> None:
    result = run("import", DATA / "unsubscribed_members_export.csv", *ANSWERS)

    assert (result.exit_code, numbers(result)["new"]) == (0, 0), result.output
    assert "There is nobody new to import." in result.output
    assert world.items("SubscribersTable") == []


def test_an_address_in_a_file_of_unsubscribed_readers_is_not_imported(
    world: World, file: Callable[[str | bytes], Path], tmp_path: Path
) -> None:
    left = tmp_path / "unsubscribed.csv"
    left.write_text("Email Address,UNSUB_TIME\nANA@example.org,2016-06-01\n")

    result = run("import", file("email\nana@example.org\nbo@example.org\n"), *ANSWERS, "--except", left)

    assert (result.exit_code, numbers(result)["new"]) == (0, 1), result.output
    assert "Whoever is in unsubscribed.csv is left out." in result.output
    assert len(world.items("SubscribersTable")) == 1


def test_what_an_export_does_not_say_is_reported(world: World) -> None:
    result = run("import", DATA / "exports" / "listmonk.csv", *ANSWERS)

    assert "does not say who unsubscribed from a single list" in " ".join(result.output.split())
    assert numbers(result)["new"] == 1


def test_the_delimiter_can_be_named(world: World, file: Callable[[str | bytes], Path]) -> None:
    result = run("import", file("email^name\na@example.org^Ana; Bo\n"), *ANSWERS, "--delimiter", "^")

    assert (result.exit_code, numbers(result)["new"]) == (0, 1), result.output
    assert "columns separated by “^”" in result.output


def test_an_interrupted_import_leaves_a_bookmark_without_addresses(
    world: World, file: Callable[[str | bytes], Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from broadsheet.aws.mailing_list import DynamoDBMailingList  # noqa: PLC0415  # what the power going off hits

    many = "email\n" + "".join(f"reader-{n}@example.org\n" for n in range(150))
    taken, real = [], DynamoDBMailingList.add_new

    def ends(self: Any, people: Any, now: Any) -> Any:
        taken.append(len(people))
        if len(taken) == 3:
            raise KeyboardInterrupt
        return real(self, people, now)

    monkeypatch.setattr(DynamoDBMailingList, "add_new", ends)
    broken_off = run("import", file(many), *ANSWERS)
    assert broken_off.exit_code == 130, broken_off.output
    (checkpoint,) = (tmp_path / "local" / "imports").iterdir()
    assert "@" not in checkpoint.read_text()
    assert stat.S_IMODE(checkpoint.stat().st_mode) == 0o600
    assert stat.S_IMODE(checkpoint.parent.stat().st_mode) == 0o700
    done = json.loads(checkpoint.read_text())["done"]
    assert done >= 34

    finished = run("import", file(many), *ANSWERS)

    assert finished.exit_code == 0, finished.output
    assert f"everything up to line {done} is done" in finished.output
    assert len(world.items("SubscribersTable")) == 150
    assert list((tmp_path / "local" / "imports").iterdir()) == []


def test_counts_contain_no_reader(world: World) -> None:
    for n in range(6):
        world.a_reader(f"r{n}@example.org", *(["en", "be-ru"] if n < 2 else ["en"]))

    result = run("count")

    assert result.exit_code == 0, result.output
    assert "Confirmed: 6; not confirmed yet: fewer than 5." in result.output
    assert re.search(r"en \(EN\) +│ 6 ", result.output)
    assert re.search(r"be-ru \(BE/RU\) +│ fewer than 5 ", result.output)
    assert re.search(r"2016-11 +│ 6 ", result.output)


def test_a_new_address_that_waits_is_found_and_erased_and_counts_as_nobody(world: World) -> None:
    reader = world.a_reader("bo@example.org")
    world.a_new_address(reader)

    assert "a reader's new address" in run("find", input=ADDRESS).output
    assert "Asked to change the address on" in run("find", input="bo@example.org").output
    assert "not confirmed yet: fewer than 5." in run("count").output
    assert run("forget", "--yes", input=ADDRESS).exit_code == 0

    assert [item["subscriber_id"] for item in world.items("SubscribersTable")] == [reader]
    assert "Unsubscribed or erased on" in run("find", input=ADDRESS).output


def test_a_reader_is_erased_and_queued_work_is_dropped(world: World) -> None:
    world.a_reader(ADDRESS)

    first = run("forget", "--yes", input=ADDRESS)
    second = run("forget", "--yes", "-", input=ADDRESS)

    assert "Erased." in first.output
    assert (first.exit_code, second.output) == (0, first.output)
    assert [world.items(name) for name in ("SubscribersTable", "FingerprintsTable")] == [[], []]
    (counter,) = world.items("LimitsTable")
    assert counter["counter"].startswith(address_counter(""))
    assert "gone_at" in counter
    assert "Unsubscribed or erased on" in run("find", input=ADDRESS).output
    assert "Nothing is stored" in run("find", input="stranger@example.org").output


@pytest.mark.parametrize("command", ["find", "forget"])
@pytest.mark.parametrize(
    "given", [[ADDRESS], ["-", ADDRESS], [ADDRESS, "--local"], ["--", ADDRESS], [f" {ADDRESS} "]]
)
def test_an_address_in_the_shell_s_history_is_refused_and_nothing_is_looked_up(
    world: World, formation: Formation, command: str, given: list[str]
) -> None:
    world.a_reader(ADDRESS)
    before = world.state()

    result = run(command, *given, input=ADDRESS)

    said = " ".join(result.output.split())
    assert result.exit_code == 2
    assert "not accepted as an argument" in said
    assert "type the address when asked, or pipe it in" in said
    assert ADDRESS not in said
    assert (world.state(), formation.asked) == (before, 0)


def test_on_demand_a_suppression_is_deleted(world: World) -> None:
    world.a_reader(ADDRESS)
    assert run("forget", "--yes", "-", "--not-again", input=ADDRESS).exit_code == 0
    stays = run("forget", "--yes", "-", input=ADDRESS)
    assert "--even-if-suppressed" in stays.output
    assert [item["reason"] for item in world.items("FingerprintsTable")] == ["not again"]

    gone = run("forget", "--yes", "-", "--even-if-suppressed", input=ADDRESS)

    assert (gone.exit_code, world.items("FingerprintsTable")) == (0, [])
    assert "not again" in gone.output
    assert run("forget", "--yes", "-", "--even-if-suppressed", "--not-again", input=ADDRESS).exit_code == 2


def test_the_list_is_exported_for_the_owner_of_the_key(world: World, tmp_path: Path) -> None:
    world.a_reader(ADDRESS, "en", "be-ru")
    identity = x25519.Identity.generate()
    out = tmp_path / "list.age"

    result = run("export", "--to", identity.to_public(), "--out", out)

    assert (result.exit_code, stat.S_IMODE(out.stat().st_mode)) == (0, 0o600), result.output
    assert "Exported 1 reader to" in result.output
    assert ADDRESS not in result.output
    sealed = out.read_bytes()
    assert ADDRESS.encode() not in sealed
    assert f"\r\n{ADDRESS},be-ru;en,en,".encode() in pyrage.decrypt(sealed, [identity])
    again = run("export", "--to", identity.to_public(), "--out", out)
    assert (again.exit_code, "already exists" in again.output) == (1, True)
    assert out.read_bytes() == sealed


def test_a_decrypted_list_is_written_only_where_nobody_else_can_read_it(world: World, tmp_path: Path) -> None:
    world.a_reader(ADDRESS)
    clear = "--in-plain-text-readable-by-anyone"
    open_folder, private = tmp_path / "open", tmp_path / "private"
    open_folder.mkdir()
    open_folder.chmod(0o755)
    private.mkdir(mode=0o700)

    refused = run("export", clear, "--out", open_folder / "list.csv")
    written = run("export", clear, "--out", private / "list.csv")

    assert (refused.exit_code, "Others can read" in refused.output) == (1, True)
    assert list(open_folder.iterdir()) == []
    assert written.exit_code == 0, written.output
    assert stat.S_IMODE((private / "list.csv").stat().st_mode) == 0o600
    assert ADDRESS.encode() in (private / "list.csv").read_bytes()


@pytest.mark.parametrize(
    ("content", "arguments", "code", "output"),
    [
        ("", ANSWERS, 1, "The file is empty."),
        ("name\nAna\n", ANSWERS, 1, "No column of the file holds email addresses."),
        (
            TABLE,
            ["--audience", "fr", *ANSWERS],
            1,
            "There is no audience 'fr'; newsletter.toml has en, be-ru, ru-be.",
        ),
        (TABLE, ANSWERS[2:], 1, "add --audience en or be-ru or ru-be"),
        (TABLE, [*ANSWERS, "--audience", "ru-be", "--audience", "be-ru"], 1, "share an edition"),
        (TABLE, [*ANSWERS[:2], *ANSWERS[4:]], 1, "Say where they agreed with --source"),
        (TABLE, [*ANSWERS[:4], "--yes"], 1, "add --consent-on"),
        (TABLE, [*ANSWERS, "--consent-on", "2999-01-01"], 1, "The date of consent is in the future."),
        (TABLE, [*ANSWERS, "--encoding", "klingon"], 1, "There is no encoding 'klingon'"),
        (TABLE, [*ANSWERS, "--language", "fr"], 1, "There is no edition in 'fr'"),
        (TABLE, [*ANSWERS, "--column", "list"], 1, "Write --column as HEADING=MEANING"),
        (TABLE, [*ANSWERS, "--delimiter", "x"], 1, "'x' is not a delimiter"),
        (TABLE, ANSWERS[:-1], 1, "There is no terminal to ask at: add --yes. Nothing was changed."),
    ],
)
def test_an_error_is_reported_in_one_sentence(
    world: World,
    file: Callable[[str | bytes], Path],
    content: str,
    arguments: list[str],
    code: int,
    output: str,
) -> None:
    result = run("import", file(content), *arguments)

    assert (result.exit_code, output in " ".join(result.output.split())) == (code, True), result.output
    assert world.items("SubscribersTable") == []


def test_a_missing_file_or_key_is_an_error(tmp_path: Path) -> None:
    assert run("import", tmp_path / "none.csv", *ANSWERS).exit_code == 2
    assert run("export").exit_code == 2
    wrong = run("export", "--to", "age1nonsense", "--out", tmp_path / "x")
    assert (wrong.exit_code, "not an age public key" in wrong.output) == (1, True)
    assert run("find", input="nobody").output == "Error: That is not an email address.\n"


def test_a_stack_that_is_missing_or_old_is_said_to_be(formation: Formation) -> None:
    formation.outputs = {"Ledger": "table"}
    assert "older than this command" in run("count").output
    formation.outputs = None
    assert "There is no stack broadsheet in eu-central-1" in run("count").output
    assert "No local system is running here" in run("count", "--local", "--state", "none").output
