"""
Exchange a refresh token outside of OpenID Connect.
"""

from oauthproxy.errors import RefreshRefused
from oauthproxy.providers.client import POST
from oauthproxy.providers.token_endpoint import (
    FATAL_ERRORS,
    Grant,
    GrantRefused,
    TokenEndpoint,
)


async def refresh_grant(
    endpoint: TokenEndpoint, url: str, refresh_token: str, method: str = POST
) -> Grant:
    """
    Return new tokens; raises RefreshRefused when the provider has ended the session,
    else ProviderRefused and ProviderUnavailable.
    """
    form = (("grant_type", "refresh_token"), ("refresh_token", refresh_token))
    try:
        return await endpoint.ask_by(method, url, form)
    except GrantRefused as error:
        if error.code in FATAL_ERRORS:
            raise RefreshRefused(error.detail) from error
        raise
