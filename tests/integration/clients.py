"""The SDK's clients that functions make, to be watched or to fail."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.session import Session


@contextmanager
def each_client(prepare: Callable[[Any], None]) -> Iterator[None]:
    """Do something to each client that is made meanwhile."""
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
    """Clients made meanwhile get an error with these words from one operation; gives all that were called."""
    called: list[str] = []

    def fail(model: Any, **_: Any) -> None:  # as botocore calls it
        called.append(model.name)
        if model.name == operation:
            raise ClientError({"Error": {"Code": "ThrottlingException", "Message": words}}, model.name)

    with each_client(lambda client: client.meta.events.register_first("before-call", fail)):
        yield called
