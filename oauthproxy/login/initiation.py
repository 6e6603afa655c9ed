"""
A login that begins elsewhere: at the provider, or at a site that knows both of us
(OpenID Connect Core, 4).

Rule 1: a request that names an issuer is one of these; it must be ours.
Rule 2: where it wants to go is as much in doubt as any other target.
"""

from collections.abc import Sequence

from attrs import frozen

from oauthproxy.errors import ProxyError
from oauthproxy.login.redirect import Redirects
from oauthproxy.providers.calls import shown
from oauthproxy.providers.provider import Provider
from oauthproxy.scope import Scope
from oauthproxy.wire.form import Form

LONGEST_HINT = 1000


class ForeignIssuer(ProxyError):
    """
    This login was asked for with an identity provider that is not used here.
    """

    status = 403


@frozen(kw_only=True)
class Initiation:
    """
    What the one who began a login wants: a hint for the provider and a target, both
    empty where there is none.
    """

    hint: str = ""
    target: str = ""

    @property
    def parameters(self) -> dict[str, Sequence[str]]:
        """
        What goes to the provider with the login.
        """
        return {"login_hint": (self.hint,)} if self.hint else {}


def initiation(
    scope: Scope, form: Form, provider: Provider, redirects: Redirects
) -> Initiation:
    """
    Return what a request asks for; raises ForeignIssuer.
    """
    issuers = form.all("iss")
    if not issuers:
        return Initiation()
    if len(issuers) > 1 or not provider.is_issuer(issuers[0]):
        raise ForeignIssuer(f"a login was asked for at {shown(issuers[0])}")
    hint, wish = form.first("login_hint"), form.first("target_link_uri")
    return Initiation(
        hint=hint if len(hint) <= LONGEST_HINT else "",
        target="" if "rd" in form else redirects.linked(scope, wish),
    )
