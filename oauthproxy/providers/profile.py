"""
Providers that know an e-mail address by a profile, and nothing else.
"""

from typing import Any, ClassVar

from oauthproxy.ports import FetchRequest
from oauthproxy.providers.calls import Pairs, ask_json, bearer, with_query
from oauthproxy.providers.provider import Provider
from oauthproxy.session.session import Session


class ProfileProvider(Provider):
    """
    A provider whose profile is asked for with the access token in a header field;
    `query` is what the question says besides.
    """

    query: ClassVar[str] = ""

    def token_fields(self, access_token: str) -> Pairs:
        """
        Send access tokens in a header field.
        """
        return bearer(access_token)

    async def find_email(self, session: Session) -> str:
        """
        Return the address that the profile tells.
        """
        url = with_query(self.endpoints.profile, self.query)
        fields = self.token_fields(session.access_token)
        profile = await ask_json(self.fetcher, FetchRequest(url=url, fields=fields))
        return self.email_of(profile)

    def email_of(self, profile: Any) -> str:
        """
        Return the address in a profile; raises ProviderRefused where there is none.
        """
        raise NotImplementedError
