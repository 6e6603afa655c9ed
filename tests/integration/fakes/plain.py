"""
Providers that speak plain OAuth 2.
"""

import json
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import urlencode

from tests.integration.fakes.fake import ACCESS_TOKEN, Fake, Routes, email_of
from tests.integration.harness.provider import Call, Reply, reply_json

EMAIL = {"X-Forwarded-Email": "alice@example.com"}


class GitHub(Fake):
    """
    api.github.com: numbered pages, teams, verified addresses.
    """

    asked = "api.github.com/user"
    hosts: ClassVar[tuple[str, ...]] = ("github.com", "api.github.com")
    login = "github.com/login/oauth/authorize"
    token = "github.com/login/oauth/access_token"
    api = "api.github.com"
    paged = "GET api.github.com/user/teams"
    options = """
provider = "github"
github_org = "acme"
github_team = "core"
"""
    told: ClassVar[dict[str, str]] = {
        **EMAIL,
        "X-Forwarded-User": "alice",
        "X-Forwarded-Groups": "crew,acme,crew:x,acme:core",
    }

    def redeem(self, call: Call) -> Reply:
        """
        Answer as GitHub does without an Accept field: with a form, also for errors.
        """
        reply = super().redeem(call)
        members = json.loads(reply.body)
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return Reply(200, kind, urlencode(members).encode())

    def routes(self) -> Routes:
        """
        Answer the API.
        """
        return {
            f"GET {self.api}/": lambda call: self._data(call, {"user_url": "…"}),
            f"GET {self.api}/user": lambda call: self._data(call, {"login": "alice"}),
            f"GET {self.api}/user/emails": lambda call: self._data(call, self.emails()),
            f"GET {self.api}/user/orgs": lambda call: self._page(call, self.orgs()),
            f"GET {self.api}/user/teams": lambda call: self._page(call, self.teams()),
        }

    def emails(self) -> list[dict[str, Any]]:
        """
        Return the addresses of the account.
        """
        return [
            {"email": "old@example.com", "primary": False, "verified": True},
            {"email": "alice@example.com", "primary": True, "verified": self.known},
        ]

    def orgs(self) -> list[Any]:
        """
        Return the organisations, a page each.
        """
        return [{"login": "crew"}] + [{"login": "acme"}] * self.member

    def teams(self) -> list[Any]:
        """
        Return the teams, a page each.
        """
        names = [("crew", "x")] + [("acme", "core")] * self.member
        return [
            {"name": "T", "slug": slug, "organization": {"login": org}}
            for org, slug in names
        ]

    def _data(self, call: Call, value: Any) -> Reply:
        return self.guarded(call, value, "token")

    def _page(self, call: Call, items: list[Any]) -> Reply:
        number = int(call.value("page"))
        assert call.value("per_page") == "100"
        return self._data(call, items[number - 1 : number])


class Forgejo(GitHub):
    """
    A Forgejo server, whose organisations and teams have names only.
    """

    asked = "/api/v1/user"
    hosts: ClassVar[tuple[str, ...]] = ("git.example.com",)
    login = "git.example.com/login/oauth/authorize"
    token = "git.example.com/login/oauth/access_token"
    api = "git.example.com/api/v1"
    paged = "GET git.example.com/api/v1/user/teams"
    options = """
provider = "github"
login_url = "https://git.example.com/login/oauth/authorize"
redeem_url = "https://git.example.com/login/oauth/access_token"
validate_url = "https://git.example.com/api/v1/user/emails"
allowed_groups = ["acme:core"]
"""

    def redeem(self, call: Call) -> Reply:
        """
        Answer in JSON.
        """
        return Fake.redeem(self, call)

    def orgs(self) -> list[Any]:
        """
        Return the organisations, a page each.
        """
        return [{"name": each["login"]} for each in super().orgs()]

    def teams(self) -> list[Any]:
        """
        Return the teams, a page each.
        """
        return [
            {"name": each["slug"], "organization": {"name": owner["login"]}}
            for each in super().teams()
            for owner in (each["organization"],)
        ]


