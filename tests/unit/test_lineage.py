"""The count of invocations that a chain carries in its trace header."""

import pytest

from local.lineage import MOST_INVOCATIONS, invocations, invoked, is_loop, longest

ARN = "arn:aws:lambda:eu-central-1:123456789012:function:"
ROOT = "Root=1-665a39a0-7e53f00f3b1da8ad70666729"


def a_chain(*functions: str, header: str = "") -> str:
    """The header after these functions were invoked, one after the other."""
    for function in functions:
        header = invoked(header, ARN + function)
    return header


def test_each_invocation_of_a_chain_is_counted() -> None:
    counted = [invocations(a_chain(*["loop"] * times), f"{ARN}loop") for times in range(20)]

    assert counted == list(range(20))


def test_the_seventeenth_invocation_of_a_chain_is_a_loop() -> None:
    assert not is_loop(a_chain(*["loop"] * 15), f"{ARN}loop")
    assert is_loop(a_chain(*["loop"] * MOST_INVOCATIONS), f"{ARN}loop")


def test_functions_that_invoke_each_other_are_counted_separately() -> None:
    header = a_chain(*["one", "other"] * 15)

    assert [invocations(header, ARN + name) for name in ("one", "other", "third")] == [15, 15, 0]


def test_a_chain_keeps_its_root_and_what_else_the_header_says() -> None:
    header = a_chain("loop", "loop", header=f"{ROOT};Parent=ce7fe8bbc2783986;Sampled=1")

    assert header.startswith(f"{ROOT};Parent=ce7fe8bbc2783986;Sampled=1;Lineage=")
    assert header.endswith(":1")


def test_a_first_invocation_begins_a_chain_with_zero() -> None:
    first, second = a_chain("loop"), a_chain("loop")

    assert first.endswith(":0")
    assert first.split(";")[0] != second.split(";")[0]


def test_the_longest_chain_of_a_batch_counts() -> None:
    chains = [a_chain("loop"), a_chain(*["loop"] * 9), ""]

    assert longest(chains, f"{ARN}loop") == chains[1]
    assert longest([], f"{ARN}loop") == ""


@pytest.mark.parametrize("header", ["", ROOT, "Lineage=", "Lineage=a87bd80c", "nonsense", "=;=:;Lineage=x:y"])
def test_a_header_without_a_readable_lineage_counts_nothing(header: str) -> None:
    assert invocations(header, f"{ARN}loop") == 0
