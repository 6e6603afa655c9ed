"""
Providers that speak OpenID Connect, each with what it adds.
"""

import base64
import time
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import quote, unquote_plus, urlsplit

from tests.integration.fakes.fake import (
    ACCESS_TOKEN,
    REFRESH_TOKEN,
    Fake,
    Routes,
    email_of,
)
from tests.integration.harness.provider import (
    CLIENT,
    CLIENT_SECRET,
    Call,
    Reply,
    reply_json,
)
from tests.integration.harness.tokens import SigningKey

KEY = SigningKey("k1")


class OpenID(Fake):
    """
    Any provider with discovery.
    """

    issuer = "https://idp.example.com"
    hosts: ClassVar[tuple[str, ...]] = ("idp.example.com",)
    login = "idp.example.com/authorize"
    token = "idp.example.com/token"
    userinfo = "idp.example.com/userinfo"
    options = """
provider = "oidc"
oidc_issuer_url = "https://idp.example.com"
allowed_groups = ["staff"]
"""
    told: ClassVar[dict[str, str]] = {
        "X-Forwarded-Email": "alice@example.com",
        "X-Forwarded-User": "user-1",
        "X-Forwarded-Preferred-Username": "alice",
        "X-Forwarded-Groups": "all,staff",
    }

    def document(self) -> dict[str, Any]:
        """
        Return the discovery document.
        """
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"https://{self.login}",
            "token_endpoint": f"https://{self.token}",
            "userinfo_endpoint": f"https://{self.userinfo}" if self.userinfo else "",
            "jwks_uri": f"https://{self.hosts[0]}/keys",
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
        }

    def routes(self) -> Routes:
        """
        Answer discovery, keys and userinfo.
        """
        place = urlsplit(self.issuer)
        well_known = f"{place.path.rstrip('/')}/.well-known/openid-configuration"
        return {
            f"GET {place.netloc}{well_known}": lambda _: reply_json(self.document()),
            f"GET {self.hosts[0]}/keys": lambda _: reply_json({"keys": [KEY.public()]}),
            f"GET {self.userinfo}": lambda call: self.guarded(call, self.person()),
        }

    def client_proved(self, call: Call) -> bool:
        """
        Return whether the client proved itself in a field or in its body.
        """
        pair = base64.b64encode(f"{CLIENT}:{CLIENT_SECRET}".encode()).decode()
        return call.fields.get("authorization") == f"Basic {pair}" or (
            super().client_proved(call)
        )

    def person(self) -> dict[str, Any]:
        """
        Return what userinfo says.
        """
        return {"sub": "user-1"}

    def groups(self) -> list[Any]:
        """
        Return the person's groups.
        """
        return ["all"] + ["staff"] * self.member

    def claims(self) -> dict[str, Any]:
        """
        Return what the ID token says about the person.
        """
        return {
            "sub": "user-1",
            "email": "alice@example.com",
            "email_verified": self.known,
            "preferred_username": "alice",
            "groups": self.groups(),
        }

    def signed(self, claims: Mapping[str, Any]) -> str:
        """
        Return a signed token for our client.
        """
        now = int(time.time())
        usual = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 3600}
        return KEY.sign(usual | dict(claims))

    def access_token(self) -> str:
        """
        Return the access token.
        """
        return ACCESS_TOKEN

    def grant(self, asked: Mapping[str, list[str]]) -> dict[str, Any]:
        """
        Return the tokens; the nonce of the login is in the ID token.
        """
        nonce = {"nonce": asked["nonce"][0]} if "nonce" in asked else {}
        return {
            "access_token": self.access_token(),
            "token_type": "Bearer",
            "expires_in": 3600,
            "refresh_token": REFRESH_TOKEN,
            "id_token": self.signed(self.claims() | nonce),
        }


class ADFS(OpenID):
    """
    AD FS: people without an address, a state that comes back decoded.
    """

    asked = "/userinfo"
    issuer = "https://adfs.corp.test/adfs"
    hosts: ClassVar[tuple[str, ...]] = ("adfs.corp.test",)
    login = "adfs.corp.test/adfs/oauth2/authorize/"
    token = "adfs.corp.test/adfs/oauth2/token/"
    userinfo = "adfs.corp.test/adfs/userinfo"
    options = """
provider = "adfs"
oidc_issuer_url = "https://adfs.corp.test/adfs"
resource = "https://app.test"
allowed_groups = ["staff"]
"""

    def check_login(self, asked: Mapping[str, list[str]]) -> None:
        """
        Insist on the resource before the scope.
        """
        assert asked["scope"] == ["https://app.test/openid email profile"]

    def state(self, given: str) -> str:
        """
        Return the state decoded once more.
        """
        return unquote_plus(given)

    def claims(self) -> dict[str, Any]:
        """
        Return a principal name, if the person has one.
        """
        named = super().claims()
        del named["email"], named["email_verified"]
        return named | ({"upn": "alice@example.com"} if self.known else {})


