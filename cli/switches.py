"""The switches that `broadsheet panic` turns off: KMS keys, functions, event source mappings."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types_boto3_kms import KMSClient
    from types_boto3_lambda import LambdaClient

SECONDS_UNTIL_A_MAPPING_CHANGES = 90.0
ADDRESS_KEY = "key"


@dataclass(frozen=True)
class Switch:
    """Something that panic turns off: its saved state is under `name`; `on` is its state in the template.

    `is_off`, `is_back` and `stays_off` are the sentences for the operator.
    """

    name: str
    is_off: str
    is_back: str
    stays_off: str
    off: bool | int
    on: bool | None
    state: Callable[[], bool | int | None]
    turn: Callable[[Any], None]
    is_slow: bool = False


def switches(kms: "KMSClient", functions: "LambdaClient", outputs: Mapping[str, str]) -> list[Switch]:
    """The keys, then the functions, which are off at once; last the mappings, which may take a while.

    In another order functions that are off would refuse messages, and use up their retries.
    """
    openers = outputs["AddressOpeners"].split(",")
    mappings = outputs["AddressOpenersMappings"].split(",")
    return [
        _key(
            kms,
            outputs["AddressKey"],
            ADDRESS_KEY,
            (
                "Addresses are locked: their key is disabled; sign-up is closed",
                "Addresses can be opened again: their key is enabled; sign-up is open",
                "Addresses stay locked: their key was disabled before panic; sign-up stays closed",
            ),
        ),
        _key(
            kms,
            outputs["FingerprintKey"],
            "fingerprint key",
            (
                "Nobody can check whether an address is on the list: the fingerprint key is disabled",
                "Addresses can be found again: the fingerprint key is enabled",
                "Addresses still can't be found: the fingerprint key was disabled before panic",
            ),
        ),
        *(_function(functions, name) for name in (*openers, *outputs["MailingStarters"].split(","))),
        *(_mapping(functions, *pair) for pair in zip(openers, mappings, strict=True)),
    ]


def _key(kms: "KMSClient", key_id: str, name: str, sentences: tuple[str, str, str]) -> Switch:
    def turn(on: bool) -> None:  # noqa: FBT001  # a switch
        (kms.enable_key if on else kms.disable_key)(KeyId=key_id)

    def state() -> bool:
        return bool(kms.describe_key(KeyId=key_id)["KeyMetadata"]["Enabled"])

    return Switch(name, *sentences, off=False, on=True, state=state, turn=turn)


def _mapping(functions: "LambdaClient", function: str, uuid: str) -> Switch:
    def state() -> bool:
        return functions.get_event_source_mapping(UUID=uuid)["State"] not in ("Disabling", "Disabled")

    def turn(on: bool) -> None:  # noqa: FBT001  # a switch
        deadline = time.monotonic() + SECONDS_UNTIL_A_MAPPING_CHANGES
        while True:
            try:
                functions.update_event_source_mapping(UUID=uuid, Enabled=on)
            except functions.exceptions.ResourceInUseException:  # the previous change is not complete
                if time.monotonic() > deadline:
                    raise
                time.sleep(1)
            else:
                return

    name = logical_id(function)
    sentences = (
        f"{name} gets no more work",
        f"{name} gets work again within a minute",
        f"{name} still gets no work, as before panic",
    )
    return Switch(f"mapping {name}", *sentences, off=False, on=True, state=state, turn=turn, is_slow=True)


def _function(functions: "LambdaClient", function: str) -> Switch:
    def state() -> int | None:
        return functions.get_function_concurrency(FunctionName=function).get("ReservedConcurrentExecutions")

    def turn(number: int | None) -> None:
        if number is None:
            functions.delete_function_concurrency(FunctionName=function)
        else:
            functions.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=number)

    name = logical_id(function)
    sentences = (
        f"{name} can't be called, even if it is still running",
        f"{name} can be called",
        f"{name} still can't be called, as before panic",
    )
    return Switch(f"function {name}", *sentences, off=0, on=None, state=state, turn=turn)


def logical_id(function: str) -> str:
    """The template's name in `<stack>-<logical id>-<suffix>`."""
    return next((part for part in function.split("-") if part.endswith("Function")), function)
