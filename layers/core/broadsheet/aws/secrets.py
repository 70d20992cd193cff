"""A secret that the stack made for itself, read once by each worker."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass
class StackSecret:
    """The text of one secret of Secrets Manager; `client` makes the client when it is needed."""

    client: Callable[[], Any]  # types-boto3 is locked without Secrets Manager
    arn: str
    _text: list[str] = field(default_factory=list)

    def __call__(self) -> str:
        """The secret."""
        if not self._text:
            self._text.append(self.client().get_secret_value(SecretId=self.arn)["SecretString"])
        return self._text[0]
