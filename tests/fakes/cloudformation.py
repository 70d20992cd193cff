"""One account's CloudFormation, tables, buckets and keys in memory, in the shapes of AWS's answers."""
# ruff: noqa: N803  # arguments are named as in AWS's API

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError, WaiterError

STACK_ID = "arn:aws:cloudformation:eu-central-1:123456789012:stack/broadsheet/11111111"


def refused(operation: str, code: str, message: str = "") -> ClientError:
    """The error that boto3 raises for this code."""
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


@dataclass
class FakeTable:
    items: int = 0
    is_protected: bool = True


@dataclass
class FakeResource:
    """A resource of a stack; `policy` is its DeletionPolicy, `fails` the reason why it can't be deleted."""

    logical_id: str
    type: str
    physical_id: str
    status: str = "CREATE_COMPLETE"
    policy: str = "Delete"
    fails: str = ""


@dataclass
class FakeStack:
    status: str
    resources: list[FakeResource] = field(default_factory=list)
    events: list[tuple[str, str, str]] = field(default_factory=list)
    parameters: dict[str, str] = field(default_factory=dict)
    name: str = "broadsheet"


@dataclass
class FakePaginator:
    page: Callable[..., dict[str, Any]]

    def paginate(self, **asked: Any) -> list[dict[str, Any]]:
        return [self.page(**asked)]


@dataclass
class FakeWaiter:
    look: Callable[[str], str] = lambda _: "DELETE_COMPLETE"

    def wait(self, **asked: Any) -> None:
        status = self.look(asked.get("StackName", ""))
        if status != "DELETE_COMPLETE":
            raise WaiterError("StackDeleteComplete", "Waiter encountered a terminal failure state", {})


