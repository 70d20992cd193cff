"""An account and an SES emulator, emptied for each test. Functions start cold; moto has one thread."""

from collections.abc import Iterator

import pytest

from tests import in_moto
from tests.integration.world import LocalSES, Resources, World


@pytest.fixture(scope="package")
def ses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSES]:
    """The SES emulator; moto passes calls to it."""
    ses = LocalSES(tmp_path_factory.mktemp("ses"))
    yield ses
    ses.stop()


@pytest.fixture(scope="package")
def resources(ses: LocalSES) -> Iterator[Resources]:
    """An AWS account with the template's resources."""
    core = {"passthrough": {"urls": [r"http://127\.0\.0\.1:"]}}
    with in_moto.account(core, AWS_ENDPOINT_URL_SESV2=ses.endpoint) as template:
        yield Resources(template)


@pytest.fixture
def world(resources: Resources, ses: LocalSES, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """The account, emptied.

    The test fails if a function makes a call that its role does not allow, or sends a mail whose bounce SES
    might not report.
    """
    world = World(resources, ses, monkeypatch)
    yield world
    resources.empty()
    untracked = ses.untracked()
    ses.forget()
    assert world.forbidden == []
    assert untracked == []
