"""
GitLab: groups from its userinfo, and projects to which a user has access.

Rule 1: a project is the group "project:PATH".
Rule 2: a project that cannot be asked about is no group at the login; at a refresh it
stays what it was.
"""

from typing import Any, ClassVar
from urllib.parse import urlsplit

from attrs import evolve, frozen

from oauthproxy.errors import ProviderRefused, ProviderUnavailable, SettingsError
from oauthproxy.ports import FetchRequest
from oauthproxy.providers import jsontext, members
from oauthproxy.providers.calls import ask_json, plain_bearer
from oauthproxy.providers.jwt import read_payload
from oauthproxy.providers.oidc import OIDCProvider
from oauthproxy.providers.provider import Defaults
from oauthproxy.session.session import Session
from oauthproxy.wire.gourl import escape_query

LEVELS = (10, 20, 30, 40)
REPORTER = 20
PROJECT = "project:"
_PROJECT_SCOPE = "read_api"


@frozen
class Project:
    """
    A project, and the access level that a user needs there.
    """

    path: str
    level: int = REPORTER

    @property
    def group(self) -> str:
        """
        The group that access to the project makes.
        """
        return PROJECT + self.path


def read_project(entry: str) -> Project:
    """
    Return the project in "PATH" or "PATH=LEVEL"; raises SettingsError.
    """
    path, equals, level = entry.partition("=")
    if not equals:
        return Project(path)
    digits = level.removeprefix("+")
    if not digits.isascii() or not digits.isdigit() or int(digits) not in LEVELS:
        raise SettingsError([f"gitlab_projects: {entry!r} has no known access level"])
    return Project(path, int(digits))


class GitLabProvider(OIDCProvider):
    """
    gitlab.com, and servers of one's own.
    """

    defaults: ClassVar[Defaults] = Defaults(name="GitLab", scope="openid email")

    @property
    def projects(self) -> tuple[Project, ...]:
        """
        The projects that are asked about.
        """
        return tuple(map(read_project, self.settings.types.gitlab_projects))

    def default_scope(self) -> str:
        """
        Return the scope; groups come with it anyway.
        """
        return self.defaults.scope

    @property
    def scope(self) -> str:
        """
        The scope, which must cover the interface when projects decide.
        """
        scope = super().scope
        if not self.projects or _PROJECT_SCOPE in scope.split():
            return scope
        return f"{scope} {_PROJECT_SCOPE}"

    def restriction(self) -> frozenset[str]:
        """
        Return the allowed groups, which the reference drops.
        """
        if self.surroundings.drop_allowed_groups:
            return frozenset()
        return super().restriction()

    def own_restriction(self) -> frozenset[str]:
        """
        Return the groups and projects of GitLab's own options: one is enough.
        """
        groups = frozenset(filter(None, self.settings.types.gitlab_groups))
        return groups | {project.group for project in self.projects}

    async def complete(self, session: Session) -> Session:
        """
        Add what GitLab says about the user of a new login.
        """
        session = await self._ask_again(evolve(session, groups=()))
        return await super().complete(session)

    async def refresh(self, session: Session) -> Session | None:
        """
        Renew user, groups and projects with the tokens.
        """
        renewed = await super().refresh(session)
        if renewed is None:
            return None
        renewed = evolve(
            renewed, user=session.user, email=session.email, groups=session.groups
        )
        try:
            return await self._ask_again(renewed)
        except (ProviderUnavailable, ProviderRefused) as error:
            message = f"the groups of {session.email} stay as they were: {error.detail}"
            self.log.error(message)
            return renewed

    async def _ask_again(self, session: Session) -> Session:
        userinfo = await self._get("/oauth/userinfo", session.access_token)
        self._check(userinfo, session)
        projects = [
            project.group
            for project in self.projects
            if await self._has_access(project, session)
        ]
        groups = (*members.texts(userinfo, "groups"), *projects)
        return evolve(
            session,
            user=members.text(userinfo, "nickname") or session.user,
            email=members.text(userinfo, "email"),
            groups=tuple(dict.fromkeys(groups)),
        )

    def _check(self, userinfo: Any, session: Session) -> None:
        subject = jsontext.member(userinfo, "sub")
        if subject is not None:
            expected = read_payload(session.id_token).get("sub")
            if subject != expected:
                raise ProviderRefused("/oauth/userinfo speaks of another user")
        trusting = self.settings.oidc.insecure_allow_unverified_email
        if not trusting and not members.flag(userinfo, "email_verified"):
            raise ProviderRefused("the e-mail address at GitLab is unverified")

    async def _has_access(self, project: Project, session: Session) -> bool:
        path = f"/api/v4/projects/{escape_query(project.path)}"
        try:
            answer = await self._get(path, session.access_token)
        except ProviderUnavailable as error:
            message = f"project {project.path}: {error.detail}"
            self.log.error(message)
            return project.group in session.groups
        except ProviderRefused as error:
            message = f"project {project.path}: {error.detail}"
            self.log.error(message)
            return False
        return not members.flag(answer, "archived") and level(answer) >= project.level

    async def _get(self, path: str, access_token: str) -> Any:
        login = urlsplit(self.endpoints.login)
        url = f"{login.scheme}://{login.netloc}{path}"
        request = FetchRequest(url=url, fields=plain_bearer(access_token))
        return await ask_json(self.fetcher, request)


def level(project: Any) -> int:
    """
    Return a user's access level in a project: the project's own, else the group's.
    """
    access = jsontext.member(project, "permissions", "project_access")
    if access is None:
        access = jsontext.member(project, "permissions", "group_access")
    return members.number(access, "access_level")
