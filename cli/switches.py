"""What `broadsheet panic` turns off, and how each is read and turned: keys, functions, what brings work."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types_boto3_kms import KMSClient
    from types_boto3_lambda import LambdaClient

SECONDS_UNTIL_A_MAPPING_CHANGES = 90.0
ADDRESS_KEY = "key"


@dataclass(frozen=True)
class Switch:
    """Something that panic turns off. The note keeps it under `name`; `on` is how the template has it."""

    name: str
    is_off: str
    is_back: str
    off: bool | int
    on: bool | None
    state: Callable[[], bool | int | None]
    turn: Callable[[Any], None]
    is_slow: bool = False


def switches(kms: "KMSClient", functions: "LambdaClient", outputs: dict[str, str]) -> list[Switch]:
    """The keys first, then who works, for that is at once; last what brings work, which may have to wait.

    The other way round what is brought would be refused, and use up its retries.
    """
    names = outputs["AddressOpeners"].split(",")
    mappings = outputs["AddressOpenersMappings"].split(",")
    return [
        _address_key(kms, outputs["AddressKey"]),
        _fingerprint_key(kms, outputs["FingerprintKey"]),
        *(_function(functions, name) for name in (*names, *outputs["MailingStarters"].split(","))),
        *(_mapping(functions, *pair) for pair in zip(names, mappings, strict=True)),
    ]


def _address_key(kms: "KMSClient", key_id: str) -> Switch:
    return _key(
        kms,
        key_id,
        ADDRESS_KEY,
        "Addresses can't be opened: their key is disabled; sign-up is closed",
        "The key of addresses is enabled; sign-up is open",
    )


def _fingerprint_key(kms: "KMSClient", key_id: str) -> Switch:
    return _key(
        kms,
        key_id,
        "fingerprint key",
        "Nobody can ask whether an address is on the list: the key of fingerprints is disabled",
        "The key of fingerprints is enabled; addresses can be found",
    )


def _key(kms: "KMSClient", key_id: str, name: str, is_off: str, is_back: str) -> Switch:
    def turn(on: bool) -> None:  # noqa: FBT001  # a switch
        (kms.enable_key if on else kms.disable_key)(KeyId=key_id)

    def state() -> bool:
        return bool(kms.describe_key(KeyId=key_id)["KeyMetadata"]["Enabled"])

    return Switch(name, is_off, is_back, off=False, on=True, state=state, turn=turn)


def _mapping(functions: "LambdaClient", function: str, uuid: str) -> Switch:
    def state() -> bool:
        return functions.get_event_source_mapping(UUID=uuid)["State"] not in ("Disabling", "Disabled")

    def turn(on: bool) -> None:  # noqa: FBT001  # a switch
        deadline = time.monotonic() + SECONDS_UNTIL_A_MAPPING_CHANGES
        while True:
            try:
                functions.update_event_source_mapping(UUID=uuid, Enabled=on)
            except functions.exceptions.ResourceInUseException:  # the last change is not through yet
                if time.monotonic() > deadline:
                    raise
                time.sleep(1)
            else:
                return

    return Switch(
        f"mapping {short(function)}",
        f"No work reaches {short(function)}",
        f"Work reaches {short(function)}, within a minute",
        off=False,
        on=True,
        state=state,
        turn=turn,
        is_slow=True,
    )


def _function(functions: "LambdaClient", function: str) -> Switch:
    def state() -> int | None:
        return functions.get_function_concurrency(FunctionName=function).get("ReservedConcurrentExecutions")

    def turn(number: int | None) -> None:
        if number is None:
            functions.delete_function_concurrency(FunctionName=function)
        else:
            functions.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=number)

    return Switch(
        f"function {short(function)}",
        f"{short(function)} can't be called, however warm it is",
        f"{short(function)} can be called",
        off=0,
        on=None,
        state=state,
        turn=turn,
    )


def short(function: str) -> str:
    """The template's name in `<stack>-<logical id>-<suffix>`."""
    return next((part for part in function.split("-") if part.endswith("Function")), function)
