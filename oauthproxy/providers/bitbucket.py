"""
Bitbucket Cloud: the primary e-mail address of who is in a team or may see a repository.

Rule 1: the API takes the access token in the query; it is escaped, and no error and no
log line shows a query.
"""

from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from oauthproxy.providers import jsontext, members
from oauthproxy.providers.calls import encode_query, with_query
from oauthproxy.providers.membership import MembershipProvider, NotMember
from oauthproxy.providers.paging import Page, collect
from oauthproxy.providers.provider import Defaults
from oauthproxy.session.session import Session
from oauthproxy.wire.gourl import escape_query


class BitbucketProvider(MembershipProvider):
    """
    Bitbucket Cloud; the API is where the validate URL is.
    """

    defaults: ClassVar[Defaults] = Defaults(
        name="Bitbucket",
        login_url="https://bitbucket.org/site/oauth2/authorize",
        redeem_url="https://bitbucket.org/site/oauth2/access_token",
        validate_url="https://api.bitbucket.org/2.0/user/emails",
        scope="email",
    )

    @property
    def scope(self) -> str:
        """
        The scope, which must cover what is asked about.
        """
        scope, own = super().scope, self.settings.types
        wanted = (
            ("team", own.bitbucket_team),
            ("repository", own.bitbucket_repository),
        )
        for name, option in wanted:
            if option and name not in scope:
                scope += f" {name}"
        return scope

    async def find_email(self, session: Session) -> str:
        """
        Return the primary address of a member; nothing for anybody else.
        """
        token = session.access_token
        emails = await self._all(self.endpoints.validate, token)
        try:
            await self._restrict(token)
        except NotMember as error:
            self.log.error(error.detail)
            return ""
        anyhow = self.surroundings.believe_unverified
        for each in members.objects({"all": emails}, "all"):
            confirmed = jsontext.member(each, "is_confirmed") is not False
            if members.flag(each, "is_primary") and (confirmed or anyhow):
                return members.text(each, "email")
        return ""

    async def ask_again(self, session: Session) -> Session:
        """
        Return the session of somebody who is still a member.
        """
        await self._restrict(session.access_token)
        return session

    async def _restrict(self, token: str) -> None:
        team = self.settings.types.bitbucket_team
        if team:
            url = self._api("/2.0/teams", "role=member")
            if not await self._lists(url, token, "username", team):
                raise NotMember("the user is not in bitbucket_team")
        repository = self.settings.types.bitbucket_repository
        if repository:
            owner = repository.partition("/")[0]
            query = f"role=contributor&q=full_name=%22{escape_query(repository)}%22"
            url = self._api(f"/2.0/repositories/{escape_query(owner)}", query)
            if not await self._lists(url, token, "full_name", repository):
                raise NotMember("the user has no access to bitbucket_repository")

    async def _lists(self, url: str, token: str, member: str, wanted: str) -> bool:
        found = members.objects({"all": await self._all(url, token)}, "all")
        return any(members.text(each, member) == wanted for each in found)

    async def _all(self, url: str, token: str) -> list[Any]:
        credentials = encode_query([("access_token", token)])

        def read(value: Any) -> Page:
            following = members.text(value, "next")
            if following and "access_token" not in parse_qs(urlsplit(following).query):
                following = with_query(following, credentials)
            return Page(members.objects(value, "values"), following)

        return await collect(self.fetcher, with_query(url, credentials), (), read)

    def _api(self, path: str, query: str) -> str:
        validate = urlsplit(self.endpoints.validate)
        return f"{validate.scheme}://{validate.netloc}{path}?{query}"
