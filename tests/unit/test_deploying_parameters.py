"""Every deployment gives all parameters: a person's own, the account's, as deployed, or the default."""

import re
import shutil
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from cli.deployment.account_parameters import MOST, AccountParameters, concurrency_sentence, workers
from cli.deployment.settings import keep, kept_parameters
from infrastructure.build import ROOT, read_template
from infrastructure.parameters import (
    ParameterError,
    chosen,
    editor_addresses,
    given_parameters,
    mail_domain,
    only_known,
)
from tests.fakes.cloudformation import refused

TEMPLATE = {
    "DomainName": {"Default": ""},
    "HoldSeconds": {"Default": 600},
    "DeliveryConcurrency": {"Default": 2},
    "Sandbox": {"Default": False},
}


def test_a_value_may_be_empty_or_have_spaces_and_equals_signs() -> None:
    line = """DomainName= CertificateArn="a b" 'AlarmAddress=x=y'"""
    given = given_parameters(
        ["Doubts=re send"], line, ["DomainName", "CertificateArn", "AlarmAddress", "Doubts"]
    )
    assert given == {"DomainName": "", "CertificateArn": "a b", "AlarmAddress": "x=y", "Doubts": "re send"}


def test_a_name_that_the_template_lacks_is_refused_with_those_that_are_near() -> None:
    with pytest.raises(ParameterError, match=r"no parameter DomianName\. Did you mean DomainName\?"):
        given_parameters([], "DomianName=x", ["DomainName", "HoldSeconds"])
    with pytest.raises(ParameterError, match=r"samconfig.toml: .*There are: DomainName, HoldSeconds"):
        only_known(["Xyz"], ["DomainName", "HoldSeconds"], where="samconfig.toml: ")


@pytest.mark.parametrize("line", ["HoldSeconds", "=60", "HoldSeconds='60"])
def test_an_argument_that_is_no_pair_is_refused(line: str) -> None:
    with pytest.raises(ParameterError):
        given_parameters([], line, ["HoldSeconds"])


def test_the_first_source_that_has_a_value_wins_and_an_empty_one_is_a_value() -> None:
    own, account = {"DomainName": ""}, {"DeliveryConcurrency": "5", "Unknown": "x"}
    deployed = {"DomainName": "old.example", "HoldSeconds": "60", "DeliveryConcurrency": "2", "Gone": "y"}
    assert chosen(TEMPLATE, own, account, deployed) == {
        "DomainName": "",
        "HoldSeconds": "60",
        "DeliveryConcurrency": "5",
        "Sandbox": "false",
    }


def test_deploying_again_gives_the_values_that_are_deployed() -> None:
    first = chosen(TEMPLATE, {"HoldSeconds": "60"})
    assert chosen(TEMPLATE, {}, {}, first) == first


def test_each_parameter_of_the_template_has_a_value_without_anybody_giving_one() -> None:
    template = read_template()["Parameters"]
    values = chosen(template, mail_domain("letter@news.example", {}), editor_addresses([]))
    assert values.keys() == template.keys()
    assert all(isinstance(value, str) for value in values.values())


def test_a_parameter_without_value_and_default_is_an_error_that_says_how_to_give_it() -> None:
    with pytest.raises(ParameterError, match=r"PARAMETERS=MailDomain="):
        chosen({"MailDomain": {}}, {})


def test_mail_comes_from_the_senders_domain_or_one_above_it() -> None:
    assert mail_domain("letter@News.example", {}) == {"MailDomain": "news.example"}
    assert mail_domain("letter@mail.news.example", {"MailDomain": "news.example"}) == {
        "MailDomain": "news.example"
    }
    with pytest.raises(ParameterError, match=r"PARAMETERS=MailDomain=other\.example"):
        mail_domain("letter@other.example", {"MailDomain": "news.example"})


def test_with_the_quota_of_a_new_account_each_queue_has_two_workers() -> None:
    assert workers(10, {}) == dict.fromkeys(MOST, 2)


def test_with_a_high_quota_each_queue_has_as_many_as_it_can_use() -> None:
    assert workers(1000, {}) == MOST


@pytest.mark.parametrize("quota", [*range(1, 60), 1000])
def test_queues_leave_a_fifth_of_the_concurrency_to_readers_and_have_at_least_two_each(quota: int) -> None:
    numbers = workers(quota, {})
    assert all(number >= 2 for number in numbers.values())
    assert sum(numbers.values()) == 8 or sum(numbers.values()) <= quota - max(2, quota / 5)


def test_a_higher_quota_takes_no_worker_from_any_queue() -> None:
    for quota in range(10, 60):
        fewer, more = workers(quota, {}), workers(quota + 1, {})
        assert all(more[name] >= fewer[name] for name in MOST)


def test_a_given_concurrency_is_used_and_the_other_queues_share_what_is_left() -> None:
    numbers = workers(20, {"DeliveryConcurrency": "9"})
    assert numbers["DeliveryConcurrency"] == 9
    assert sum(numbers.values()) == 16
    assert workers(10, dict.fromkeys(MOST, "3")) == dict.fromkeys(MOST, 3)


def test_a_quota_that_leaves_nothing_for_readers_is_reported() -> None:
    assert "higher quota" in concurrency_sentence(8, workers(8, {}))
    assert "higher quota" not in concurrency_sentence(10, workers(10, {}))
    assert "10 functions at once" in concurrency_sentence(10, workers(10, {}))