class Bitbucket(Fake):
    """
    api.bitbucket.org: pages that link to the next, the token in the query.
    """

    asked = "api.bitbucket.org"
    hosts: ClassVar[tuple[str, ...]] = ("bitbucket.org", "api.bitbucket.org")
    login = "bitbucket.org/site/oauth2/authorize"
    token = "bitbucket.org/site/oauth2/access_token"
    paged = "GET api.bitbucket.org/2.0/teams"
    options = """
provider = "bitbucket"
bitbucket_team = "acme"
bitbucket_repository = "acme/app"
"""
    told: ClassVar[dict[str, str]] = EMAIL

    def routes(self) -> Routes:
        """
        Answer the API.
        """
        api = "GET api.bitbucket.org/2.0"
        addresses = [
            {"email": "old@example.com", "is_primary": False},
            {"email": "alice@example.com", "is_primary": self.known},
        ]
        teams = [{"username": "crew"}] + [{"username": "acme"}] * self.member
        repositories = [{"full_name": "acme/app"}] * self.member
        return {
            f"{api}/user/emails": lambda call: self._page(call, addresses),
            f"{api}/teams": lambda call: self._page(call, teams),
            f"{api}/repositories/acme": lambda call: self._page(call, repositories),
        }

    def _page(self, call: Call, items: list[Any]) -> Reply:
        if self.revoked or call.value("access_token") != ACCESS_TOKEN:
            return reply_json({"type": "error"}, 401)
        number = int(call.value("page") or 1)
        answer: dict[str, Any] = {"pagelen": 1, "values": items[number - 1 : number]}
        if number < len(items):
            # Bitbucket does not repeat the token in its links.
            kept = {
                name: values[0]
                for name, values in call.query.items()
                if name not in ("access_token", "page")
            }
            query = urlencode({**kept, "page": number + 1})
            answer["next"] = f"https://api.bitbucket.org{call.path}?{query}"
        return reply_json(answer)


class DigitalOcean(Fake):
    """
    api.digitalocean.com.
    """

    asked = "/v2/account"
    hosts: ClassVar[tuple[str, ...]] = (
        "cloud.digitalocean.com",
        "api.digitalocean.com",
    )
    login = "cloud.digitalocean.com/v1/oauth/authorize"
    token = "cloud.digitalocean.com/v1/oauth/token"
    options = 'provider = "digitalocean"'
    told: ClassVar[dict[str, str]] = EMAIL
    groups_matter = False

    def routes(self) -> Routes:
        """
        Answer the account.
        """
        account = {"email": "alice@example.com", "email_verified": self.known}
        return {
            "GET api.digitalocean.com/v2/account": lambda call: self.guarded(
                call, {"account": account}
            )
        }


class Facebook(Fake):
    """
    graph.facebook.com.
    """

    asked = "/v2.5/me"
    hosts: ClassVar[tuple[str, ...]] = ("www.facebook.com", "graph.facebook.com")
    login = "www.facebook.com/v2.5/dialog/oauth"
    token = "graph.facebook.com/v2.5/oauth/access_token"
    options = 'provider = "facebook"'
    told: ClassVar[dict[str, str]] = EMAIL
    groups_matter = False

    def routes(self) -> Routes:
        """
        Answer the profile: only what is asked for.
        """

        def me(call: Call) -> Reply:
            asked = call.value("fields").split(",")
            profile = {"id": "1", "name": "Alice", "email": email_of(self)}
            told = {n: v for n, v in profile.items() if v and n in (*asked, "id")}
            return self.guarded(call, told)

        return {"GET graph.facebook.com/v2.5/me": me}


