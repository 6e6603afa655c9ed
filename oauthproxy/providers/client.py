"""
Who we are at a token endpoint, and how we prove it (OpenID Connect Core, 9).

Rule 1: a configured method is the only one that is used.
Rule 2: else a key wins where the provider announces `private_key_jwt`, or there is no
secret; a secret goes by HTTP Basic, or in the body where only that is announced.
Rule 3: a client that proves nothing still names itself.
"""

from base64 import b64encode
from collections.abc import Callable

from attrs import field, frozen

from oauthproxy.errors import SettingsError
from oauthproxy.ports import Clock, Entropy
from oauthproxy.providers.assertion import (
    JWT_BEARER,
    Signer,
    client_claims,
    read_private_key,
)
from oauthproxy.providers.calls import Pairs
from oauthproxy.settings.files import ReadFile
from oauthproxy.settings.model import ProviderSettings
from oauthproxy.wire.gourl import escape_query

BASIC = "client_secret_basic"
POST = "client_secret_post"
PRIVATE_KEY = "private_key_jwt"
NEITHER = "none"


@frozen(kw_only=True)
class Announced:
    """
    What a provider takes at its token endpoint, in its discovery document's words;
    empty where it does not say.
    """

    methods: tuple[str, ...] = ()
    algorithms: tuple[str, ...] = ()


UNSAID = Announced()


@frozen(kw_only=True)
class Proof:
    """
    What goes with a request to show who sends it.
    """

    fields: Pairs = field(default=(), repr=False)
    form: Pairs = field(default=(), repr=False)


@frozen(kw_only=True)
class Client:
    """
    A client as a provider knows it. `method` is the configured one, empty for none.
    """

    id: str
    secret: Callable[[], str] = field(repr=False)
    method: str = ""
    signer: Signer | None = None
    clock: Clock
    entropy: Entropy = field(repr=False)

    def methods(self, announced: Announced) -> tuple[str, ...]:
        """
        Return the methods to try, in this order, with a provider that announces some.
        """
        if self.method:
            return (self.method,)
        has_secret, taken = bool(self.secret()), announced.methods
        if self.signer and (PRIVATE_KEY in taken or not has_secret):
            return (PRIVATE_KEY,)
        if not has_secret:
            return (NEITHER,)
        if POST in taken and BASIC not in taken:
            return (POST, BASIC)
        return (BASIC, POST)

    def proof(self, method: str, url: str, announced: Announced = UNSAID) -> Proof:
        """
        Return the proof for a request to the token endpoint at `url`.
        """
        named = ("client_id", self.id)
        if method == NEITHER:
            return Proof(form=(named,))
        if method == PRIVATE_KEY:
            return Proof(form=(named, *self._assertion(url, announced)))
        secret = self.secret()
        if method == POST:
            return Proof(form=(named, ("client_secret", secret)))
        pair = f"{escape_query(self.id)}:{escape_query(secret)}"
        basic = b64encode(pair.encode()).decode()
        return Proof(fields=(("Authorization", f"Basic {basic}"),))

    def _assertion(self, url: str, announced: Announced) -> Pairs:
        if self.signer is None:
            raise SettingsError(["client_assertion_key_file: not set"])
        claims = client_claims(self.id, url, self.clock.now(), self.entropy)
        return (
            ("client_assertion_type", JWT_BEARER),
            ("client_assertion", self.signer.sign(claims, announced.algorithms)),
        )


def client_of(
    settings: ProviderSettings,
    secret: Callable[[], str],
    clock: Clock,
    entropy: Entropy,
    read_file: ReadFile,
) -> Client:
    """
    Return the client that settings describe; raises SettingsError.
    """
    return Client(
        id=settings.client_id,
        secret=secret,
        method=settings.token_endpoint_auth_method,
        signer=_signer(settings, read_file),
        clock=clock,
        entropy=entropy,
    )


def _signer(settings: ProviderSettings, read_file: ReadFile) -> Signer | None:
    option = "client_assertion_key_file"
    if not settings.client_assertion_key_file:
        return None
    try:
        pem = read_file(settings.client_assertion_key_file)
    except OSError as error:
        raise SettingsError([f"{option}: {error}"]) from error
    return Signer(
        key=read_private_key(pem, option), key_id=settings.client_assertion_key_id
    )
