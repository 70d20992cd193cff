"""Deploying after a first try that failed, deploying twice, and setting a parameter back to empty."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import urllib3

from cli.newsletter_file import own_newsletter
from infrastructure.build import ROOT
from local.system import STACK, LocalSystem, free_port
from tests.acceptance.conftest import is_up, wait_for

# The engine names resources by their logical ids, so these must not be the template's.
FAILS = {
    "Resources": {
        "FirstTable": {
            "Type": "AWS::DynamoDB::Table",
            "DeletionPolicy": "Retain",
            "Properties": {
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{"AttributeName": "issue", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "issue", "KeyType": "HASH"}],
                "DeletionProtectionEnabled": True,
            },
        },
        "FirstKey": {
            "Type": "AWS::KMS::Key",
            "DeletionPolicy": "Retain",
            "Properties": {"KeyPolicy": {"Version": "2012-10-17", "Statement": []}},
        },
        "Fails": {
            "Type": "AWS::Lambda::Url",
            "DependsOn": ["FirstTable", "FirstKey"],
            "Properties": {"TargetFunctionArn": "there-is-none", "AuthType": "NONE"},
        },
    }
}


@dataclass
class Operator:
    """Runs `make deploy` against the engine of a local system, without a terminal."""

    system: LocalSystem
    faulty: str = ""
    refused: str = ""
    first: str = ""
    left: dict[str, str] = field(default_factory=dict)

    def deploy(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {
            **os.environ,
            **self.system.client_environment,
        }
        return subprocess.run(
            ["make", "deploy", *arguments],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def deployed(self, *arguments: str) -> str:
        done = self.deploy(*arguments)
        assert done.returncode == 0, done.stdout
        return done.stdout

    def stack(self) -> dict[str, Any]:
        found: dict[str, Any] = self.system.stack.cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]  # type: ignore[assignment]  # a typed dict
        return found

    def parameters(self) -> dict[str, str]:
        return {one["ParameterKey"]: one["ParameterValue"] for one in self.stack()["Parameters"]}

    def events(self) -> int:
        pages = self.system.stack.cloudformation.get_paginator("describe_stack_events")
        return sum(len(page["StackEvents"]) for page in pages.paginate(StackName=STACK))

    def deploy_where_the_domain_is_taken(self) -> str:
        """The output of a first deployment whose domain another account has registered in SES."""
        domain = own_newsletter().sender.partition("@")[2]
        ses = self.system.stack.sesv2
        ses.create_email_identity(EmailIdentity=domain)
        done = self.deploy()
        assert done.returncode
        ses.delete_email_identity(EmailIdentity=domain)
        return done.stdout

    def plant_a_failed_try(self) -> None:
        """A stack in ROLLBACK_COMPLETE that left a protected table and a key behind.

        Under RetainExceptOnCreate AWS tries to delete that table, fails, and ends in ROLLBACK_FAILED. The
        engine's CloudFormation deletes protected tables, too, so that this can't be planted here;
        tests/unit/test_deploying_over_a_stack.py plays it.
        """
        cloudformation = self.system.stack.cloudformation
        cloudformation.create_stack(StackName=STACK, TemplateBody=json.dumps(FAILS))
        wait_for(lambda: self.stack()["StackStatus"] == "ROLLBACK_COMPLETE", "the failed first try")
        for event in cloudformation.describe_stack_events(StackName=STACK)["StackEvents"]:
            if event.get("PhysicalResourceId"):
                self.left[event["LogicalResourceId"]] = event["PhysicalResourceId"]


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    """A stack whose first deployment failed is deployed without and then with consent to delete it."""
    state: Path = tmp_path_factory.mktemp("deploying") / "state"
    operator = Operator(LocalSystem(state, free_port(), free_port()))
    try:
        operator.system.start()
        operator.faulty = operator.deploy_where_the_domain_is_taken()
        operator.plant_a_failed_try()
        operator.refused = operator.deploy().stdout
        assert operator.stack()["StackStatus"] == "ROLLBACK_COMPLETE"
        parameters = f"PARAMETERS=Origin={operator.system.address} DeskDelaySeconds=1"
        operator.first = operator.deployed(parameters, "YES=1")
        yield operator
    finally:
        operator.system.stop()


def test_a_fault_that_the_preflight_finds_ends_deploying_before_anything_is_created(
    operator: Operator,
) -> None:
    assert "Fault: SES has an identity" in operator.faulty
    assert "Nothing was created." in operator.faulty
    assert "Managed S3 bucket" not in operator.faulty


def test_deploying_ends_with_the_steps_that_only_a_person_can_do(operator: Operator) -> None:
    _, _, end = operator.first.partition(f"Desk  s3://{operator.system.stack.physical('DeskBucket')}")
    assert "To do:" in end
    assert "_dmarc" in end
    assert "p=none" in end


def test_a_failed_first_deployment_is_described_and_not_deleted_without_consent(operator: Operator) -> None:
    assert "is in ROLLBACK_COMPLETE: its first deployment failed" in operator.refused
    assert "What failed first: Fails: Lambda function not found" in operator.refused
    assert f"table {operator.left['FirstTable']}" in operator.refused
    assert f"key {operator.left['FirstKey']}" in operator.refused
    assert "make deploy YES=1" in operator.refused
    assert "Managed S3 bucket" not in operator.refused


def test_with_consent_it_is_deleted_and_nothing_of_it_keeps_costing(operator: Operator) -> None:
    assert is_up(operator.system)
    assert f"Deleted: table {operator.left['FirstTable']}" in operator.first
    client = operator.system.stack.client
    assert operator.left["FirstTable"] not in client("dynamodb").list_tables()["TableNames"]
    key = client("kms").describe_key(KeyId=operator.left["FirstKey"])["KeyMetadata"]
    assert key["KeyState"] == "PendingDeletion"


def test_deploying_twice_changes_nothing(operator: Operator) -> None:
    before, events = operator.stack(), operator.events()
    said = operator.deployed()
    assert "No changes to deploy" in said
    assert operator.stack() == before
    assert operator.events() == events


def test_a_parameter_is_set_and_kept_and_can_be_emptied(operator: Operator) -> None:
    operator.deployed('PARAMETERS=AlarmAddress="desk=a@news.example"')
    operator.deployed()
    assert operator.parameters()["AlarmAddress"] == "desk=a@news.example"
    operator.deployed("PARAMETERS=AlarmAddress=")
    assert operator.parameters()["AlarmAddress"] == ""
    operator.deployed()
    assert operator.parameters()["AlarmAddress"] == ""
    assert operator.parameters()["Origin"] == operator.system.address


def test_an_unknown_parameter_is_refused_before_anything_is_done(operator: Operator) -> None:
    done = operator.deploy("PARAMETERS=AlarmAdress=a@news.example")
    assert done.returncode
    assert "Did you mean AlarmAddress" in done.stdout
    assert "Managed S3 bucket" not in done.stdout


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout of its own, with what was built and installed for the other one."""
    copy = tmp_path / "checkout"
    for name in ("cli", "demo", "edge", "functions", "infrastructure", "layers", "local"):
        shutil.copytree(ROOT / name, copy / name)
    for name in ("Makefile", "newsletter.toml", "requirements-sam.txt", "samconfig.toml", "template.yaml"):
        shutil.copy(ROOT / name, copy)
    for name in (".build", ".venv-sam"):
        if (ROOT / name).exists():
            (copy / name).symlink_to(ROOT / name)
    return copy