class Cidaas(OpenID):
    """
    cidaas: roles in groups, told by userinfo.
    """

    issuer = "https://acme.cidaas.test"
    hosts: ClassVar[tuple[str, ...]] = ("acme.cidaas.test",)
    login = "acme.cidaas.test/authz-srv/authz"
    token = "acme.cidaas.test/token-srv/token"
    userinfo = "acme.cidaas.test/users-srv/userinfo"
    options = """
provider = "cidaas"
oidc_issuer_url = "https://acme.cidaas.test"
allowed_groups = ["CUSTOMERS:vip"]
"""
    told: ClassVar[dict[str, str]] = OpenID.told | {
        "X-Forwarded-Groups": "CUSTOMERS:customer,CUSTOMERS:vip,cidaas:USER"
    }

    def person(self) -> dict[str, Any]:
        """
        Return groups with roles.
        """
        roles = ["customer"] + ["vip"] * self.member
        groups = [{"groupId": "CUSTOMERS", "roles": roles}]
        return {"sub": "user-1", "groups": groups, "roles": ["USER"]}

    def claims(self) -> dict[str, Any]:
        """
        Return no groups.
        """
        return super().claims() | {"groups": []}


class GitLab(OpenID):
    """
    gitlab.com: groups by userinfo, projects by the API.
    """

    asked = "/userinfo"
    issuer = "https://gitlab.com"
    hosts: ClassVar[tuple[str, ...]] = ("gitlab.com",)
    login = "gitlab.com/oauth/authorize"
    token = "gitlab.com/oauth/token"
    userinfo = "gitlab.com/oauth/userinfo"
    options = """
provider = "gitlab"
oidc_issuer_url = "https://gitlab.com"
gitlab_projects = ["acme/app=30"]
allowed_groups = ["acme"]
"""
    told: ClassVar[dict[str, str]] = OpenID.told | {
        "X-Forwarded-User": "alice",
        "X-Forwarded-Groups": "acme,project:acme/app",
    }

    def person(self) -> dict[str, Any]:
        """
        Return user name and groups.
        """
        return {
            "sub": "user-1",
            "nickname": "alice",
            "email": "alice@example.com",
            "email_verified": self.known,
            "groups": ["acme"],
        }

    def routes(self) -> Routes:
        """
        Answer the project too.
        """
        access = {"access_level": 30 if self.member else 20}
        permissions = {"project_access": access, "group_access": None}
        project = {"id": 1, "archived": False, "permissions": permissions}
        return {
            **super().routes(),
            "GET gitlab.com/api/v4/projects/acme%2Fapp": lambda call: self.guarded(
                call, project
            ),
        }

    def check_login(self, asked: Mapping[str, list[str]]) -> None:
        """
        Insist on a scope that covers the API.
        """
        assert asked["scope"] == ["openid email read_api"]


class KeycloakOIDC(OpenID):
    """
    A Keycloak realm: roles in the access token.
    """

    issuer = "https://keycloak.test/realms/acme"
    hosts: ClassVar[tuple[str, ...]] = ("keycloak.test",)
    login = "keycloak.test/realms/acme/protocol/openid-connect/auth"
    token = "keycloak.test/realms/acme/protocol/openid-connect/token"
    userinfo = "keycloak.test/realms/acme/protocol/openid-connect/userinfo"
    options = """
provider = "keycloak-oidc"
oidc_issuer_url = "https://keycloak.test/realms/acme"
allowed_roles = ["app:editor"]
keycloak_groups = ["all"]
"""
    told: ClassVar[dict[str, str]] = OpenID.told | {
        "X-Forwarded-Groups": "all,role:user,role:app:editor"
    }

    def groups(self) -> list[Any]:
        """
        Return groups without roles.
        """
        return ["all"]

    def access_token(self) -> str:
        """
        Return a token with roles.
        """
        roles = {"roles": ["editor"] * self.member}
        return self.signed(
            {
                "sub": "user-1",
                "aud": "account",
                "typ": "Bearer",
                "realm_access": {"roles": ["user"]},
                "resource_access": {"app": roles},
            }
        )

    def guarded(self, call: Call, value: Any, scheme: str = "Bearer") -> Reply:
        """
        Answer JSON to any bearer.
        """
        if self.revoked or not call.fields.get("authorization", "").startswith(scheme):
            return reply_json({"error": "invalid_token"}, 401)
        return reply_json(value)


