"""
LinkedIn: the primary e-mail address of a member.
"""

from typing import Any, ClassVar

from oauthproxy.errors import ProviderRefused
from oauthproxy.providers import members
from oauthproxy.providers.calls import Pairs
from oauthproxy.providers.profile import ProfileProvider
from oauthproxy.providers.provider import Defaults


class LinkedInProvider(ProfileProvider):
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
    query: ClassVar[str] = "q=members&projection=(elements*(handle~))"

    def token_fields(self, access_token: str) -> Pairs:
        """
        Send access tokens in a header field, and ask for JSON in LinkedIn's way.
        """
        return (*super().token_fields(access_token), ("x-li-format", "json"))

    def email_of(self, profile: Any) -> str:
        """
        Return the first address.
        """
        for element in members.objects(profile, "elements")[:1]:
            email = members.text(element, "handle~", "emailAddress")
            if email:
                return email
        raise ProviderRefused("the member has no e-mail address")
