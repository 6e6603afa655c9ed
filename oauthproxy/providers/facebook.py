"""
Facebook: the e-mail address of the profile.
"""

from typing import Any, ClassVar

from oauthproxy.errors import ProviderRefused
from oauthproxy.providers import members
from oauthproxy.providers.profile import ProfileProvider
from oauthproxy.providers.provider import Defaults

_ME = "https://graph.facebook.com/v2.5/me"


class FacebookProvider(ProfileProvider):
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
    query: ClassVar[str] = "fields=name,email"

    def email_of(self, profile: Any) -> str:
        """
        Return the address of the profile, which not everybody shares.
        """
        email = members.text(profile, "email")
        if not email:
            raise ProviderRefused("the profile has no e-mail address")
        return email