@dataclass
class FakeAccount:
    """The account and all its clients in one object; `done` lists the changes in order."""

    stacks: dict[str, FakeStack] = field(default_factory=dict)
    tables: dict[str, FakeTable] = field(default_factory=dict)
    buckets: dict[str, int] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    tagged: dict[str, str] = field(default_factory=dict)
    denied: set[str] = field(default_factory=set)
    done: list[str] = field(default_factory=list)

    # CloudFormation

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:
        for stack_id, stack in self.stacks.items():
            if stack_id == StackName or (stack.name == StackName and stack.status != "DELETE_COMPLETE"):
                parameters = [
                    {"ParameterKey": key, "ParameterValue": value} for key, value in stack.parameters.items()
                ]
                described = {"StackId": stack_id, "StackStatus": stack.status, "Parameters": parameters}
                return {"Stacks": [described]}
        raise refused("DescribeStacks", "ValidationError", f"Stack with id {StackName} does not exist")

    def delete_stack(self, *, StackName: str, RetainResources: list[str]) -> None:
        stack = self.stacks[StackName]
        if RetainResources and stack.status != "DELETE_FAILED":
            raise refused("DeleteStack", "ValidationError", "not in DELETE_FAILED state")
        self.done.append(f"delete stack{' but ' if RetainResources else ''}{','.join(RetainResources)}")
        for one in stack.resources:
            if one.status not in ("DELETE_COMPLETE", "DELETE_SKIPPED"):
                one.status = "DELETE_SKIPPED" if one.logical_id in RetainResources else self._deleted(one)
        failed = any(one.status == "DELETE_FAILED" for one in stack.resources)
        stack.status = "DELETE_FAILED" if failed else "DELETE_COMPLETE"

    def _deleted(self, one: FakeResource) -> str:
        if one.policy in ("Retain", "RetainExceptOnCreate"):
            return "DELETE_SKIPPED"
        table = self.tables.get(one.physical_id)
        if one.fails or (table and table.is_protected) or self.buckets.get(one.physical_id):
            return "DELETE_FAILED"
        self.tables.pop(one.physical_id, None)
        self.buckets.pop(one.physical_id, None)
        return "DELETE_COMPLETE"

    def get_waiter(self, name: str) -> FakeWaiter:
        if name == "stack_delete_complete":
            return FakeWaiter(lambda stack_id: self.stacks[stack_id].status)
        return FakeWaiter()

    def get_paginator(self, operation_name: str) -> FakePaginator:
        pages = {
            "list_stack_resources": self._list_stack_resources,
            "list_stacks": self._list_stacks,
            "describe_stack_events": self._describe_stack_events,
            "get_resources": self._get_resources,
        }
        return FakePaginator(pages[operation_name])

    def _list_stack_resources(self, *, StackName: str) -> dict[str, Any]:
        return {
            "StackResourceSummaries": [
                {
                    "LogicalResourceId": one.logical_id,
                    "PhysicalResourceId": one.physical_id,
                    "ResourceType": one.type,
                    "ResourceStatus": one.status,
                    "ResourceStatusReason": one.fails,
                }
                for one in self.stacks[StackName].resources
            ]
        }

    def _list_stacks(self, *, StackStatusFilter: list[str]) -> dict[str, Any]:
        self._may("list_stacks")
        return {
            "StackSummaries": [
                {"StackName": stack.name, "StackId": stack_id, "StackStatus": stack.status}
                for stack_id, stack in self.stacks.items()
                if stack.status in StackStatusFilter
            ]
        }

    def _describe_stack_events(self, *, StackName: str) -> dict[str, Any]:
        newest_first = reversed(self.stacks[StackName].events)
        return {
            "StackEvents": [
                {"LogicalResourceId": name, "ResourceStatus": status, "ResourceStatusReason": reason}
                for name, status, reason in newest_first
            ]
        }

    def _get_resources(self, *, TagFilters: list[Any], ResourceTypeFilters: list[str]) -> dict[str, Any]:
        self._may("get_resources")
        return {
            "ResourceTagMappingList": [
                {"ResourceARN": arn, "Tags": [{"Key": "aws:cloudformation:stack-id", "Value": stack_id}]}
                for arn, stack_id in self.tagged.items()
                if TagFilters == [{"Key": "aws:cloudformation:stack-name", "Values": ["broadsheet"]}]
                and any(arn.split(":")[2] == kind.split(":")[0] for kind in ResourceTypeFilters)
            ]
        }

    # DynamoDB, S3, KMS

    def scan(self, *, TableName: str, **how: Any) -> dict[str, Any]:
        return {"Count": min(self._table(TableName).items, how["Limit"])}

    def describe_table(self, *, TableName: str) -> dict[str, Any]:
        return {"Table": {"DeletionProtectionEnabled": self._table(TableName).is_protected}}

    def update_table(self, *, TableName: str, DeletionProtectionEnabled: bool) -> None:
        self.done.append(f"{'' if DeletionProtectionEnabled else 'un'}protect {TableName}")
        self._table(TableName).is_protected = DeletionProtectionEnabled

    def delete_table(self, *, TableName: str) -> None:
        if self._table(TableName).is_protected:
            raise refused("DeleteTable", "ValidationException", "protected against deletion")
        self.done.append(f"delete {TableName}")
        del self.tables[TableName]

    def list_object_versions(self, *, Bucket: str, MaxKeys: int) -> dict[str, Any]:
        if Bucket not in self.buckets:
            raise refused("ListObjectVersions", "NoSuchBucket")
        versions = [{"Key": "x"}] * self.buckets[Bucket]
        return {"Versions": versions[:MaxKeys]} if versions else {}

    def delete_bucket(self, *, Bucket: str) -> None:
        self.done.append(f"delete {Bucket}")
        del self.buckets[Bucket]

    def describe_key(self, *, KeyId: str) -> dict[str, Any]:
        if KeyId not in self.keys:
            raise refused("DescribeKey", "NotFoundException")
        return {"KeyMetadata": {"KeyState": self.keys[KeyId]}}

    def schedule_key_deletion(self, *, KeyId: str, PendingWindowInDays: int) -> None:
        self.done.append(f"schedule deletion of {KeyId} in {PendingWindowInDays} days")
        self.keys[KeyId] = "PendingDeletion"

    def _table(self, name: str) -> FakeTable:
        if name not in self.tables:
            raise refused("DescribeTable", "ResourceNotFoundException")
        return self.tables[name]

    def _may(self, operation: str) -> None:
        if operation in self.denied:
            raise refused(operation, "AccessDenied")
