"""Tokens in links: each for one purpose, one reader, and under a key that can rotate."""

import base64
import hashlib
import re
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from itsdangerous import Signer, TimestampSigner

from broadsheet.subscribers.link_tokens import Confirmation, LinkError, ManageLink
from tests.builders import REQUEST_ID, SUBSCRIBER_ID
from tests.fakes.subscribers import FakeKeyring

CONFIRMATION = Confirmation(SUBSCRIBER_ID, REQUEST_ID)
LINKS = FakeKeyring().links
LEAVE = LINKS.unsubscribe_token(SUBSCRIBER_ID)
CONFIRM = LINKS.confirm_token(CONFIRMATION)
IN_TOKENS = "abcXYZ019-_.=/+! \n\0é\ud800"
IDS = st.binary(min_size=16, max_size=16).map(bytes.hex)


class SignedThen(TimestampSigner):
    """Signs as if it were another time."""

    signed_ago = timedelta()

    def get_timestamp(self) -> int:
        return super().get_timestamp() - int(self.signed_ago.total_seconds())


def confirm_token_made(ago: timedelta) -> str:
    """Ours, but for the time in it."""
    signer = SignedThen(b"k" * 32, salt="confirm", digest_method=hashlib.sha256)
    signer.signed_ago = ago
    return signer.sign(CONFIRM.rsplit(".", 2)[0]).decode()


@given(subscriber_id=IDS, request_id=IDS)
def test_a_token_says_again_what_it_was_made_for(subscriber_id: str, request_id: str) -> None:
    confirmation = Confirmation(subscriber_id, request_id)

    assert LINKS.read_confirm_token(LINKS.confirm_token(confirmation)) == confirmation
    assert LINKS.read_unsubscribe_token(LINKS.unsubscribe_token(subscriber_id)) == subscriber_id


def test_tokens_need_no_escaping_in_a_link() -> None:
    allowed = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")

    assert set(LEAVE + CONFIRM) <= allowed
    assert max(len(LEAVE), len(CONFIRM)) < 160


def test_a_token_for_one_purpose_is_refused_for_the_other() -> None:
    with pytest.raises(LinkError):
        LINKS.read_unsubscribe_token(CONFIRM)
    with pytest.raises(LinkError):
        LINKS.read_confirm_token(LEAVE)


@given(data=st.data())
def test_a_token_that_is_damaged_anywhere_is_refused(data: st.DataObject) -> None:
    """But its last character: two of its six bits are padding, and say nothing."""
    token = data.draw(st.sampled_from([LEAVE, CONFIRM]))
    position = data.draw(st.integers(0, len(token) - 2))
    put = data.draw(st.sampled_from(IN_TOKENS).filter(lambda character: character != token[position]))
    damaged = token[:position] + put + token[position + 1 :]

    with pytest.raises(LinkError):
        (LINKS.read_unsubscribe_token if token == LEAVE else LINKS.read_confirm_token)(damaged)


@given(last=st.characters())
def test_a_token_with_another_last_character_names_nobody_else(last: str) -> None:
    try:
        assert LINKS.read_unsubscribe_token(LEAVE[:-1] + last) == SUBSCRIBER_ID
    except LinkError:
        return


@example(keep=len(LEAVE), more="!!!!")
@given(keep=st.integers(1, len(LEAVE) - 1), more=st.sampled_from(["", ".", ".x", "=", "!!!!", LEAVE]))
def test_a_token_that_was_shortened_or_extended_is_refused(keep: int, more: str) -> None:
    with pytest.raises(LinkError):
        LINKS.read_unsubscribe_token(LEAVE[:keep] + more)
    with pytest.raises(LinkError):
        LINKS.read_confirm_token(CONFIRM[: keep + len(CONFIRM) - len(LEAVE)] + more)


@given(st.text(max_size=320) | st.text(alphabet=IN_TOKENS, max_size=320) | st.just("link-2016." * 40))
def test_junk_is_refused_and_nothing_else_happens(token: str) -> None:
    with pytest.raises(LinkError):
        LINKS.read_unsubscribe_token(token)
    with pytest.raises(LinkError):
        LINKS.read_confirm_token(token)


def test_a_confirmation_ends_when_its_time_is_over() -> None:
    """Reading takes the machine's time, so the token stays and what it is good for moves."""
    assert LINKS.read_confirm_token(CONFIRM, timedelta(hours=48)) == CONFIRMATION

    with pytest.raises(LinkError):
        LINKS.read_confirm_token(CONFIRM, timedelta(seconds=-1))


@pytest.mark.parametrize(
    ("made_hours_ago", "reads"), [(0, True), (47.9, True), (48.1, False), (24 * 365, False), (-1, False)]
)
def test_a_confirmation_is_good_for_48_hours(made_hours_ago: float, reads: bool) -> None:  # noqa: FBT001  # a parameter of the table above
    token = confirm_token_made(timedelta(hours=made_hours_ago))

    if reads:
        assert LINKS.read_confirm_token(token) == CONFIRMATION
    else:
        with pytest.raises(LinkError):
            LINKS.read_confirm_token(token)


def test_a_token_under_an_older_key_still_reads() -> None:
    keyring = FakeKeyring()
    old = keyring.links.unsubscribe_token(SUBSCRIBER_ID)
    keyring.rotate("link-2017")

    new = keyring.links.unsubscribe_token(SUBSCRIBER_ID)

    assert (old.split(".")[0], new.split(".")[0]) == ("link-2016", "link-2017")
    assert [keyring.links.read_unsubscribe_token(token) for token in (old, new)] == [SUBSCRIBER_ID] * 2


