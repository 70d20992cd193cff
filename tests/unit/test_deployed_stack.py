"""What a stack that is deployed already keeps through an upgrade: nothing of it may be renamed or replaced.

`tests/data/deployed_stack.json` has, of the template as SAM expands it, each resource that holds state or an
address: its type and the properties whose change makes CloudFormation replace it; and every output. A
resource may be added to the file, none may leave it. Source: CloudFormation's resource reference, "Update
requires: Replacement".
"""

import json
from pathlib import Path
from typing import Any

from tests.from_template import the_template
from tests.template_rules import expanded

KEPT = json.loads((Path(__file__).parents[1] / "data" / "deployed_stack.json").read_text(encoding="utf-8"))
REPLACED_WITH = {  # of each type that holds state or an address, the properties that replace it
    "AWS::ApiGatewayV2::Api": ("ProtocolType",),
    "AWS::ApiGatewayV2::Stage": ("ApiId", "StageName"),
    "AWS::CloudFront::Distribution": (),
    "AWS::DynamoDB::Table": ("AttributeDefinitions", "KeySchema", "TableName"),
    "AWS::KMS::Key": ("KeySpec", "KeyUsage", "MultiRegion"),
    "AWS::Lambda::Function": ("FunctionName", "PackageType"),
    "AWS::S3::Bucket": ("BucketName", "ObjectLockEnabled"),
    "AWS::SES::ConfigurationSet": ("Name",),
    "AWS::SES::EmailIdentity": ("EmailIdentity",),
    "AWS::SNS::Topic": ("FifoTopic", "TopicName"),
    "AWS::SQS::Queue": ("FifoQueue", "QueueName"),
    "AWS::Scheduler::ScheduleGroup": ("Name",),
    "AWS::SecretsManager::Secret": ("Name",),
}


def what_is_kept() -> dict[str, Any]:
    """The same of the template as it is now."""
    template = expanded(the_template())
    return {
        "resources": {
            name: {"Type": one["Type"], **replaced_with(one)}
            for name, one in sorted(template["Resources"].items())
            if one["Type"] in REPLACED_WITH
        },
        "outputs": {name: output["Value"] for name, output in sorted(template["Outputs"].items())},
        "routes": {
            one["Properties"]["RouteKey"]: name
            for name, one in sorted(template["Resources"].items())
            if one["Type"] == "AWS::ApiGatewayV2::Route"
        },
    }


def replaced_with(resource: dict[str, Any]) -> dict[str, Any]:
    properties = resource.get("Properties", {})
    return {name: properties[name] for name in REPLACED_WITH[resource["Type"]] if name in properties}


def test_no_stateful_or_addressed_resource_is_renamed_or_replaced() -> None:
    now = what_is_kept()["resources"]
    assert {name: now.get(name) for name in KEPT["resources"]} == KEPT["resources"]


def test_outputs_and_routes_that_others_know_stay() -> None:
    now = what_is_kept()
    assert {name: now["outputs"].get(name) for name in KEPT["outputs"]} == KEPT["outputs"]
    assert {key: now["routes"].get(key) for key in KEPT["routes"]} == KEPT["routes"]


def test_the_file_lists_all_that_is_kept() -> None:
    now = what_is_kept()
    assert {kind: set(now[kind]) - set(KEPT[kind]) for kind in KEPT} == {kind: set() for kind in KEPT}
