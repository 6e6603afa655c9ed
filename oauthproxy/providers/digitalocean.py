"""
DigitalOcean: the e-mail address of the account.
"""

from typing import Any, ClassVar

from oauthproxy.errors import ProviderRefused
from oauthproxy.providers import jsontext, members
from oauthproxy.providers.profile import ProfileProvider
from oauthproxy.providers.provider import Defaults

_ACCOUNT = "https://api.digitalocean.com/v2/account"


class DigitalOceanProvider(ProfileProvider):
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

    def email_of(self, profile: Any) -> str:
        """
        Return the address of the account, unless it says that it is unverified.
        """
        email = members.text(profile, "account", "email")
        if not email:
            raise ProviderRefused("the account has no e-mail address")
        verified = jsontext.member(profile, "account", "email_verified") is not False
        if not (verified or self.surroundings.believe_unverified):
            raise ProviderRefused("the e-mail address of the account is unverified")
        return email
