"""
Tell a signed-in user what is known about them, in JSON.
"""

from typing import Any

from oauthproxy.session.session import Session
from oauthproxy.wire.gojson import go_json

NOBODY = "{}"
"""The body for somebody who may ask without a login."""


def userinfo_body(session: Session | None) -> str:
    """
    Return the body of the userinfo endpoint.
    """
    if session is None:
        return NOBODY
    members: dict[str, Any] = {"user": session.user, "email": session.email}
    if session.groups:
        members["groups"] = session.groups
    if session.preferred_username:
        members["preferredUsername"] = session.preferred_username
    if session.additional_claims:
        members["additionalClaims"] = _sorted(session.additional_claims)
    return go_json(members, default=str) + "\n"


def _sorted(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_sorted(each) for each in value]
    if hasattr(value, "items"):
        return {str(key): _sorted(each) for key, each in sorted(value.items())}
    return value
