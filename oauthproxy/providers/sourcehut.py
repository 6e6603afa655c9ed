"""
SourceHut: name and e-mail address by its GraphQL interface.
"""

from typing import ClassVar

from attrs import evolve

from oauthproxy.errors import ProviderRefused
from oauthproxy.ports import FetchRequest
from oauthproxy.providers import members
from oauthproxy.providers.calls import Pairs, ask_json, bearer, plain_bearer
from oauthproxy.providers.provider import Defaults, Provider
from oauthproxy.session.session import Session

_QUESTION = b'{"query": "{ me { username, email } }"}'


class SourceHutProvider(Provider):
    """
    sr.ht, and instances of one's own.
    """

    defaults: ClassVar[Defaults] = Defaults(
        name="SourceHut",
        login_url="https://meta.sr.ht/oauth2/authorize",
        redeem_url="https://meta.sr.ht/oauth2/access-token",
        profile_url="https://meta.sr.ht/query",
        validate_url="https://meta.sr.ht/profile",
        scope="meta.sr.ht/PROFILE:RO",
    )

    def token_fields(self, access_token: str) -> Pairs:
        """
        Send access tokens in a header field.
        """
        return bearer(access_token)

    async def complete(self, session: Session) -> Session:
        """
        Ask who the user is; name and address must both be there.
        """
        request = FetchRequest(
            url=self.endpoints.profile,
            method="POST",
            fields=(
                *plain_bearer(session.access_token),
                ("Content-Type", "application/json"),
            ),
            body=_QUESTION,
        )
        answer = await ask_json(self.fetcher, request)
        email = members.text(answer, "data", "me", "email")
        name = members.text(answer, "data", "me", "username")
        if not email or not name:
            raise ProviderRefused("the answer has no name or no e-mail address")
        return evolve(session, email=email, user=name, preferred_username=name)
