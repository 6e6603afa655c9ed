"""
DigitalOcean: the e-mail address of the account.
"""

from typing import ClassVar

from oauthproxy.errors import ProviderRefused
from oauthproxy.ports import FetchRequest
from oauthproxy.providers import jsontext, members
from oauthproxy.providers.calls import Pairs, ask_json, bearer
from oauthproxy.providers.provider import Defaults, Provider
from oauthproxy.session.session import Session

_ACCOUNT = "https://api.digitalocean.com/v2/account"


class DigitalOceanProvider(Provider):
    """
    DigitalOcean.
    """

    defaults: ClassVar[Defaults] = Defaults(
        name="DigitalOcean",
        login_url="https://cloud.digitalocean.com/v1/oauth/authorize",
        redeem_url="https://cloud.digitalocean.com/v1/oauth/token",
        profile_url=_ACCOUNT,
        validate_url=_ACCOUNT,
        scope="read",
    )

    def token_fields(self, access_token: str) -> Pairs:
        """
        Send access tokens in a header field.
        """
        return bearer(access_token)

    async def find_email(self, session: Session) -> str:
        """
        Return the address of the account, unless it says that it is unverified.
        """
        fields = bearer(session.access_token)
        request = FetchRequest(url=self.endpoints.profile, fields=fields)
        answer = await ask_json(self.fetcher, request)
        email = members.text(answer, "account", "email")
        if not email:
            raise ProviderRefused("the account has no e-mail address")
        if jsontext.member(answer, "account", "email_verified") is False:
            raise ProviderRefused("the e-mail address of the account is unverified")
        return email
