"""
GitHub, and what speaks its interface: GitHub Enterprise, Gitea, Forgejo.

Rule 1: a group is an organisation, or "ORGANISATION:TEAM" by the team's slug.
Rule 2: `github_users` are let in whatever else is asked for; else `github_org` and
`github_team`, or without an organisation `github_team` and `github_repo`, decide.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar
from urllib.parse import quote

from attrs import evolve

from oauthproxy.errors import ProviderRefused
from oauthproxy.ports import FetchRequest, FetchResponse
from oauthproxy.providers import members
from oauthproxy.providers.calls import (
    Pairs,
    ask,
    read_json,
    unwanted,
    without_query,
)
from oauthproxy.providers.membership import MembershipProvider, NotMember
from oauthproxy.providers.paging import collect_numbered
from oauthproxy.providers.provider import Defaults
from oauthproxy.session.session import Session

_API = re.compile(r"(https?://[^/?#]*/api/v[0-9]+)(?:[/?#]|$)")


class GitHubProvider(MembershipProvider):
    """
    GitHub; the API is where the validate URL is.
    """

    defaults: ClassVar[Defaults] = Defaults(
        name="GitHub",
        login_url="https://github.com/login/oauth/authorize",
        redeem_url="https://github.com/login/oauth/access_token",
        validate_url="https://api.github.com/",
        scope="user:email read:org",
    )

    def token_fields(self, access_token: str) -> Pairs:
        """
        Send tokens in GitHub's own scheme.
        """
        return (
            ("Authorization", f"token {access_token}"),
            ("Accept", "application/vnd.github.v3+json"),
        )

    async def complete(self, session: Session) -> Session:
        """
        Add user, e-mail address and groups of a member.
        """
        session = await self.ask_again(session)
        emails = await self._ask_json("/user/emails", session.access_token)
        return evolve(session, email=primary(members.objects({"all": emails}, "all")))

    async def ask_again(self, session: Session) -> Session:
        """
        Return the session with user and groups of now, if the user is a member.
        """
        token = session.access_token
        login = members.text(await self._ask_json("/user", token), "login")
        organisations = map(organisation, await self._all("/user/orgs", token))
        teams = map(team, await self._all("/user/teams", token))
        groups = tuple(filter(None, (*organisations, *teams)))
        await self._restrict(token, login, groups)
        return evolve(session, user=login, groups=groups)

    # Who may come.

    async def _restrict(self, token: str, login: str, groups: tuple[str, ...]) -> None:
        own = self.settings.types
        users = tuple(filter(None, own.github_users))
        if users and login in users:
            return
        if users and not (own.github_org or own.github_repo):
            raise NotMember("the user is none of github_users")
        if own.github_org and not own.github_team and own.github_org not in groups:
            raise NotMember("the user is not in github_org")
        if own.github_team and not in_a_team(groups, self._teams()):
            raise NotMember("the user is in no team of github_team")
        if own.github_repo and not own.github_org:
            await self._restrict_to_repository(token, login)

    def _teams(self) -> list[str]:
        """
        Return the configured teams as "ORGANISATION:TEAM".
        """
        own = self.settings.types
        listed = [each.strip() for each in own.github_team.split(",")]
        if own.github_org:
            return [f"{own.github_org}:{each}" for each in listed]
        return listed

    async def _restrict_to_repository(self, token: str, login: str) -> None:
        own = self.settings.types
        path = f"/repos/{own.github_repo}"
        if not own.github_token:
            response = await self._ask(path, token)
            url = self.api(path)
            if response.status == 404 or not may_write(read_json(response, url)):
                raise NotMember("the user has no access to github_repo")
            return
        path += f"/collaborators/{quote(login, safe='')}"
        response = await self._ask(path, own.github_token.reveal())
        if not login or response.status == 404:
            raise NotMember("the user is no collaborator of github_repo")
        if response.status != 204:
            raise unwanted(response, self.api(path))

    # Calls.

    def api(self, path: str) -> str:
        """
        Return the URL of a resource of the API.
        """
        validate = without_query(self.endpoints.validate)
        found = _API.match(validate)
        return (found[1] if found else validate.rstrip("/")) + path

    async def _ask(self, path: str, token: str) -> FetchResponse:
        request = FetchRequest(url=self.api(path), fields=self.token_fields(token))
        return await ask(self.fetcher, request)

    async def _ask_json(self, path: str, token: str) -> Any:
        return read_json(await self._ask(path, token), self.api(path))

    async def _all(self, path: str, token: str) -> Iterable[Mapping[str, Any]]:
        def page(number: int) -> str:
            return self.api(f"{path}?page={number}&per_page=100")

        found = await collect_numbered(self.fetcher, page, self.token_fields(token))
        return members.objects({"all": found}, "all")


def organisation(value: Mapping[str, Any]) -> str:
    """
    Return the group of an organisation; Gitea calls its login a name.
    """
    return members.text(value, "login") or members.text(value, "name")


def team(value: Mapping[str, Any]) -> str:
    """
    Return the group of a team: by login and slug, or by names where there is no
    login.
    """
    owner, slug = members.text(value, "organization", "login"), "slug"
    if not owner:
        owner, slug = members.text(value, "organization", "name"), "name"
    name = members.text(value, slug)
    return f"{owner}:{name}" if owner and name else ""


def in_a_team(groups: Iterable[str], wanted: Iterable[str]) -> bool:
    """
    Return whether one of the wanted teams is among the groups, whatever its case;
    raises ProviderRefused for one without its organisation.
    """
    held = {group.lower() for group in groups if ":" in group}
    for each in wanted:
        if ":" not in each:
            raise ProviderRefused(f"github_team: {each!r} is not ORGANISATION:TEAM")
        if each.lower() in held:
            return True
    return False


def may_write(repository: Any) -> bool:
    """
    Return whether a user may push, or may read what is private.
    """
    return members.flag(repository, "permissions", "push") or (
        members.flag(repository, "private")
        and members.flag(repository, "permissions", "pull")
    )


def primary(emails: Iterable[Mapping[str, Any]]) -> str:
    """
    Return the address that is the primary one and verified, or the empty text.
    """
    for each in emails:
        if members.flag(each, "primary") and members.flag(each, "verified"):
            return members.text(each, "email")
    return ""
