"""
Nextcloud: user, e-mail address and groups of the account.
"""

from typing import Any, ClassVar

from attrs import evolve

from oauthproxy.errors import ProviderRefused
from oauthproxy.ports import FetchRequest
from oauthproxy.providers import members
from oauthproxy.providers.calls import Pairs, ask_json, bearer, plain_bearer
from oauthproxy.providers.membership import MembershipProvider
from oauthproxy.providers.provider import Defaults
from oauthproxy.session.session import Session

_ACCOUNT = ("ocs", "data")


class NextcloudProvider(MembershipProvider):
    """
    A Nextcloud server, whose addresses must be configured.
    """

    defaults: ClassVar[Defaults] = Defaults(name="Nextcloud")

    def token_fields(self, access_token: str) -> Pairs:
        """
        Send access tokens in a header field.
        """
        return bearer(access_token)

    async def complete(self, session: Session) -> Session:
        """
        Add what the account says; user and address must be there.
        """
        account = await self._account(session)
        user = members.text(account, *_ACCOUNT, "id")
        email = members.text(account, *_ACCOUNT, "email")
        if not user or not email:
            raise ProviderRefused("the account has no id or no e-mail address")
        groups = members.texts(account, *_ACCOUNT, "groups")
        return evolve(session, user=user, email=email, groups=groups)

    async def ask_again(self, session: Session) -> Session:
        """
        Return the session with the groups of now.
        """
        account = await self._account(session)
        return evolve(session, groups=members.texts(account, *_ACCOUNT, "groups"))

    async def _account(self, session: Session) -> Any:
        url = self.endpoints.profile or self.endpoints.validate
        fields = plain_bearer(session.access_token)
        return await ask_json(self.fetcher, FetchRequest(url=url, fields=fields))
