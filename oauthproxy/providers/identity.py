"""
Read out of claims who a user is (OpenID Connect Core, 5.1).
"""

from collections.abc import Iterable, Mapping
from typing import Any

from attrs import evolve

from oauthproxy.errors import ProviderRefused, ProxyError
from oauthproxy.ports import Log
from oauthproxy.providers import jsontext
from oauthproxy.providers.claims import Claims
from oauthproxy.providers.token_endpoint import LAST_SECOND
from oauthproxy.session.session import Session
from oauthproxy.settings.kinds import SECOND
from oauthproxy.settings.model import OIDCSettings


def email_claim(oidc: OIDCSettings) -> str:
    """
    Return the claim that holds the e-mail address; an old option may name it as well.
    """
    return oidc.user_id_claim if oidc.email_claim == "email" else oidc.email_claim


async def identified(session: Session, claims: Claims, oidc: OIDCSettings) -> Session:
    """
    Return a session with the identity that claims tell; raises ProviderRefused.
    """
    email = email_claim(oidc)
    session = evolve(
        session,
        user=await claims.text("sub"),
        email=await claims.text(email),
        groups=await _groups(claims, oidc),
        preferred_username=await claims.text("preferred_username"),
    )
    matters = email == "email" and not oidc.insecure_allow_unverified_email
    if matters and await claims.flag("email_verified") is False:
        raise ProviderRefused("the e-mail address in the ID token is unverified")
    return session


async def _groups(claims: Claims, oidc: OIDCSettings) -> tuple[str, ...]:
    if oidc.group_objects_as_text:
        found = await claims.find(oidc.groups_claim)
        if isinstance(found, dict):
            return (jsontext.as_text(found),)
    return await claims.texts(oidc.groups_claim)


async def additional(
    claims: Claims, names: Iterable[str], log: Log
) -> Mapping[str, Any]:
    """
    Return those of the named claims that there are, fit for a session; what cannot be
    read is logged and left out.
    """
    found = {}
    for name in names:
        try:
            value = await claims.find(name)
        except ProxyError as error:
            message = f"claim {name} could not be read: {error}"
            log.error(message)
            continue
        if value is not None:
            found[name] = jsontext.storable(value)
    return found


def expiry(payload: Mapping[str, Any]) -> int | None:
    """
    Return the expiry of a token in nanoseconds, or None.
    """
    seconds = jsontext.seconds(payload.get("exp"))
    return None if seconds is None else min(seconds, LAST_SECOND) * SECOND
