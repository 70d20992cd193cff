"""An AWS account in moto that caches what moto computes again for each call.

moto makes an RSA key for each KMS key and each encrypted table, whatever the key is for. For every call it
lists a handler's methods, a service's addresses, and the names under which a member might be stored, and
tries the addresses of all services that it knows. None of this changes within a process. In every attribute
of a DynamoDB item it looks for each of the ten kinds of values, though an attribute has one. botocore signs
each request and describes itself in it; moto reads neither. The account is emptied in moto's own stores,
since deleting through the services' APIs would take some milliseconds an item.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from datetime import UTC, datetime
from functools import cache
from typing import Any

import moto  # first: it must be there before any client is made
import moto.core.responses
import moto.kms.models
import pytest
from botocore.auth import SIGV4_TIMESTAMP, SigV4Auth
from botocore.model import StructureShape
from botocore.useragent import UserAgentString
from moto import backend_index
from moto.core.base_backend import BaseBackend
from moto.core.serialize import AttributePickerContext, BaseJSONSerializer, XFormedAttributePicker
from moto.dynamodb.models import dynamodb_backends
from moto.s3.models import s3_backends
from moto.scheduler.models import scheduler_backends
from moto.sqs.models import Queue, sqs_backends

from tests.from_template import ENVIRONMENT, REGION, Template, the_template

ACCOUNT = "123456789012"
SERVICES = (
    "dynamodb",
    "kms",
    "s3",
    "scheduler",
    "secretsmanager",
    "sqs",
    "sts",
)  # of moto's, those that we call

possible_keys = XFormedAttributePicker.get_possible_keys
names_of_members: dict[Any, tuple[str, ...]] = {}


def remembered_keys(picker: XFormedAttributePicker, context: AttributePickerContext) -> Iterator[str]:
    """The names of a member in an answer; for a dict they depend only on the model."""
    shape, service = context.shape, context.service_model
    if type(context.obj) is not dict or service is None:
        return possible_keys(picker, context)
    parent, stored_as = getattr(shape, "parent", None), shape.serialization.get("name")
    member = (service.service_name, parent and parent.name, context.key, shape.name, stored_as)
    if member not in names_of_members:
        names_of_members[member] = tuple(dict.fromkeys(possible_keys(picker, context)))
    return iter(names_of_members[member])


addresses = BaseBackend.urls.fget
addresses_of: dict[type, dict[str, Any]] = {}


def remembered_addresses(backend: BaseBackend) -> dict[str, Any]:
    """The addresses of a service with their handlers, which are constants."""
    if type(backend) not in addresses_of:
        addresses_of[type(backend)] = addresses(backend)
    return addresses_of[type(backend)]


serialize_structure = BaseJSONSerializer._serialize_type_structure  # noqa: SLF001  # there is no other place


def serialize_one_kind(
    serializer: BaseJSONSerializer, serialized: dict[str, Any], value: Any, shape: StructureShape, key: str
) -> None:
    """A DynamoDB string or number as it is; anything else by moto."""
    if shape.name == "AttributeValue" and type(value) is dict and value.keys() <= {"S", "N"}:
        serialized[serializer.get_serialized_name(shape, key)] = value
    else:
        serialize_structure(serializer, serialized, value, shape, key)


def sign(signer: SigV4Auth, request: Any) -> None:
    """Say who makes the call and where, without a signature."""
    request.context["timestamp"] = datetime.now(UTC).strftime(SIGV4_TIMESTAMP)
    signer._modify_request_before_signing(request)  # noqa: SLF001  # S3's says how the body is sent
    request.headers["Authorization"] = f"AWS4-HMAC-SHA256 Credential={signer.scope(request)}, Signature=none"


BaseJSONSerializer._serialize_type_structure = serialize_one_kind  # noqa: SLF001  # as above
UserAgentString.to_string = lambda _: "tests"
backend_index.backend_url_patterns = [
    (service, address) for service, address in backend_index.backend_url_patterns if service in SERVICES
]
XFormedAttributePicker.get_possible_keys = remembered_keys
BaseBackend.urls = property(remembered_addresses)
moto.core.responses.method_names_from_class = cache(moto.core.responses.method_names_from_class)
moto.kms.models.generate_private_key = cache(moto.kms.models.generate_private_key)


@contextmanager
def account(core: dict[str, Any], **variables: str) -> Iterator[Template]:
    """An empty account with credentials, with moto's settings `core`; yields the template."""
    with pytest.MonkeyPatch.context() as environment, moto.mock_aws(config={"core": core}):
        for name, value in {**ENVIRONMENT, **variables}.items():
            environment.setenv(name, value)
        environment.setattr(SigV4Auth, "add_auth", sign)
        environment.delenv("AWS_ENDPOINT_URL", raising=False)
        yield the_template()


def items(table: str) -> Any:
    """The items of a table, for `put_back`."""
    return deepcopy(dynamodb_backends[ACCOUNT][REGION].tables[table].items)


def put_back(table: str, kept: Any) -> None:
    """Restore the items of a table that `items` returned."""
    dynamodb_backends[ACCOUNT][REGION].tables[table].items = deepcopy(kept)


def empty_tables(*tables: str) -> None:
    """Delete every item of these tables."""
    for table in tables:
        dynamodb_backends[ACCOUNT][REGION].tables[table].items.clear()


def put_objects(bucket: str, keys: list[str]) -> None:
    """Put an object at each of these keys."""
    for key in keys:
        s3_backends[ACCOUNT]["aws"].put_object(bucket, key, b"something")


def empty_buckets(*buckets: str) -> None:
    """Delete every version of every object of these buckets."""
    for bucket in buckets:
        keys = s3_backends[ACCOUNT]["aws"].buckets[bucket].keys
        for key in list(keys):
            keys.setlist(key, [])
        keys.clear()


def queue(name: str) -> Queue:
    """A queue; `_messages` has all its messages, also delayed ones, which the API does not show."""
    found: Queue = sqs_backends[ACCOUNT][REGION].queues[name]
    return found


def empty_queues() -> None:
    """Delete every message: moto refuses a second purge within a minute, and the API hides delayed ones."""
    for each in sqs_backends[ACCOUNT][REGION].queues.values():
        each._messages.clear()  # noqa: SLF001  # as above


def forget_schedules(*groups: str) -> None:
    """Delete the schedules of these groups."""
    for group in groups:
        scheduler_backends[ACCOUNT][REGION].schedule_groups[group].schedules.clear()
