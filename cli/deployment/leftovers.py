"""Finding what earlier stacks of the same name left behind, by their resource lists and by tags."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from cli.deployment.retained import Retained, RetainedKind
from cli.deployment.stacks import Stacks

if TYPE_CHECKING:
    from types_boto3_cloudformation.type_defs import StackResourceSummaryTypeDef

_KINDS = {kind.value: kind for kind in RetainedKind}
_FILTERS = ("dynamodb:table", "s3", "kms:key")
_TAGGED_AS = {"dynamodb": RetainedKind.TABLE, "s3": RetainedKind.BUCKET, "kms": RetainedKind.KEY}
_NAME_TAG, _ID_TAG = "aws:cloudformation:stack-name", "aws:cloudformation:stack-id"


@dataclass(frozen=True)
class Leftovers:
    """What stacks of one name made and left behind. Reads only.

    A source that does not answer is reported to `not_asked`, and the other one is used alone.
    """

    stacks: Stacks
    tagging: Any  # a client of the Resource Groups Tagging API, whose types are not installed
    not_asked: Callable[[str, Exception], None]

    def of_stack(self, stack_id: str) -> set[Retained]:
        """What a failed stack still has or was told to retain, of the kinds that cost without a stack."""
        listed = self.stacks.resources(stack_id)
        return set(_costing(stack_id, (one for one in listed if one["ResourceStatus"] != "DELETE_COMPLETE")))

    def of_name(self, name: str) -> set[Retained]:
        """What deleted stacks of that name left behind, and failed ones that no longer list it.

        Their resource lists last 90 days; CloudFormation's tags last longer, but not every kind has them.
        Source: CloudFormation template reference, "resource tagging"; ListStackResources.
        """
        found: set[Retained] = set()
        sources = {"cloudformation:ListStacks": self._listed, "tag:GetResources": self._tagged}
        for action, source in sources.items():
            try:
                found.update(source(name))
            except (ClientError, BotoCoreError) as error:
                self.not_asked(action, error)
        return found

    def _listed(self, name: str) -> Iterator[Retained]:
        for stack_id in self.stacks.deleted(name):
            listed = self.stacks.resources(stack_id)
            yield from _costing(
                stack_id, (one for one in listed if one["ResourceStatus"] == "DELETE_SKIPPED")
            )

    def _tagged(self, name: str) -> Iterator[Retained]:
        pages = self.tagging.get_paginator("get_resources").paginate(
            TagFilters=[{"Key": _NAME_TAG, "Values": [name]}], ResourceTypeFilters=list(_FILTERS)
        )
        for page in pages:
            for resource in page["ResourceTagMappingList"]:
                tags = {tag["Key"]: tag["Value"] for tag in resource["Tags"]}
                yield from _from_arn(resource["ResourceARN"], tags.get(_ID_TAG, ""))


def _costing(stack_id: str, resources: "Iterable[StackResourceSummaryTypeDef]") -> Iterator[Retained]:
    for one in resources:
        kind, name = _KINDS.get(one["ResourceType"]), one.get("PhysicalResourceId")
        if kind and name:
            yield Retained(stack_id, kind, name)


def _from_arn(arn: str, stack_id: str) -> Iterator[Retained]:
    """Shape: `arn:aws:dynamodb:REGION:ACCOUNT:table/NAME`, `arn:aws:kms:…:key/ID`, `arn:aws:s3:::NAME`.

    The filter `s3` also finds access points, which have a region; they are left out.
    """
    _, _, service, region, _, resource = arn.split(":", 5)
    kind, name = _TAGGED_AS.get(service), resource.rpartition("/")[2]
    if kind and (kind is not RetainedKind.BUCKET or not region):
        yield Retained(stack_id, kind, name)