def test_other_redirects_are_deployed_with_the_next_deployment(operator: Operator, checkout: Path) -> None:
    def deployed(redirects: str, status: int = 0) -> str:
        (checkout / "redirects.toml").write_text(f"[redirects]\n{redirects}\n", encoding="utf-8")
        paths = os.pathsep.join(map(str, (checkout, checkout / "layers/core")))
        done = subprocess.run(
            [sys.executable, "-c", "from cli.main import main; main()", "deploy", "--yes"],
            cwd=checkout,
            env={**os.environ, **operator.system.client_environment, "PYTHONPATH": paths},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == status, done.stdout
        return done.stdout

    def leads(old: str) -> str:
        answer = urllib3.request("GET", f"{operator.system.address}{old}", redirect=False, retries=False)
        return answer.headers.get("Location", "")

    assert operator.parameters()["RedirectsSource"] == ""
    deployed('"/a/" = "/en/about.html"\n"/?p=1" = "/be/"')
    wait_for(lambda: leads("/a/") == "/en/about.html", "the first redirects")
    first = operator.parameters()["RedirectsSource"]
    assert leads("/?p=1") == "/be/"
    assert "No changes to deploy" in deployed('"/?p=1" = "/be/"\n"/a" = "/en/about.html"')

    deployed('"/a/" = "/ru/about.html"')
    wait_for(lambda: leads("/a/") == "/ru/about.html", "the other redirects")
    assert operator.parameters()["RedirectsSource"] not in ("", first)
    assert leads("/?p=1") == ""

    assert "is no page of this site" in deployed('"/a/" = "//evil.test/"', status=2)
    assert leads("/a/") == "/ru/about.html"

    deployed("")
    wait_for(lambda: leads("/a/") == "", "the site without redirects")
    assert operator.parameters()["RedirectsSource"] == ""
