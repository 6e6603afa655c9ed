"""
Facebook: the e-mail address of the profile.
"""

from typing import ClassVar

from oauthproxy.errors import ProviderRefused
from oauthproxy.ports import FetchRequest
from oauthproxy.providers import members
from oauthproxy.providers.calls import Pairs, ask_json, bearer, with_query
from oauthproxy.providers.provider import Defaults, Provider
from oauthproxy.session.session import Session

_ME = "https://graph.facebook.com/v2.5/me"


class FacebookProvider(Provider):
    """
    Facebook.
    """

    defaults: ClassVar[Defaults] = Defaults(
        name="Facebook",
        login_url="https://www.facebook.com/v2.5/dialog/oauth",
        redeem_url="https://graph.facebook.com/v2.5/oauth/access_token",
        profile_url=_ME,
        validate_url=_ME,
        scope="public_profile email",
    )

    def token_fields(self, access_token: str) -> Pairs:
        """
        Send access tokens in a header field.
        """
        return bearer(access_token)

    async def find_email(self, session: Session) -> str:
        """
        Return the address of the profile, which not everybody shares.
        """
        request = FetchRequest(
            url=with_query(self.endpoints.profile, "fields=name,email"),
            fields=bearer(session.access_token),
        )
        email = members.text(await ask_json(self.fetcher, request), "email")
        if not email:
            raise ProviderRefused("the profile has no e-mail address")
        return email
