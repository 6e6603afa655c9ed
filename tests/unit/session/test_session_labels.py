"""
Sessions are found by their user and by the provider's session.
"""

import json

import pytest

from oauthproxy.crypto.base64 import encode_raw_url
from oauthproxy.errors import SessionRefused, StoreUnavailable
from oauthproxy.session.labels import (
    labels,
    provider_session_label,
    subject_label,
)
from oauthproxy.session.memory import MemoryVault
from oauthproxy.session.secrets import CookieSecrets
from oauthproxy.session.session import Session
from oauthproxy.session.ticket_store import TicketStore
from oauthproxy.settings.groups.cookie import CookieOptions
from oauthproxy.wire.cookies import Cookies
from tests.unit.driver import CountingEntropy, FakeClock, run

ISSUER = "https://id.example.com"


def id_token(**claims: object) -> str:
    return f"e30.{encode_raw_url(json.dumps(claims).encode())}.c2ln"


def test_labels_are_made_of_issuer_subject_and_sid() -> None:
    """
    A session has the label of its user and that of the provider's session.
    """
    session = Session(id_token=id_token(iss=ISSUER, sub="alice", sid="s1"))

    assert labels(session) == (
        subject_label(ISSUER, "alice"),
        provider_session_label(ISSUER, "s1"),
    )


@pytest.mark.parametrize(
    "token",
    ["", "opaque", "a.b.c", "e30.e30.", "e30.W10.", "e30.!!!!.", id_token(sub=1)],
)
def test_unreadable_tokens_have_no_labels(token: str) -> None:
    """
    What is no ID token, or says nothing, labels nothing.
    """
    assert labels(Session(id_token=token)) == ()


def test_labels_of_different_things_differ() -> None:
    """
    Neither kinds nor issuers nor names can be shifted into each other.
    """
    made = {
        subject_label("a", "bc"),
        subject_label("ab", "c"),
        provider_session_label("a", "bc"),
        provider_session_label("ab", "c"),
    }

    assert len(made) == 4


def _store(vault: MemoryVault, index: object = None) -> TicketStore:
    return TicketStore(
        vault,
        CookieOptions(),
        CookieSecrets.of("0123456789abcdef"),
        FakeClock(),
        CountingEntropy(),
        index=vault if index is None else index,  # type: ignore[arg-type]
    )


def _browser(lines: tuple[str, ...]) -> Cookies:
    return Cookies.parse([line.partition(";")[0].encode() for line in lines])


def test_all_sessions_of_a_user_can_be_ended() -> None:
    """
    Ending a label deletes every session that carries it, and no other.
    """
    store = _store(MemoryVault(FakeClock()))
    alice = Session(id_token=id_token(iss=ISSUER, sub="alice"))
    bob = Session(id_token=id_token(iss=ISSUER, sub="bob"))
    laptop, phone, other = (
        _browser(run(store.save(session, Cookies(), "h")))
        for session in (alice, alice, bob)
    )

    ended = run(store.end(subject_label(ISSUER, "alice")))

    assert ended == 2
    for cookies in (laptop, phone):
        with pytest.raises(SessionRefused):
            run(store.load(cookies))
    assert run(store.load(other)).id_token == bob.id_token


class BrokenIndex:
    """
    An index that nobody may write to.
    """

    async def add(self, label: str, key: str, lifetime: int) -> None:
        raise StoreUnavailable("NOPERM")

    async def find(self, label: str) -> tuple[str, ...]:
        raise StoreUnavailable("NOPERM")


def test_login_does_not_fail_for_its_index() -> None:
    """
    A session is saved also where it cannot be labelled.
    """
    store = _store(MemoryVault(FakeClock()), BrokenIndex())
    session = Session(id_token=id_token(iss=ISSUER, sub="alice"))

    lines = run(store.save(session, Cookies(), "h"))

    assert run(store.load(_browser(lines))).id_token == session.id_token
