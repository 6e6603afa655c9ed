"""
Fakes of providers that let everybody in, until an option says otherwise.
"""

from typing import Any, ClassVar

from tests.conformance.effects.played import payload, unsigned
from tests.integration.fakes.fake import Routes
from tests.integration.fakes.openid import Azure, EntraID, GitLab, KeycloakOIDC
from tests.integration.fakes.plain import Bitbucket, GitHub, Keycloak
from tests.integration.fakes.special import DIRECTORY_TOKEN, Google, LoginGov
from tests.integration.harness.provider import Call, Reply, reply_json
from tests.integration.harness.tokens import SigningKey

ROBOT, TARGET = "robot@p.iam.gserviceaccount.com", "target@p.iam.gserviceaccount.com"
STRANGER = SigningKey("k1")
IAM = "iamcredentials.googleapis.com/v1/projects/-/serviceAccounts"


class NamedGroups(Azure):
    """
    Azure, whose groups have names.
    """

    options = Azure.options.replace('allowed_groups = ["g-staff"]', "")

    def page(self, call: Call, groups: list[str]) -> Reply:
        """
        Return all groups at once.
        """
        named = [{"id": each, "displayName": each.upper()} for each in groups]
        return self.guarded(call, {"value": named})


class Trusting(EntraID):
    """
    Entra ID, which lets every client and every person in.
    """

    options = EntraID.options.replace('allowed_groups = ["g-staff"]', "")

    def client_proved(self, call: Call) -> bool:
        """
        Believe.
        """
        return True


class OpenBitbucket(Bitbucket):
    """
    Bitbucket for everybody.
    """

    options = 'provider = "bitbucket"'


class OpenGitHub(GitHub):
    """
    GitHub for everybody, with a repository.
    """

    options = 'provider = "github"'

    def routes(self) -> Routes:
        """
        Answer the repository, too; its collaborators are told to a robot only.
        """
        place = "GET api.github.com/repos/acme/app"
        permissions = {"permissions": {"push": self.member}}
        return {
            **super().routes(),
            place: lambda call: self._data(call, permissions),
            f"{place}/collaborators/alice": self._collaborator,
        }

    def _collaborator(self, call: Call) -> Reply:
        proved = call.fields["authorization"] == "token robot"
        return Reply(204 if proved and self.member else 404, {}, b"")


class OpenGitLab(GitLab):
    """
    GitLab for everybody.
    """

    options = 'provider = "gitlab"\noidc_issuer_url = "https://gitlab.com"'

    def check_login(self, asked: Any) -> None:
        """
        Accept any scope.
        """


class OpenGoogle(Google):
    """
    Google for everybody, with a directory that knows organisations, and an interface
    that signs for service accounts.
    """

    options = 'provider = "google"'

    def routes(self) -> Routes:
        """
        Answer signatures and the user, too.
        """
        user = "GET admin.googleapis.com/admin/directory/v1/users/alice@example.com"
        ids = {"externalIds": [{"type": "organization", "value": "e-17"}]}
        return {
            **super().routes(),
            user: lambda call: self._directory(call, ids),
            **{f"POST {IAM}/{who}:signJwt": self._sign for who in (ROBOT, TARGET)},
        }

    def _sign(self, call: Call) -> Reply:
        return reply_json({"keyId": "1", "signedJwt": unsigned({"sub": "admin"})})

    def _delegate(self, call: Call) -> Reply:
        told = payload(call.value("assertion"))
        if told.get("sub") == "nobody@example.com":
            return reply_json({"error": "unauthorized_client"}, 401)
        return reply_json({"access_token": DIRECTORY_TOKEN, "expires_in": 3599})


class ForgedGoogle(OpenGoogle):
    """
    Google, in whose place somebody else signed.
    """

    def routes(self) -> Routes:
        """
        Answer other keys.
        """
        keys = {"keys": [STRANGER.public()]}
        place = "GET www.googleapis.com/oauth2/v3/certs"
        return {**super().routes(), place: lambda _: reply_json(keys)}


class OpenKeycloak(Keycloak):
    """
    Keycloak for everybody.
    """

    options = Keycloak.options.replace('allowed_groups = ["/all"]', "")


class OpenRealm(KeycloakOIDC):
    """
    A realm for everybody.
    """

    options = KeycloakOIDC.options.replace('keycloak_groups = ["all"]', "")


class ManyKeys(LoginGov):
    """
    login.gov with its keys at two places; it believes every client.
    """

    hosts: ClassVar[tuple[str, ...]] = LoginGov.hosts
    options = """
provider = "login.gov"
client_secret = ""
"""

    def client_proved(self, call: Call) -> bool:
        """
        Believe.
        """
        return True

    def routes(self) -> Routes:
        """
        Answer the keys of a stranger, too.
        """
        keys = {"keys": [STRANGER.public()]}
        place = "GET secure.login.gov/api/openid_connect/others"
        return {**super().routes(), place: lambda _: reply_json(keys)}


class StrictKeycloak(Keycloak):
    """
    Keycloak, for whoever the options say.
    """

    options = Keycloak.options.split("keycloak_groups")[0]
