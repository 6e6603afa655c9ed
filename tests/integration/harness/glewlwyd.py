"""
Debian's Glewlwyd: an identity provider in C, with a database of its own in SQLite.

Rule 1: nothing of an installed Glewlwyd is used but its program, modules and schema.
Rule 2: it is configured by its own administration's requests, as its pages do it.
"""

import json
import sqlite3
import subprocess
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any, Self

from jwcrypto.jwk import JWK

from tests.integration.harness.ports import PATIENCE, free_port, until
from tests.integration.harness.program import clean_environment

SCHEMA = Path("/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3")
PASSWORD = "password"
SCOPES = "openid email profile"

CONFIGURATION = """
port={port}
bind_address="127.0.0.1"
external_url="http://localhost:{port}"
login_url="login.html"
api_prefix="api"
static_files_path="/usr/share/glewlwyd/webapp/"
log_mode="console"
log_level="INFO"
cookie_secure=0
session_expiration=3600
session_key="GLEWLWYD2_SESSION_ID"
admin_scope="g_admin"
profile_scope="g_profile"
user_module_path="/usr/lib/glewlwyd/user"
client_module_path="/usr/lib/glewlwyd/client"
user_auth_scheme_module_path="/usr/lib/glewlwyd/scheme"
plugin_module_path="/usr/lib/glewlwyd/plugin"
hash_algorithm="SHA512"
database={{ type="sqlite3" path="{database}" }};
"""


class _Caller:
    """
    Somebody who speaks to the API, with a cookie of their own.
    """

    def __init__(self, api: str, name: str) -> None:
        self._api = api
        self.jar = CookieJar()
        self("POST", "/auth/", {"username": name, "password": PASSWORD})

    def __call__(self, method: str, path: str, body: Any = None) -> None:
        opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(self.jar)
        )
        request = urllib.request.Request(
            self._api + path,
            method=method,
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with opener.open(request, timeout=15) as response:
            assert response.status == 200


class Glewlwyd:
    """
    A running provider that knows one user, alice, and one client.
    """

    def __init__(
        self, folder: Path, *, client: str, secret: str, redirect_uri: str
    ) -> None:
        port = free_port()
        self._api = f"http://localhost:{port}/api"
        self.issuer = f"{self._api}/oidc"
        self._out = folder / "glewlwyd.log"
        database = folder / "glewlwyd.db"
        with sqlite3.connect(database) as connection:
            connection.executescript(SCHEMA.read_text(encoding="utf-8"))
        connection.close()
        file = folder / "glewlwyd.conf"
        file.write_text(
            CONFIGURATION.format(port=port, database=database), encoding="utf-8"
        )
        with self._out.open("wb") as out:
            self._process = subprocess.Popen(
                ["glewlwyd", f"--config-file={file}"],
                env=clean_environment(),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
            )
        try:
            until(self._listens, "Glewlwyd to start")
            self._admin = _Caller(self._api, "admin")
            self._set_up(client, secret, redirect_uri)
        except BaseException:
            self.stop()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """
        End the provider.
        """
        self._process.terminate()
        self._process.wait(PATIENCE)

    def alice(self) -> CookieJar:
        """
        The cookies of alice's browser, once she has signed in and lets the client know
        who she is.
        """
        alice = _Caller(self._api, "alice")
        alice("PUT", "/auth/grant/proxy/", {"scope": SCOPES})
        return alice.jar

    def rotate(self) -> None:
        """
        Sign with another key from now on, and publish only that one.
        """
        self._admin("PUT", "/mod/plugin/oidc", self._plugin())
        self._admin("PUT", "/mod/plugin/oidc/reset")

    def _listens(self) -> bool:
        assert self._process.poll() is None, self._out.read_text(encoding="utf-8")
        return "started on port" in self._out.read_text(encoding="utf-8")

    def _set_up(self, client: str, secret: str, redirect_uri: str) -> None:
        for scope in ("email", "profile"):
            named: Any = {"name": scope, "display_name": scope, "scheme": {}}
            self._admin(
                "POST",
                "/scope/",
                {**named, "password_required": True, "password_max_age": 0},
            )
        user = {"username": "alice", "name": "Alice", "email": "alice@example.com"}
        scopes = [*SCOPES.split(), "g_profile"]
        self._admin(
            "POST",
            "/user/",
            {**user, "password": PASSWORD, "enabled": True, "scope": scopes},
        )
        self._admin(
            "POST",
            "/client/",
            {
                "client_id": client,
                "name": client,
                "enabled": True,
                "confidential": True,
                "password": secret,
                "client_secret": secret,
                "scope": [],
                "redirect_uri": [redirect_uri],
                "authorization_type": ["code", "refresh_token"],
                "token_endpoint_auth_method": ["client_secret_post"],
            },
        )
        self._admin("POST", "/mod/plugin/", self._plugin())

    def _plugin(self) -> dict[str, Any]:
        key = JWK.generate(kty="RSA", size=2048)
        private = key.export_to_pem(private_key=True, password=None)
        kinds = ("token", "none", "password", "client", "device")
        parameters = {
            "iss": self.issuer,
            "jwt-type": "rsa",
            "jwt-key-size": "256",
            "key": private.decode(),
            "cert": key.export_to_pem().decode(),
            "jwks-show": True,
            "subject-type": "public",
            "access-token-duration": 3600,
            "refresh-token-duration": 3600,
            "refresh-token-rolling": True,
            "code-duration": 600,
            "allow-non-oidc": False,
            "auth-type-code-enabled": True,
            "auth-type-id-token-enabled": True,
            "auth-type-refresh-enabled": True,
            **{f"auth-type-{kind}-enabled": False for kind in kinds},
            "pkce-allowed": True,
            "pkce-method-plain-allowed": False,
            "session-management-allowed": False,
            "name-claim": "on-demand",
            "name-claim-scope": ["profile"],
            "email-claim": "on-demand",
            "email-claim-scope": ["email"],
            "scope-claim": "no",
            "claims": [],
            "scope": [],
            "additional-parameters": [],
        }
        return {
            "module": "oidc",
            "name": "oidc",
            "display_name": "OpenID Connect",
            "parameters": parameters,
        }
