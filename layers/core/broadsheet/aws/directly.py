"""A client whose requests and answers are JSON as they stand: without botocore's walks along the model.

botocore visits each value of a call three times along the service's model. That is most of the CPU of a call
with fifty recipients or a hundred and sixty members, and nothing to us, whose parameters are always of the
same form. Only its public events are used; signing, retries and errors stay botocore's own.
"""

import json
from collections.abc import Callable
from typing import Any

Content = dict[str, Any]
Change = Callable[[Content], Content]
WRITER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
FIRST_ERROR = 300


def as_json(content: Any) -> str:  # noqa: ANN401  # whatever JSON takes
    """The content, written short."""
    return WRITER.encode(content)


def speak_directly(
    client: Any,  # noqa: ANN401  # the SDK's clients have no common type
    operation: str = "",
    written: Callable[[Content], str] = as_json,
    answer_of: Change = dict,
    looked_at: Change = lambda _: {},
) -> None:
    """Have the client write and read JSON for this operation, or for all of them.

    `written` is the request of a call's parameters, `answer_of` what is given back of an answer; an error is
    read by botocore. `looked_at` are parameters that botocore finds the endpoint by. The client must
    not validate parameters.
    """

    def park(params: Content, context: Content, model: Any, **_: object) -> None:  # noqa: ANN401  # an operation's
        if operation not in ("", model.name):
            return
        context["body"] = written(params).encode()
        kept = looked_at(params)
        params.clear()
        params.update(kept)

    def write(params: Content, context: Content, **_: object) -> None:
        if "body" not in context:
            return
        params["body"] = context["body"]
        params["headers"].setdefault("Content-Type", "application/json")  # botocore sees an empty body

    def read(
        response_dict: Content,
        customized_response_dict: Content,
        operation_model: Any,  # noqa: ANN401  # an operation's
        **_: object,
    ) -> None:
        if operation in ("", operation_model.name) and response_dict["status_code"] < FIRST_ERROR:
            customized_response_dict.update(answer_of(json.loads(response_dict["body"] or b"{}")))
            response_dict["body"] = b"{}"

    for event, handler in (("before-parameter-build", park), ("before-call", write), ("before-parse", read)):
        client.meta.events.register_last(event, handler)  # behind all who look at parameters