def test_a_token_under_a_key_that_we_do_not_have_is_refused() -> None:
    keyring = FakeKeyring()
    token = keyring.links.unsubscribe_token(SUBSCRIBER_ID)
    del keyring.keys["link-2016"]

    with pytest.raises(LinkError):
        keyring.links.read_unsubscribe_token(token)


def test_a_token_that_names_another_of_our_keys_is_refused() -> None:
    keyring = FakeKeyring()
    keyring.rotate("link-2017")

    with pytest.raises(LinkError):
        keyring.links.read_unsubscribe_token(LEAVE.replace("link-2016", "link-2017"))


def test_a_refusal_repeats_nothing_of_the_token() -> None:
    with pytest.raises(LinkError) as caught:
        LINKS.read_unsubscribe_token(LEAVE[:-5] + "AAAAA")

    assert str(caught.value) == "not a valid link"


def test_a_token_shows_the_key_and_an_id_and_nothing_of_the_reader() -> None:
    key_id, packed, signature = LEAVE.split(".")

    assert key_id == "link-2016"
    assert base64.urlsafe_b64decode(packed + "==").hex() == SUBSCRIBER_ID
    assert len(base64.urlsafe_b64decode(signature + "==")) == 32


@pytest.mark.parametrize("other", [LEAVE, LINKS.confirm_token(Confirmation(SUBSCRIBER_ID, REQUEST_ID)), ""])
def test_only_a_token_for_it_opens_a_readers_page(other: str) -> None:
    token = LINKS.manage_token(SUBSCRIBER_ID)

    assert LINKS.read_manage_token(token) == ManageLink(SUBSCRIBER_ID, "", LINKS.today())
    with pytest.raises(LinkError):
        LINKS.read_manage_token(other)
    with pytest.raises(LinkError):
        LINKS.read_unsubscribe_token(token)


def test_a_token_for_a_readers_page_stays_good_when_keys_rotate() -> None:
    keyring = FakeKeyring()
    old = keyring.links.manage_token(SUBSCRIBER_ID)
    keyring.rotate("link-2017")

    assert keyring.links.manage_token(SUBSCRIBER_ID).startswith("link-2017.")
    assert keyring.links.read_manage_token(old).subscriber_id == SUBSCRIBER_ID


def former_manage_token() -> str:
    """As in old welcome mails; the page for leaving showed it to anybody who had a mail."""
    value = LEAVE.rpartition(".")[0]
    return Signer(b"k" * 32, salt="manage", digest_method=hashlib.sha256).sign(value).decode()


def test_an_old_manage_link_opens_nothing_and_is_no_unsubscribe_link() -> None:
    for read in (LINKS.read_manage_token, LINKS.read_unsubscribe_token, LINKS.read_confirm_token):
        with pytest.raises(LinkError):
            read(former_manage_token())


def test_the_token_of_an_old_unsubscribe_link_can_still_be_read() -> None:
    """Its purpose and its form have not changed."""
    value = LEAVE.rpartition(".")[0]
    letter = Signer(b"k" * 32, salt="unsubscribe", digest_method=hashlib.sha256).sign(value).decode()
    assert (letter, LINKS.read_unsubscribe_token(letter)) == (LEAVE, SUBSCRIBER_ID)


def test_each_lasting_link_names_whom_a_fresh_one_may_be_mailed_to_and_a_confirmation_nobody() -> None:
    lasting = [LEAVE, former_manage_token(), LINKS.manage_token(SUBSCRIBER_ID)]
    assert [LINKS.read_link_request(token) for token in lasting] == [SUBSCRIBER_ID] * 3
    assert [LINKS.opens_no_page(token) for token in lasting] == [True, True, False]
    for other in (CONFIRM, "", "junk", LEAVE[:-5]):
        assert not LINKS.opens_no_page(other)
        with pytest.raises(LinkError):
            LINKS.read_link_request(other)


@given(subscriber_id=IDS, address_id=st.one_of(st.just(""), IDS), day=st.dates(date(2000, 1, 1)))
def test_a_manage_link_says_by_which_request_and_on_which_day_it_was_made(
    subscriber_id: str, address_id: str, day: date
) -> None:
    links = replace(LINKS, today=lambda: day)

    token = links.manage_token(subscriber_id, address_id)

    assert LINKS.read_manage_token(token) == ManageLink(subscriber_id, address_id, day)
    assert re.fullmatch(r"[A-Za-z0-9_.-]{1,160}", token)


@pytest.mark.parametrize(
    "value", ["{}..", "{}.{}", "{}..2016-12-12.", "{}..20161345", "{}.a.b.20161212", "{}..20161212.x"]
)
def test_a_manage_link_in_another_shape_opens_nothing_though_it_is_signed(value: str) -> None:
    named = value.format(LEAVE.rpartition(".")[0], "3" * 32)
    token = Signer(b"k" * 32, salt="own-page", digest_method=hashlib.sha256).sign(named).decode()
    with pytest.raises(LinkError):
        LINKS.read_manage_token(token)


def test_a_manage_link_of_an_earlier_release_has_neither_request_nor_day() -> None:
    value = LEAVE.rpartition(".")[0]
    token = Signer(b"k" * 32, salt="own-page", digest_method=hashlib.sha256).sign(value).decode()
    assert LINKS.read_manage_token(token) == ManageLink(SUBSCRIBER_ID)


def test_a_manage_link_cannot_be_given_a_later_day_or_another_request() -> None:
    token = LINKS.manage_token(SUBSCRIBER_ID, "3" * 32)
    for changed in (token.replace(".20161212.", ".20170101."), token.replace("3" * 32, "4" * 32)):
        with pytest.raises(LinkError):
            LINKS.read_manage_token(changed)
