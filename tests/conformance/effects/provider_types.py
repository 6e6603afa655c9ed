"""
Options that belong to one type of provider.
"""

import json
from typing import Any

from tests.conformance.effects.open_fakes import (
    ROBOT,
    TARGET,
    ForgedGoogle,
    ManyKeys,
    NamedGroups,
    OpenBitbucket,
    OpenGitHub,
    OpenGitLab,
    OpenGoogle,
    OpenKeycloak,
    OpenRealm,
    StrictKeycloak,
    Trusting,
)
from tests.conformance.effects.played import (
    Key,
    Play,
    Played,
    groups,
    member,
    outsider,
    payload,
    robot,
)
from tests.conformance.effects.provider import JWKS, SKIP, login_at
from tests.conformance.effects.scene import Effect

FIRST, SECOND = Key(), Key()
ADMIN = 'google_admin_email = "admin@example.com"'
DEFAULT = f"google_use_application_default_credentials = true\n{ADMIN}"
CREDENTIALS = {"GOOGLE_APPLICATION_CREDENTIALS": "{folder}/first.json"}
ROBOTS = {"first.json": robot(ROBOT, FIRST), "second.json": robot(TARGET, SECOND)}
FILE = '"{folder}/first.json"'


def asserted(scene: Play) -> bool:
    """
    Look whether a client is known by a token of its platform.
    """
    scene.login()
    (call,) = scene.calls("/oauth2/v2.0/token")
    return call.value("client_assertion") == "platform-token"


def of_first_key(part: str, name: str) -> Any:
    """
    Look whether an assertion is signed by our first key.
    """

    def look(scene: Play) -> bool:
        scene.login()
        return FIRST.signed(scene.calls(part)[0].value(name))

    return look


def directory_scope(scene: Play) -> str:
    """
    Look at the last scope that the directory is asked in.
    """
    scene.login()
    (call,) = scene.calls("oauth2.googleapis.com/token")
    return str(payload(call.value("assertion"))["scope"]).rpartition("/")[2]


def signed_for(scene: Play) -> list[str]:
    """
    Look at the accounts that Google signs for.
    """
    scene.login()
    return [
        call.path.rpartition("/")[2].removesuffix(":signJwt").replace("%40", "@")
        for call in scene.calls("iamcredentials.googleapis.com")
    ]


def members_of(
    option: str, value: str, fake: Any, beside: str = "", **rest: Any
) -> Played:
    """
    Return the effect that keeps out who is no member.
    """
    return Played(option, value, outsider, 302, 403, beside, fake=fake, **rest)


OTHERS = (
    Effect(
        "azure_tenant",
        '"acme"',
        login_at("https://login.microsoftonline.com/acme/"),
        False,
        True,
        f'provider = "azure"\n{SKIP}\n{JWKS}',
    ),
    Played(
        "azure_graph_group_field",
        '"displayName"',
        groups,
        ["g-all,g-staff"],
        ["G-ALL,G-STAFF"],
        fake=NamedGroups,
    ),
    Played("entra_id_allowed_tenants", '["x"]', member, 302, 403, fake=Trusting),
    Played(
        "entra_id_federated_token_auth",
        "true",
        asserted,
        False,
        True,
        files={"platform.token": b"platform-token"},
        environment={"AZURE_FEDERATED_TOKEN_FILE": "{folder}/platform.token"},
        fake=Trusting,
    ),
    members_of("bitbucket_team", '"acme"', OpenBitbucket),
    members_of("bitbucket_repository", '"acme/app"', OpenBitbucket),
    members_of("github_org", '"acme"', OpenGitHub),
    members_of("github_team", '"acme:core"', OpenGitHub),
    members_of("github_repo", '"acme/app"', OpenGitHub),
    Played(
        "github_token",
        '"robot"',
        lambda scene: (scene.login(), len(scene.calls("/collaborators/alice"))),
        (302, 0),
        (302, 1),
        'github_repo = "acme/app"',
        fake=OpenGitHub,
    ),
    Played("github_users", '["bob"]', member, 302, 403, fake=OpenGitHub),
    Played("gitlab_groups", '["board"]', member, 302, 403, fake=OpenGitLab),
    members_of("gitlab_projects", '["acme/app=30"]', OpenGitLab),
    members_of("keycloak_groups", '["/staff"]', OpenKeycloak),
    members_of("allowed_roles", '["app:editor"]', OpenRealm),
    Played(
        "insecure_drop_allowed_groups",
        "true",
        outsider,
        403,
        302,
        'keycloak_groups = ["/all"]\nallowed_groups = ["/staff"]',
        fake=StrictKeycloak,
    ),
)