class EntraID(OpenID):
    """
    Entra ID: more groups than fit into a token, and so pages of Graph.
    """

    tenant = "11111111-2222-3333-4444-555555555555"
    issuer = f"https://login.microsoftonline.com/{tenant}/v2.0"
    hosts: ClassVar[tuple[str, ...]] = (
        "login.microsoftonline.com",
        "graph.microsoft.com",
    )
    login = f"login.microsoftonline.com/{tenant}/oauth2/v2.0/authorize"
    token = f"login.microsoftonline.com/{tenant}/oauth2/v2.0/token"
    userinfo = "graph.microsoft.com/oidc/userinfo"
    paged = "GET graph.microsoft.com/v1.0/me/transitiveMemberOf"
    options = f"""
provider = "entra-id"
oidc_issuer_url = "{issuer}"
entra_id_allowed_tenants = ["{tenant}"]
allowed_groups = ["g-staff"]
"""
    told: ClassVar[dict[str, str]] = OpenID.told | {
        "X-Forwarded-Groups": "g-all,g-staff"
    }

    def claims(self) -> dict[str, Any]:
        """
        Return a hint where the groups are.
        """
        named = super().claims()
        del named["groups"]
        return named | {
            "_claim_names": {"groups": "src1"},
            "_claim_sources": {"src1": {"endpoint": "https://graph.windows.net/x"}},
        }

    def routes(self) -> Routes:
        """
        Answer the groups too, a page each.
        """

        def groups(call: Call) -> Reply:
            assert call.fields["consistencylevel"] == "eventual"
            return self.page(call, ["g-all"] + ["g-staff"] * self.member)

        place = "GET graph.microsoft.com/v1.0/me/transitiveMemberOf"
        return {**super().routes(), place: groups}

    def page(self, call: Call, groups: list[str]) -> Reply:
        """
        Return one group, and the link to the next.
        """
        number = int(call.value("$skiptoken") or 0)
        answer: dict[str, Any] = {
            "@odata.context": "https://graph.microsoft.com/v1.0/$metadata",
            "value": [{"id": each} for each in groups[number : number + 1]],
        }
        if number + 1 < len(groups):
            here = f"https://graph.microsoft.com{call.path}"
            kept = "".join(
                f"&{name}={quote(values[0])}"
                for name, values in call.query.items()
                if name != "$skiptoken"
            )
            answer["@odata.nextLink"] = f"{here}?$skiptoken={number + 1}{kept}"
        return self.guarded(call, answer)


class FederatedEntraID(EntraID):
    """
    Entra ID for a client that is known by a token of its platform.
    """

    options = f"""
provider = "entra-id"
oidc_issuer_url = "{EntraID.issuer}"
entra_id_federated_token_auth = true
client_secret = ""
allowed_groups = ["g-staff"]
"""

    def environment(self) -> Mapping[str, str]:
        """
        Name the platform's token.
        """
        return {"AZURE_FEDERATED_TOKEN_FILE": "platform.token"}

    def files(self) -> Mapping[str, bytes]:
        """
        Return the platform's token.
        """
        return {"platform.token": b"platform-token"}

    def client_proved(self, call: Call) -> bool:
        """
        Return whether the platform's token came along, and no secret.
        """
        return (
            call.value("client_assertion") == "platform-token"
            and call.value("client_assertion_type").endswith("jwt-bearer")
            and call.value("client_id") == CLIENT
            and "client_secret" not in call.form
        )


class Azure(EntraID):
    """
    Azure's version 2 endpoints: the address from the profile, groups from Graph.
    """

    asked = "/transitiveMemberOf"
    options = f"""
provider = "azure"
oidc_issuer_url = "{EntraID.issuer}"
profile_url = "https://graph.microsoft.com/v1.0/me"
azure_graph_group_field = "id"
allowed_groups = ["g-staff"]
"""
    userinfo = ""
    told: ClassVar[dict[str, str]] = {
        "X-Forwarded-Email": "alice@example.com",
        "X-Forwarded-Groups": "g-all,g-staff",
    }

    def claims(self) -> dict[str, Any]:
        """
        Return a subject and nothing else.
        """
        return {"sub": "user-1"}

    def client_proved(self, call: Call) -> bool:
        """
        Return whether the client proved itself in its body.
        """
        return Fake.client_proved(self, call)

    def routes(self) -> Routes:
        """
        Answer the profile too.
        """
        profile = {"mail": None, "otherMails": [email_of(self)] * self.known}
        place = "GET graph.microsoft.com/v1.0/me"
        return {
            **super().routes(),
            place: lambda call: self.guarded(call, profile),
        }
