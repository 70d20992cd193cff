"""Watches the boto3 clients that functions make, or has them fail."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.session import Session


@contextmanager
def each_client(prepare: Callable[[Any], None]) -> Iterator[None]:
    """Call a function with each client that is made within the context."""
    make = Session.create_client

    def prepared(session: Session, *what: Any, **more: Any) -> Any:
        client = make(session, *what, **more)
        prepare(client)
        return client

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Session, "create_client", prepared)
        yield


@contextmanager
def failing(operation: str, words: str) -> Iterator[list[str]]:
    """Have one operation of clients made within the context fail; returns the operations called."""
    called: list[str] = []

    def fail(model: Any, **_: Any) -> None:  # as botocore calls it
        called.append(model.name)
        if model.name == operation:
            raise ClientError({"Error": {"Code": "ThrottlingException", "Message": words}}, model.name)

    with each_client(lambda client: client.meta.events.register_first("before-call", fail)):
        yield called
