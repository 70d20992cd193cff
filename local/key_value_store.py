"""The redirects in the CDN's key-value store.

MiniStack (1.5.33) makes the store and imports nothing, so what it should have imported is read from the
object that the deployed template names.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from infrastructure.redirect_store import PARAMETER, imported
from local.stack import LocalStack


@dataclass
class RedirectStore:
    """Reads the import's object once: its name changes with its content."""

    stack: LocalStack
    _held: tuple[str, Mapping[str, str]] = field(default=("", {}))

    def __call__(self) -> Mapping[str, str]:
        """The pairs of the store.

        Raises:
            StackMissingError: nothing is deployed.
        """
        source = self.stack.parameters().get(PARAMETER, "")
        if source and source != self._held[0]:
            bucket, _, key = source.rpartition(":")[2].partition("/")
            self._held = source, imported(self.stack.s3.get_object(Bucket=bucket, Key=key)["Body"].read())
        return self._held[1] if source else {}