GOOGLE = (
    members_of(
        "google_groups",
        '["staff@example.com"]',
        OpenGoogle,
        f"{ADMIN}\ngoogle_service_account_json = {FILE}",
        files=ROBOTS,
    ),
    Played(
        "google_admin_email",
        '"nobody@example.com"',
        member,
        302,
        500,
        f'google_groups = ["staff@example.com"]\ngoogle_service_account_json = {FILE}',
        '"admin@example.com"',
        files=ROBOTS,
        fake=OpenGoogle,
    ),
    Played(
        "google_service_account_json",
        '"{folder}/second.json"',
        of_first_key("oauth2.googleapis.com/token", "assertion"),
        True,
        False,
        ADMIN,
        FILE,
        files=ROBOTS,
        fake=OpenGoogle,
    ),
    Played(
        "google_use_application_default_credentials",
        "true",
        signed_for,
        [],
        [ROBOT],
        ADMIN,
        f"false\ngoogle_service_account_json = {FILE}",
        files=ROBOTS,
        environment=CREDENTIALS,
        fake=OpenGoogle,
    ),
    Played(
        "google_target_principal",
        f'"{TARGET}"',
        signed_for,
        [ROBOT],
        [TARGET],
        DEFAULT,
        files=ROBOTS,
        environment=CREDENTIALS,
        fake=OpenGoogle,
    ),
    Played(
        "google_use_organization_id",
        "true",
        lambda scene: scene.told("X-Forwarded-Preferred-Username"),
        [],
        ["e-17"],
        f"{ADMIN}\ngoogle_service_account_json = {FILE}",
        files=ROBOTS,
        fake=OpenGoogle,
    ),
    Played(
        "google_admin_api_user_scope",
        '"cloud"',
        directory_scope,
        "admin.directory.user.readonly",
        "cloud-platform",
        f"{ADMIN}\ngoogle_service_account_json = {FILE}\n"
        "google_use_organization_id = true",
        files=ROBOTS,
        fake=OpenGoogle,
    ),
    Played(
        "insecure_skip_google_signature", "true", member, 500, 302, fake=ForgedGoogle
    ),
)

CERTS = "https://secure.login.gov/api/openid_connect"
LOGIN_GOV = (
    Played(
        "jwt_key",
        json.dumps(SECOND.pem()),
        of_first_key("/api/openid_connect/token", "client_assertion"),
        True,
        False,
        f'pubjwk_url = "{CERTS}/certs"',
        json.dumps(FIRST.pem()),
        fake=ManyKeys,
    ),
    Played(
        "jwt_key_file",
        '"{folder}/second.pem"',
        of_first_key("/api/openid_connect/token", "client_assertion"),
        True,
        False,
        f'pubjwk_url = "{CERTS}/certs"',
        '"{folder}/first.pem"',
        files={"first.pem": FIRST.pem().encode(), "second.pem": SECOND.pem().encode()},
        fake=ManyKeys,
    ),
    Played(
        "pubjwk_url",
        f'"{CERTS}/others"',
        member,
        302,
        500,
        'jwt_key_file = "{folder}/first.pem"',
        f'"{CERTS}/certs"',
        files={"first.pem": FIRST.pem().encode()},
        fake=ManyKeys,
    ),
)
EFFECTS = (*OTHERS, *GOOGLE, *LOGIN_GOV)