class LinkedIn(Fake):
    """
    api.linkedin.com.
    """

    asked = "/v2/emailAddress"
    hosts: ClassVar[tuple[str, ...]] = ("www.linkedin.com", "api.linkedin.com")
    login = "www.linkedin.com/oauth/v2/authorization"
    token = "www.linkedin.com/uas/oauth2/accessToken"
    options = 'provider = "linkedin"'
    told: ClassVar[dict[str, str]] = EMAIL
    groups_matter = False

    def routes(self) -> Routes:
        """
        Answer the member and the address.
        """

        def address(call: Call) -> Reply:
            assert call.value("q") == "members"
            assert call.value("projection") == "(elements*(handle~))"
            handle = {"handle~": {"emailAddress": email_of(self)}}
            return self.guarded(call, {"elements": [handle] * self.known})

        api = "GET api.linkedin.com/v2"
        return {
            f"{api}/emailAddress": address,
            f"{api}/me": lambda call: self.guarded(call, {"id": "1"}),
        }


class SourceHut(Fake):
    """
    meta.sr.ht: GraphQL, whose errors have status 200.
    """

    asked = "/query"
    hosts: ClassVar[tuple[str, ...]] = ("meta.sr.ht",)
    login = "meta.sr.ht/oauth2/authorize"
    token = "meta.sr.ht/oauth2/access-token"
    options = 'provider = "sourcehut"'
    told: ClassVar[dict[str, str]] = {**EMAIL, "X-Forwarded-User": "alice"}
    groups_matter = False

    def routes(self) -> Routes:
        """
        Answer the question for oneself.
        """
        me = {"username": "alice", "email": email_of(self)}
        answer = {"data": {"me": me}} if self.known else {"errors": [{"message": "x"}]}
        return {
            "POST meta.sr.ht/query": lambda call: self.guarded(call, answer),
            "GET meta.sr.ht/profile": lambda call: self.guarded(call, {}),
        }


class Nextcloud(Fake):
    """
    A Nextcloud server.
    """

    asked = "/cloud/user"
    hosts: ClassVar[tuple[str, ...]] = ("cloud.example.com",)
    login = "cloud.example.com/index.php/apps/oauth2/authorize"
    token = "cloud.example.com/index.php/apps/oauth2/api/v1/token"
    options = """
provider = "nextcloud"
login_url = "https://cloud.example.com/index.php/apps/oauth2/authorize"
redeem_url = "https://cloud.example.com/index.php/apps/oauth2/api/v1/token"
validate_url = "https://cloud.example.com/ocs/v2.php/cloud/user?format=json"
allowed_groups = ["staff"]
"""
    told: ClassVar[dict[str, str]] = {
        **EMAIL,
        "X-Forwarded-User": "alice",
        "X-Forwarded-Groups": "guests,staff",
    }

    def routes(self) -> Routes:
        """
        Answer the account.
        """

        def account(call: Call) -> Reply:
            assert call.value("format") == "json"
            groups = ["guests"] + ["staff"] * self.member
            person = {"id": "alice", "email": email_of(self), "groups": groups}
            meta = {"status": "ok", "statuscode": 200}
            return self.guarded(call, {"ocs": {"meta": meta, "data": person}})

        return {"GET cloud.example.com/ocs/v2.php/cloud/user": account}


class Keycloak(Fake):
    """
    A Keycloak server, asked by plain OAuth 2.
    """

    asked = "/userinfo"
    hosts: ClassVar[tuple[str, ...]] = ("old.keycloak.test",)
    login = "old.keycloak.test/auth"
    token = "old.keycloak.test/token"
    options = """
provider = "keycloak"
login_url = "https://old.keycloak.test/auth"
redeem_url = "https://old.keycloak.test/token"
profile_url = "https://old.keycloak.test/userinfo"
validate_url = "https://old.keycloak.test/userinfo"
keycloak_groups = ["/staff"]
allowed_groups = ["/all"]
"""
    told: ClassVar[dict[str, str]] = {
        **EMAIL,
        "X-Forwarded-User": "alice",
        "X-Forwarded-Groups": "/all,/staff",
    }

    def routes(self) -> Routes:
        """
        Answer userinfo.
        """
        profile: Mapping[str, Any] = {
            "preferred_username": "alice",
            "email": email_of(self),
            "groups": ["/all"] + ["/staff"] * self.member,
        }
        return {
            "GET old.keycloak.test/userinfo": lambda call: self.guarded(call, profile)
        }
