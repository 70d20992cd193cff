"""An event source mapping for moto: passes the messages of a queue to its function as they fall due.

The clock is set to the next message's time, so two days pass in seconds. A message belongs to the chain of
the invocation that sent it. If the function was invoked 16 times in that chain and may not loop, the message
is not delivered, and is redelivered until SQS moves it to the dead-letter queue (local/lineage.py).
"""

import time
from dataclasses import dataclass, field
from typing import Any

import pytest
import time_machine
from moto.sqs.models import Message

from local import lineage
from tests import in_moto
from tests.integration.world import Handler, World, a_batch, failed
from tests.template_rules import Template

A_MOMENT = 0.001  # moto's queues look at milliseconds


@dataclass
class Mapping:
    """The mapping of this logical id. `invocations` and `dropped` count messages.

    `template`, by default the world's, says whether the function may loop.
    """

    world: World
    name: str
    template: Template = field(default_factory=dict)
    invocations: int = 0
    dropped: int = 0

    def __post_init__(self) -> None:
        self.template = self.template or self.world.template
        properties = self.template["Resources"][self.name]["Properties"]
        self.function: str = properties["FunctionName"]["Ref"]
        self.queue: str = properties["EventSourceArn"]["Fn::GetAtt"][0]
        function = self.template["Resources"][self.function]["Properties"]
        self.may_loop = function.get("RecursiveLoop") == "Allow"
        self.handler: Handler = self.world.cold_start(self.function)

    def run(self) -> None:
        """Process all messages, and those that they cause, until the queue is empty."""
        with time_machine.travel(time.time(), tick=True) as traveller:
            while waiting := self._waiting():
                due = min(max(message.delayed_until, message.visible_at) for message in waiting) / 1000
                if due >= time.time():
                    traveller.move_to(due + A_MOMENT)
                self._next()

    def dead_letters(self) -> int:
        """How many messages are in the dead-letter queue."""
        redrive = self.template["Resources"][self.queue]["Properties"]["RedrivePolicy"]
        return len(self._messages(redrive["deadLetterTargetArn"]["Fn::GetAtt"][0]))

    def _waiting(self) -> list[Message]:
        return self._messages(self.queue)

    def _messages(self, queue: str) -> list[Message]:
        return list(in_moto.queue(queue)._messages)  # noqa: SLF001  # the API shows none that is to come

    def _next(self) -> None:
        sqs, url = self.world.resources.sqs, self.world.refs[self.queue]
        for message in sqs.receive_message(QueueUrl=url).get("Messages", []):
            if self._hand_over(message):
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

    def _hand_over(self, message: Any) -> bool:
        """Process one message; returns whether that succeeded."""
        chain = self.world.chains.get(message["MessageId"], "")
        if lineage.is_loop(chain, self.function) and not self.may_loop:
            self.dropped += 1
            return False
        self.invocations += 1
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("AWS_LAMBDA_FUNCTION_NAME", self.function)
            environment.setenv("_X_AMZN_TRACE_ID", lineage.invoked(chain, self.function))
            return not failed(self.handler(a_batch(message["Body"])))