@dataclass
class FakeLambdaAndSES:
    """GetAccountSettings and GetAccount."""

    quota: int = 10
    production: bool = True
    denied: bool = False

    def get_account_settings(self) -> dict[str, Any]:
        self._may("GetAccountSettings")
        return {"AccountLimit": {"ConcurrentExecutions": self.quota}}

    def get_account(self) -> dict[str, Any]:
        self._may("GetAccount")
        return {"ProductionAccessEnabled": self.production}

    def _may(self, operation: str) -> None:
        if self.denied:
            raise refused(operation, "AccessDeniedException")


@dataclass
class Said:
    lines: list[str] = field(default_factory=list)
    not_asked: list[str] = field(default_factory=list)

    def account(self, aws: Any) -> AccountParameters:
        return AccountParameters(aws, aws, lambda action, _: self.not_asked.append(action), self.lines.append)


def test_the_account_decides_workers_and_sandbox_and_says_so() -> None:
    said = Said()
    values = said.account(FakeLambdaAndSES(quota=10, production=False)).parameters({"DeskConcurrency": "3"})
    assert values == {
        "DeliveryConcurrency": "2",
        "FeedbackConcurrency": "2",
        "SignupConcurrency": "2",
        "DeskConcurrency": "3",
        "Sandbox": "true",
    }
    assert len(said.lines) == 2


def test_an_account_outside_the_sandbox_is_recognised_and_a_given_parameter_is_not_overruled() -> None:
    assert Said().account(FakeLambdaAndSES()).parameters({})["Sandbox"] == "false"
    assert "Sandbox" not in Said().account(FakeLambdaAndSES()).parameters({"Sandbox": "true"})


def test_an_account_that_can_not_be_asked_decides_nothing_and_the_actions_are_named() -> None:
    said = Said()
    assert said.account(FakeLambdaAndSES(denied=True)).parameters({}) == {}
    assert said.not_asked == ["lambda:GetAccountSettings", "ses:GetAccount"]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return Path(shutil.copy(ROOT / "samconfig.toml", tmp_path / "samconfig.toml"))


def settings(config: Path) -> dict[str, Any]:
    parsed = tomllib.loads(config.read_text(encoding="utf-8"))
    found: dict[str, Any] = parsed["default"]["deploy"]["parameters"]
    return found


def test_what_is_kept_is_read_again_and_comments_stay(config: Path) -> None:
    before = config.read_text(encoding="utf-8")
    values = {"DomainName": "", "Origin": 'a "b" = c\\', "HoldSeconds": "60"}
    assert keep(config, "eu-west-1", values)
    assert keep(config, "eu-west-1", {"HoldSeconds": "30"})
    assert kept_parameters(settings(config)) == {**values, "HoldSeconds": "30"}
    assert settings(config)["region"] == "eu-west-1"
    assert config.read_text(encoding="utf-8").startswith(before.rstrip())


def test_keeping_the_same_again_does_not_touch_the_file(config: Path) -> None:
    keep(config, "eu-west-1", {"DomainName": ""})
    written = config.stat().st_mtime_ns
    assert not keep(config, "eu-west-1", {"DomainName": ""})
    assert config.stat().st_mtime_ns == written


@pytest.mark.parametrize(
    "kept",
    [
        'HoldSeconds="60" DomainName="" AlarmAddress="a b=c"',
        ["HoldSeconds=60", 'DomainName="" AlarmAddress="a b=c"'],
        {"HoldSeconds": 60, "DomainName": "", "AlarmAddress": "a b=c"},
    ],
)
def test_what_sam_or_a_person_wrote_is_read_in_each_form_that_sam_takes(kept: Any) -> None:
    expected = {"HoldSeconds": "60", "DomainName": "", "AlarmAddress": "a b=c"}
    assert kept_parameters({"parameter_overrides": kept}) == expected


def test_an_entry_that_is_no_pair_is_an_error() -> None:
    with pytest.raises(ParameterError, match=r"samconfig\.toml"):
        kept_parameters({"parameter_overrides": "HoldSeconds"})


def test_the_template_has_parameters_for_the_account_s_limits_and_defaults_for_a_new_account() -> None:
    template = read_template()["Parameters"]
    decided = Said().account(FakeLambdaAndSES(quota=10)).parameters({})
    assert {name: str(template[name]["Default"]) for name in decided} == decided


def test_editors_are_those_of_the_newsletter_and_none_means_nobody() -> None:
    assert editor_addresses(["ed@example.org", "ada@example.org"]) == {
        "EditorAddresses": "ed@example.org,ada@example.org"
    }
    assert editor_addresses([]) == {"EditorAddresses": "nobody@editors.invalid"}


def test_the_template_accepts_every_address_that_deploying_passes_and_no_empty_list() -> None:
    pattern = re.compile(read_template()["Parameters"]["EditorAddresses"]["AllowedPattern"])
    assert all(map(pattern.fullmatch, editor_addresses(["ed@example.org"])["EditorAddresses"].split(",")))
    assert not any(map(pattern.fullmatch, ["", " ", "*", "ed"]))


@pytest.mark.parametrize(
    "origin", ["http://news.example.org", "news.example.org", "https://news.example.org/?a"]
)
def test_an_origin_without_https_is_deployed_neither_when_it_is_given_nor_when_it_was_kept(
    origin: str,
) -> None:
    with pytest.raises(ParameterError, match=r"^Origin: “.*https://"):
        given_parameters([f"Origin={origin}"], "", ["Origin"])
    with pytest.raises(ParameterError, match=r"^Origin: “.*https://"):
        chosen({"Origin": {"Default": ""}}, {"Origin": origin})


@pytest.mark.parametrize("origin", ["", "https://news.example.org", "http://127.0.0.1:8080"])
def test_an_origin_with_https_or_of_this_machine_is_deployed(origin: str) -> None:
    assert given_parameters([f"Origin={origin}"], "", ["Origin"]) == {"Origin": origin}
