"""
Make providers of any type, and drive them through a login.
"""

from typing import Any, TypeVar

from oauthproxy.providers.client import Client
from oauthproxy.providers.membership import NotMember
from oauthproxy.providers.provider import Provider
from oauthproxy.providers.surroundings import Surroundings
from oauthproxy.providers.table import PROVIDERS
from oauthproxy.session.session import Session
from oauthproxy.settings.kinds import SECOND
from tests.unit.driver import CountingEntropy, FakeClock, RecordingLog, run
from tests.unit.providers.gates import FakeGate
from tests.unit.providers.idp import ISSUER, IdP, provider_settings

P = TypeVar("P", bound=Provider)

CALLBACK = "https://app.test/cb"


def made(
    kind: type[P],
    idp: IdP,
    *,
    surroundings: Surroundings | None = None,
    files: dict[str, bytes] | None = None,
    **flat: Any,
) -> P:
    """
    Return a provider of a type, configured by flat options, in front of `idp`.
    """

    def read_file(path: str) -> bytes:
        if path not in (files or {}):
            raise FileNotFoundError(path)
        return (files or {})[path]

    names = [name for name, each in PROVIDERS.items() if each is kind]
    return kind(
        provider_settings(**{"provider": "".join(names[:1]) or "oidc", **flat}),
        idp,
        FakeClock(),
        CountingEntropy(),
        RecordingLog(),
        read_file,
        FakeGate,
        surroundings,
    )


def client(secret: str = "s&1", *, method: str = "") -> Client:
    """
    Return a client that a provider knows by a secret.
    """
    return Client(
        id="my client",
        secret=lambda: secret,
        method=method,
        clock=FakeClock(),
        entropy=CountingEntropy(),
    )


def logged_in(provider: Provider, **more: Any) -> Session:
    """
    Return the session of a whole login.
    """
    return run(provider.enrich(run(provider.redeem(CALLBACK, "code", "", **more))))


def is_admitted(provider: Provider) -> bool:
    """
    Return whether a login ends with a session, not with the word that the user is no
    member.
    """
    try:
        logged_in(provider)
    except NotMember:
        return False
    return True


def log_of(provider: Provider) -> str:
    """
    Return all log lines of a provider.
    """
    assert isinstance(provider.log, RecordingLog)
    return "\n".join(text for _, text in provider.log.lines)


def claims(**more: Any) -> dict[str, Any]:
    """
    Return the claims of a token that is good now.
    """
    now = FakeClock().now() // SECOND
    usual = {"iss": ISSUER, "aud": "cid", "sub": "u-17", "iat": now, "exp": now + 300}
    return usual | {"email": "kim@x.test"} | more
