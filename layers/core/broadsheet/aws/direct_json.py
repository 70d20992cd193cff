"""Serialises and parses JSON for a client without botocore's walks along the service's model.

botocore visits each value of a call three times along the model. That is most of the CPU of a call with fifty
recipients or a hundred and sixty members, and useless for our parameters, whose form never varies. Only
botocore's public events are used; it still signs, retries and parses errors.
"""

import json
from collections.abc import Callable
from typing import Any

Content = dict[str, Any]
Change = Callable[[Content], Content]
ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
FIRST_ERROR_STATUS = 300


def as_json(content: Any) -> str:  # noqa: ANN401  # anything that JSON can hold
    """The content as compact JSON."""
    return ENCODER.encode(content)


def use_direct_json(
    client: Any,  # noqa: ANN401  # the SDK's clients have no common type
    operation: str = "",
    serialise: Callable[[Content], str] = as_json,
    answer_of: Change = dict,
    endpoint_parameters: Change = lambda _: {},
) -> None:
    """Have the client serialise and parse JSON for this operation, or for all of them.

    `serialise` turns a call's parameters into the body of the request, `answer_of` turns the parsed response
    into what the call returns; botocore parses errors. `endpoint_parameters` gives the parameters by which
    botocore chooses the endpoint. The client must not validate parameters.
    """

    def serialise_call(params: Content, context: Content, model: Any, **_: object) -> None:  # noqa: ANN401  # an operation's
        if operation not in ("", model.name):
            return
        context["body"] = serialise(params).encode()
        kept = endpoint_parameters(params)
        params.clear()
        params.update(kept)

    def set_body(params: Content, context: Content, **_: object) -> None:
        if "body" not in context:
            return
        params["body"] = context["body"]
        params["headers"].setdefault("Content-Type", "application/json")  # botocore sees an empty body

    def parse_answer(
        response_dict: Content,
        customized_response_dict: Content,
        operation_model: Any,  # noqa: ANN401  # an operation's
        **_: object,
    ) -> None:
        if operation in ("", operation_model.name) and response_dict["status_code"] < FIRST_ERROR_STATUS:
            customized_response_dict.update(answer_of(json.loads(response_dict["body"] or b"{}")))
            response_dict["body"] = b"{}"

    for event, handler in (
        ("before-parameter-build", serialise_call),
        ("before-call", set_body),
        ("before-parse", parse_answer),
    ):
        client.meta.events.register_last(event, handler)  # after all handlers that read parameters
