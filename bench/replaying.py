"""Mailing beside its own requests: they are recorded with their answers, and sent again by boto3 alone."""

import json
import time
from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory

import boto3
from botocore import xform_name
from botocore.config import Config

from bench.delivery import begun, mailed_by_one
from bench.endpoint import Operations, answering
from bench.mailing import MAILING, Work, app, simulated_clock, subscriber_ids
from bench.measuring import Json, call, medians
from bench.template import environment_of
from broadsheet.aws.direct_json import use_direct_json
from broadsheet.aws.resources import USER_AGENT
from broadsheet.mailings.chunk_plan import plan_for

MEMBERS, RATE = 4_000, 200
Call = tuple[str, str, str, Json]  # service, operation, the request's body, the answer


def mailing_and_floor(rounds: int) -> tuple[float, float]:
    """CPU seconds for 1,000 members of our worker, and of the same requests by boto3 alone."""
    with TemporaryDirectory() as folder:
        requests = Path(folder, "requests.json")
        with begun("en", MEMBERS, RATE) as (environment, _):
            members = call(environment, record_requests, str(requests), MEMBERS)
        ours, bare = (lambda: mailed_by_one("en", MEMBERS).cpu_seconds), partial(send_again, requests)
        seconds = medians({"ours": ours, "bare": bare}, rounds)
    return 1000 * seconds["ours"] / members, 1000 * seconds["bare"] / members


def record_requests(path: str, members: int) -> int:
    """Mail all chunks but the first, and write the requests and answers to a file; gives the recipients."""
    made, plan = list[Call](), plan_for(MAILING, members)
    work = Work(sum(plan.number_of(subscriber) > 0 for subscriber in subscriber_ids(members)))
    with simulated_clock():
        function = app("deliver_chunk")
        Work().deliver([function["handler"]], 0)
        for service, client in (("DynamoDB", function["ledger"].client), ("SES", function["aws"].bulk_sends)):
            client.meta.events.register_last("before-call", partial(_add_request, made, service))
            client.meta.events.register("after-call", partial(_add_answer, made))
        for number in range(1, plan.count):
            work.deliver([function["handler"]], number)
    Path(path).write_text(json.dumps(made), encoding="utf-8")
    return work.members


def _add_request(made: list[Call], service: str, model: Json, params: Json, **_: object) -> None:
    made.append((service, model.name, params["body"].decode(), {}))


def _add_answer(made: list[Call], http_response: Json, **_: object) -> None:
    made[-1] = (*made[-1][:3], json.loads(http_response.content))


def send_again(requests: Path) -> float:
    """CPU seconds of these requests in a fresh interpreter."""
    with answering(answers_in(requests)) as address:
        return float(call(environment_of(address), send, str(requests)))


def answers_in(requests: Path) -> Operations:
    """Answers each request as it was answered, in the same order, again and again."""
    answers = defaultdict[str, list[Json]](list)
    for service, operation, _, answer in json.loads(requests.read_text(encoding="utf-8")):
        answers[f"{service} {operation}"].append(answer)
    return {name: partial(_next, cycle(given)) for name, given in answers.items()}


def _next(answers: Iterator[Json], _: Json) -> Json:
    return dict(next(answers))  # the endpoint takes something out


def send(path: str) -> float:
    """Send the requests of a file twice; CPU seconds of the second time."""
    config = Config(user_agent=USER_AGENT, parameter_validation=False)
    clients = {name: boto3.client(name.lower(), config=config) for name in ("DynamoDB", "SESv2")}
    for client in clients.values():
        use_direct_json(client, serialise=lambda parameters: parameters["body"])
    calls = [
        partial(getattr(clients["SESv2" if service == "SES" else service], xform_name(operation)), body=body)
        for service, operation, body, _ in json.loads(Path(path).read_text(encoding="utf-8"))
    ]
    for _ in range(2):
        started = time.process_time()
        for each in calls:
            each()
    return time.process_time() - started
