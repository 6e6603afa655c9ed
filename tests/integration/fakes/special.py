"""
Google and login.gov, which are like nobody else.
"""

import base64
import json
import time
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import unquote

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.integration.fakes.fake import ACCESS_TOKEN, REFRESH_TOKEN, Fake, Routes
from tests.integration.fakes.openid import KEY
from tests.integration.harness.provider import CLIENT, Call, Reply, reply_json

_PEM = (
    rsa.generate_private_key(65537, 2048)
    .private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    .decode()
)
DIRECTORY_TOKEN = "directory-1"


def _payload(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=="))
    return found


class Google(Fake):
    """
    Google: a directory that is asked in the name of an administrator.
    """

    asked = "admin.googleapis.com"
    hosts: ClassVar[tuple[str, ...]] = (
        "accounts.google.com",
        "www.googleapis.com",
        "oauth2.googleapis.com",
        "admin.googleapis.com",
        "iamcredentials.googleapis.com",
    )
    login = "accounts.google.com/o/oauth2/auth"
    token = "www.googleapis.com/oauth2/v3/token"
    options = """
provider = "google"
google_groups = ["staff@example.com", "board@example.com"]
google_admin_email = "admin@example.com"
google_service_account_json = "{folder}/robot.json"
"""
    told: ClassVar[dict[str, str]] = {
        "X-Forwarded-Email": "alice@example.com",
        "X-Forwarded-User": "user-1",
        "X-Forwarded-Groups": "staff@example.com",
    }

    def files(self) -> Mapping[str, bytes]:
        """
        Return the key of a service account.
        """
        key = {
            "type": "service_account",
            "client_email": "robot@p.iam.gserviceaccount.com",
            "private_key_id": "robot-1",
            "private_key": _PEM,
            "token_uri": "https://oauth2.googleapis.com/token",
        }
        return {"robot.json": json.dumps(key).encode()}

    def check_login(self, asked: Mapping[str, list[str]]) -> None:
        """
        Insist on access without the person, and on what Google announces.
        """
        assert asked["access_type"] == ["offline"]
        assert asked["code_challenge_method"] == ["S256"]

    def grant(self, asked: Mapping[str, list[str]]) -> dict[str, Any]:
        """
        Return the tokens; a refresh token for a code only.
        """
        now = int(time.time())
        claims = {
            "iss": "https://accounts.google.com",
            "aud": CLIENT,
            "sub": "user-1",
            "email": "alice@example.com",
            "email_verified": self.known,
            "iat": now,
            "exp": now + 3600,
        }
        claims |= {"nonce": asked["nonce"][0]} if asked else {}
        grant = {
            "access_token": ACCESS_TOKEN,
            "expires_in": 3599,
            "id_token": KEY.sign(claims),
        }
        return grant | ({"refresh_token": REFRESH_TOKEN} if asked else {})

    def routes(self) -> Routes:
        """
        Answer keys, token info and the directory.
        """
        directory = "GET admin.googleapis.com/admin/directory/v1/groups"
        member = "hasMember/alice@example.com"
        return {
            "GET www.googleapis.com/oauth2/v3/certs": lambda _: reply_json(
                {"keys": [KEY.public()]}
            ),
            "GET www.googleapis.com/oauth2/v1/tokeninfo": self._token_info,
            "POST oauth2.googleapis.com/token": self._delegate,
            f"{directory}/staff@example.com/{member}": lambda call: self._directory(
                call, {"isMember": self.member}
            ),
            f"{directory}/board@example.com/{member}": lambda call: self._directory(
                call, {"isMember": False}
            ),
            directory: self._groups,
        }

    def reply(self, host: str, call: Call) -> Reply:
        """
        Answer whatever way a path is escaped.
        """
        plain = Call(
            call.method, unquote(call.path), call.query, call.form, call.fields
        )
        return super().reply(host, plain)

    def _token_info(self, call: Call) -> Reply:
        if self.revoked or call.value("access_token") != ACCESS_TOKEN:
            return reply_json({"error": "invalid_token"}, 400)
        return reply_json({"audience": CLIENT, "expires_in": 3599})

    def _delegate(self, call: Call) -> Reply:
        told = _payload(call.value("assertion"))
        granted = told["scope"].endswith("group.readonly")
        if told["sub"] != "admin@example.com" or not granted:
            return reply_json({"error": "unauthorized_client"}, 401)
        return reply_json({"access_token": DIRECTORY_TOKEN, "expires_in": 3599})

    def _directory(self, call: Call, value: Any) -> Reply:
        if call.fields.get("authorization") != f"Bearer {DIRECTORY_TOKEN}":
            return reply_json({"error": {"code": 401}}, 401)
        return reply_json(value)

    def _groups(self, call: Call) -> Reply:
        assert call.value("userKey") == "alice@example.com"
        names = ["all@example.com"] + ["staff@example.com"] * self.member
        number = int(call.value("pageToken") or 0)
        answer: dict[str, Any] = {"groups": [{"email": names[number]}]}
        if number + 1 < len(names):
            answer["nextPageToken"] = str(number + 1)
        return self._directory(call, answer)


class GoogleGroups(Google):
    """
    Google, where all groups of a person count.
    """

    options = """
provider = "google"
allowed_groups = ["staff@example.com"]
google_admin_email = "admin@example.com"
google_service_account_json = "{folder}/robot.json"
"""
    paged = "GET admin.googleapis.com/admin/directory/v1/groups"
    told: ClassVar[dict[str, str]] = Google.told | {
        "X-Forwarded-Groups": "all@example.com,staff@example.com"
    }


class LoginGov(Fake):
    """
    login.gov: an assertion in place of a secret, a nonce for each login.
    """

    asked = "/userinfo"
    hosts: ClassVar[tuple[str, ...]] = ("secure.login.gov",)
    login = "secure.login.gov/openid_connect/authorize"
    token = "secure.login.gov/api/openid_connect/token"
    options = """
provider = "login.gov"
jwt_key_file = "{folder}/client.pem"
pubjwk_url = "https://secure.login.gov/api/openid_connect/certs"
client_secret = ""
"""
    told: ClassVar[dict[str, str]] = {"X-Forwarded-Email": "alice@example.com"}
    groups_matter = False

    def files(self) -> Mapping[str, bytes]:
        """
        Return the client's key.
        """
        return {"client.pem": _PEM.encode()}

    def check_login(self, asked: Mapping[str, list[str]]) -> None:
        """
        Insist on a nonce that nobody else had, and a level of assurance.
        """
        (nonce,) = asked["nonce"]
        assert nonce not in [each["nonce"][0] for each in self.codes.values()]
        assert asked["acr_values"] == ["http://idmanagement.gov/ns/assurance/loa/1"]

    def client_proved(self, call: Call) -> bool:
        """
        Return whether the client's assertion is for this endpoint.
        """
        told = _payload(call.value("client_assertion"))
        return (
            told["iss"] == told["sub"] == CLIENT
            and told["aud"] == [f"https://{self.token}"]
            and call.value("client_assertion_type").endswith("jwt-bearer")
        )

    def grant(self, asked: Mapping[str, list[str]]) -> dict[str, Any]:
        """
        Return the tokens.
        """
        now = int(time.time())
        claims = {
            "iss": "https://secure.login.gov/",
            "aud": CLIENT,
            "sub": "user-1",
            "nonce": asked["nonce"][0],
            "iat": now,
            "exp": now + 900,
        }
        grant = super().grant(asked)
        return grant | {"expires_in": 900, "id_token": KEY.sign(claims)}

    def routes(self) -> Routes:
        """
        Answer keys and the profile.
        """
        profile = {
            "sub": "user-1",
            "iss": "https://secure.login.gov/",
            "email": "alice@example.com",
            "email_verified": self.known,
        }
        api = "GET secure.login.gov/api/openid_connect"
        return {
            f"{api}/certs": lambda _: reply_json({"keys": [KEY.public()]}),
            f"{api}/userinfo": lambda call: self.guarded(call, profile),
        }
