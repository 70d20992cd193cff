"""The trial of a mailing: about 50 readers, then 200 more, and only then everybody.

The sweep dispatches whole chunks until so many were mailed, and then waits until SES has told what became of
90 % of these mails, or for five minutes. A list with too many bounces is stopped meanwhile.
"""

from datetime import datetime, timedelta

from broadsheet.mailings.chunk_plan import SIZES, Sizes
from broadsheet.mailings.dispatch import TrialStep, first_step
from broadsheet.mailings.mailing import TRIAL_IS_OVER, Mailing, MailingState
from broadsheet.mailings.ports import Ledger
from broadsheet.mailings.recovery import ChunkSummary, chunk_summaries

LONGEST_WAIT = timedelta(minutes=5)  # after the last mail
LONGEST_CALLS = timedelta(minutes=10)  # after a dispatch or a resume; later calls are for whom SES defers
TWO_SWEEPS = timedelta(minutes=2)
KNOWN_SHARE = 0.9
NEARLY_ALL = 0.8  # of the readers of a stage: chunks vary, and some readers have left


def next_step(mailing: Mailing, chunks: list[ChunkSummary], now: datetime, sizes: Sizes = SIZES) -> TrialStep:
    """The step after these chunks, the claimed ones from the watermark on; waits if `upto` is dispatched.

    If chunks are not mailed `LONGEST_WAIT` after they could have been, one more takes their place. How many
    readers a chunk has is judged only by chunks that were mailed.
    """
    if not mailing.is_in_trial or not mailing.dispatched:
        return first_step(mailing)
    stage, waits = mailing.trial_stage, TrialStep(mailing.trial_stage, mailing.dispatched)
    last_sign, are_mailed = _last_sign(mailing, chunks), _are_mailed(mailing, chunks)
    has_time = now - last_sign < LONGEST_WAIT
    if not are_mailed and now - max(last_sign, mailing.moved_at or last_sign) < LONGEST_WAIT:
        return waits
    before = mailing.totals.get("members", 0) - mailing.totals.get("skipped", 0)
    mailed = before + sum(chunk.mailed for chunk in chunks)
    has_answers = before + sum(chunk.known for chunk in chunks) >= KNOWN_SHARE * mailed
    while stage < TRIAL_IS_OVER and mailed >= NEARLY_ALL * sizes.trial[stage]:
        if has_time and not has_answers:
            return waits
        stage += 1
    if stage == TRIAL_IS_OVER:
        return TrialStep(stage, mailing.chunk_count)
    if not are_mailed or not mailed:
        return TrialStep(stage, mailing.dispatched + 1)
    return TrialStep(stage, _upto(mailing, mailed, sizes.trial[stage]))


def waits_for_trial(mailing: Mailing, ledger: Ledger, now: datetime) -> bool:
    """Whether the mailing has mailed a part of its trial, and waits for SES's events about it or the sweep.

    False if it has waited for longer than it should: something is wrong then.
    """
    if mailing.state is not MailingState.SENDING or not mailing.is_in_trial or not mailing.dispatched:
        return False
    chunks = list(chunk_summaries(mailing, ledger, now))
    has_time = now - _last_sign(mailing, chunks) < LONGEST_WAIT + TWO_SWEEPS
    return has_time and _are_mailed(mailing, chunks)


def _are_mailed(mailing: Mailing, chunks: list[ChunkSummary]) -> bool:
    """Whether the dispatched chunks were mailed, but for a few readers whom SES may defer again and again."""
    are_claimed = mailing.watermark + len(chunks) == mailing.dispatched
    members = sum(chunk.counts["members"] for chunk in chunks)
    waiting = sum(chunk.counts["waiting"] for chunk in chunks)
    are_known = are_claimed and all(chunk.has_members for chunk in chunks)
    return are_known and waiting <= (1 - KNOWN_SHARE) * members


def _last_sign(mailing: Mailing, chunks: list[ChunkSummary]) -> datetime:
    dispatched_at = mailing.dispatches[-1][1]
    last_call = max([dispatched_at, *(chunk.called_at for chunk in chunks if chunk.called_at)])
    return min(last_call, max(dispatched_at, mailing.moved_at or dispatched_at) + LONGEST_CALLS)


def _upto(mailing: Mailing, mailed: int, target: int) -> int:
    """The chunk number up to which about `target` readers are, at least one more than are dispatched."""
    wanted = mailing.plan.share(0, mailing.dispatched) * (target - mailed) / mailed
    upto, found = mailing.dispatched, 0.0
    while upto < mailing.chunk_count:
        width = mailing.plan.share(upto, upto + 1)
        if upto > mailing.dispatched and found + width / 2 > wanted:
            break
        upto, found = upto + 1, found + width
    return upto
