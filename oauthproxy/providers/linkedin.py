"""
LinkedIn: the primary e-mail address of a member.
"""

from typing import ClassVar

from oauthproxy.errors import ProviderRefused
from oauthproxy.ports import FetchRequest
from oauthproxy.providers import members
from oauthproxy.providers.calls import Pairs, ask_json, bearer, with_query
from oauthproxy.providers.provider import Defaults, Provider
from oauthproxy.session.session import Session

_QUERY = "q=members&projection=(elements*(handle~))"


class LinkedInProvider(Provider):
    """
    LinkedIn, by its older interface.
    """

    defaults: ClassVar[Defaults] = Defaults(
        name="LinkedIn",
        login_url="https://www.linkedin.com/oauth/v2/authorization",
        redeem_url="https://www.linkedin.com/uas/oauth2/accessToken",
        profile_url="https://api.linkedin.com/v2/emailAddress",
        validate_url="https://api.linkedin.com/v2/me",
        scope="r_emailaddress r_liteprofile",
    )

    def token_fields(self, access_token: str) -> Pairs:
        """
        Send access tokens in a header field, and ask for JSON in LinkedIn's way.
        """
        return (*bearer(access_token), ("x-li-format", "json"))

    async def find_email(self, session: Session) -> str:
        """
        Return the first address.
        """
        request = FetchRequest(
            url=with_query(self.endpoints.profile, _QUERY),
            fields=self.token_fields(session.access_token),
        )
        elements = members.objects(await ask_json(self.fetcher, request), "elements")
        for element in elements[:1]:
            email = members.text(element, "handle~", "emailAddress")
            if email:
                return email
        raise ProviderRefused("the member has no e-mail address")
