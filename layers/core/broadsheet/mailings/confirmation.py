"""Editors are asked whether to mail issues that came several at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from broadsheet.mail import Mail
from broadsheet.mailings.bursts import awaiting_confirmation
from broadsheet.mailings.mailing import SEVERAL_AT_ONCE, Mailing, State
from broadsheet.mailings.ports import Heads, Ledger
from broadsheet.mailings.requests import Requests
from broadsheet.mailings.tell import Reports
from broadsheet.ports import Clock, Mailer

ASKED = "asked"
QUESTION = "mailings-to-confirm.html"  # below the desk's reports/


@dataclass(frozen=True)
class AskEditors:
    """The use case with its ports; desk and mailer are made when there is something to ask."""

    ledger: Ledger
    heads: Heads
    requests: Requests
    desk: Callable[[], Reports]
    mailer: Callable[[], Mailer]
    editors: Sequence[str]
    question: Callable[[list[Mailing]], tuple[str, Mail]]
    clock: Clock

    def __call__(self, live: list[Mailing]) -> None:
        """Let mailings wait that are not to begin unconfirmed, and ask about them once there is a new one.

        Which editors were asked is noted once they were: whoever dies in between, or is not taken by SES, is
        followed by a sweep that asks again; an editor may get the question twice, and never not at all.

        Raises:
            ExceptionGroup: of mails that could not be handed over, once every editor has had their turn.
        """
        if not any(m.state is State.HELD and not m.confirmed for m in live):
            return
        found = awaiting_confirmation(live, self.clock(), self.requests.old_at())
        waiting = [m for m in found if m.reason == SEVERAL_AT_ONCE or self.ledger.ask_to_confirm(m.id)]
        new = [mailing for mailing in waiting if ASKED not in mailing.reported]
        if new:
            html, mail = self.question(sorted(waiting, key=lambda mailing: mailing.id))
            self.desk().report(QUESTION, html)
            self._ask(mail, new)

    def _ask(self, mail: Mail, new: list[Mailing]) -> None:
        mailer, failures = self.mailer(), []
        for number, editor in enumerate(self.editors):
            note = f"{ASKED} {number}"
            if all(note in mailing.reported for mailing in new):
                continue
            try:
                mailer.send(mail, editor, {"kind": "report"})
            except Exception as error:  # noqa: BLE001  # raised below: the other editors are to be asked
                failures.append(error)
                continue
            self._note(note, new)
        if failures:
            raise ExceptionGroup("editors not asked whether to mail", failures)
        self._note(ASKED, new)

    def _note(self, what: str, mailings: list[Mailing]) -> None:
        for mailing in mailings:
            self.heads.told(mailing.id, what, {})
