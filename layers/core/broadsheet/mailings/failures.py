"""Collects errors, so that one does not keep the work after it from being done."""

from collections.abc import Callable


class Failures(list[Exception]):
    """The errors of several pieces of work."""

    def attempt(self, work: Callable[..., object], *arguments: object) -> bool:
        """Do the work; False if it raised an error, which is kept."""
        try:
            work(*arguments)
        except Exception as error:  # noqa: BLE001  # `raise_all` raises it, after the other work
            self.append(error)
            return False
        return True

    def raise_all(self, message: str) -> None:
        """Raise the kept errors as one ExceptionGroup, if there are any."""
        if self:
            raise ExceptionGroup(message, self)
