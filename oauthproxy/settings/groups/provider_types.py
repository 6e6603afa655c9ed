"""
Options that belong to one type of provider.
"""

from attrs import frozen

from oauthproxy.crypto.secret import Secret
from oauthproxy.settings.kinds import FLAG, SECRET, TEXT, TEXTS
from oauthproxy.settings.option import option


@frozen(kw_only=True)
class ProviderTypeOptions:
    """
    Options that belong to one type of provider.
    """

    azure_tenant: str = option(
        TEXT,
        "common",
        scope="legacy",
        section="provider-azure",
        alpha="providers[0].azureConfig.tenant",
        help=(
            "Tenant put into the default Azure login and token URLs (type azure only)."
        ),
    )
    azure_graph_group_field: str = option(
        TEXT,
        "",
        scope="legacy",
        section="provider-azure",
        alpha="providers[0].azureConfig.graphGroupField",
        help=(
            "Microsoft Graph field used as group name with the v2.0 endpoint: "
            '"id" (used when empty) or "displayName", or another field name '
            "(type azure only)."
        ),
    )
    entra_id_allowed_tenants: tuple[str, ...] = option(
        TEXTS,
        (),
        flag="entra-id-allowed-tenant",
        scope="legacy",
        section="provider-entra-id",
        alpha="providers[0].microsoftEntraIDConfig.allowedTenants",
        help=("Tenant ids accepted in tokens; empty accepts all (type entra-id only)."),
    )
    entra_id_federated_token_auth: bool = option(
        FLAG,
        False,
        scope="legacy",
        section="provider-entra-id",
        alpha="providers[0].microsoftEntraIDConfig.federatedTokenAuth",
        help=(
            "Authenticate with the token file named by environment variable "
            "AZURE_FEDERATED_TOKEN_FILE instead of a client secret (type entra-id "
            "only)."
        ),
    )
    bitbucket_team: str = option(
        TEXT,
        "",
        scope="legacy",
        section="provider-bitbucket",
        alpha="providers[0].bitbucketConfig.team",
        help=('Team the user must belong to; adds scope "team" (type bitbucket only).'),
    )
    bitbucket_repository: str = option(
        TEXT,
        "",
        scope="legacy",
        section="provider-bitbucket",
        alpha="providers[0].bitbucketConfig.repository",
        help=(
            '"owner/repo" the user must have access to; adds scope "repository" '
            "(type bitbucket only)."
        ),
    )
    github_org: str = option(
        TEXT,
        "",
        scope="legacy",
        section="provider-github",
        alpha="providers[0].githubConfig.org",
        help=("Organisation the user must belong to (type github only)."),
    )
    github_team: str = option(
        TEXT,
        "",
        scope="legacy",
        section="provider-github",
        alpha="providers[0].githubConfig.team",
        help=(
            "Comma-separated team slugs, one of which is needed; without github-org "
            'each must be "org:team". A plain string, commas are split at run '
            "time (type github only)."
        ),
    )
    github_repo: str = option(
        TEXT,
        "",
        scope="legacy",
        section="provider-github",
        alpha="providers[0].githubConfig.repo",
        help=(
            '"owner/repo" needing push access (or pull on a private one); only '
            "looked at when github-org is empty (type github only)."
        ),
    )
    github_token: Secret = option(
        SECRET,
        Secret(""),
        scope="legacy",
        section="provider-github",
        holds="secret",
        alpha="providers[0].githubConfig.token",
        help=(
            "Token with push access used to check collaborators of github-repo "
            "instead of the user's own token (type github only)."
        ),
    )
    github_users: tuple[str, ...] = option(
        TEXTS,
        (),
        flag="github-user",
        scope="legacy",
        section="provider-github",
        alpha="providers[0].githubConfig.users",
        help=(
            "Login names admitted regardless of org, team and repo checks; alone, "
            "nobody else is admitted (type github only)."
        ),
    )
    gitlab_groups: tuple[str, ...] = option(
        TEXTS,
        (),
        flag="gitlab-group",
        scope="legacy",
        section="provider-gitlab",
        alpha="providers[0].gitlabConfig.group",
        help="Groups of which one is needed (type gitlab only).",
    )
    gitlab_projects: tuple[str, ...] = option(
        TEXTS,
        (),
        flag="gitlab-project",
        scope="legacy",
        section="provider-gitlab",
        alpha="providers[0].gitlabConfig.projects",
        help=(
            '"group/project" or "group/project=LEVEL", of which one is needed; LEVEL '
            'is 10, 20, 30 or 40, default 20. Adds the scope "read_api" (type gitlab '
            "only)."
        ),
    )
    google_groups: tuple[str, ...] = option(
        TEXTS,
        (),
        flag="google-group",
        alias="google_group",
        scope="legacy",
        section="provider-google",
        alpha="providers[0].googleConfig.group",
        help=(
            "Google groups of which one is needed. Needs google-admin-email, and "
            "google-service-account-json or "
            "google-use-application-default-credentials. The older key google_group "
            "wins where it is set (type google only)."
        ),
    )
    google_admin_email: str = option(
        TEXT,
        "",
        scope="legacy",
        section="provider-google",
        alpha="providers[0].googleConfig.adminEmail",
        help="Administrator in whose name the directory is asked (type google only).",
    )
    google_service_account_json: str = option(
        TEXT,
        "",
        scope="legacy",
        section="provider-google",
        holds="path",
        alpha="providers[0].googleConfig.serviceAccountJson",
        help=(
            "File with the key of a service account. Excludes "
            "google-use-application-default-credentials (type google only)."
        ),
    )
    google_use_application_default_credentials: bool = option(
        FLAG,
        False,
        flag_takes_value=True,
        scope="legacy",
        section="provider-google",
        alpha="providers[0].googleConfig.useApplicationDefaultCredentials",
        help=(
            "Use application default credentials for directory calls (type google "
            "only)."
        ),
    )
    google_target_principal: str = option(
        TEXT,
        "",
        scope="legacy",
        section="provider-google",
        alpha="providers[0].googleConfig.targetPrincipal",
        help=(
            "Service account to impersonate with default credentials; found "
            "automatically when empty."
        ),
    )
    google_use_organization_id: bool = option(
        FLAG,
        False,
        flag_takes_value=True,
        scope="legacy",
        section="provider-google",
        alpha="providers[0].googleConfig.useOrganizationID",
        help=(
            "Use the user's organisation id as preferred user name (type google only)."
        ),
    )
    google_admin_api_user_scope: str = option(
        TEXT,
        "",
        scope="legacy",
        section="provider-google",
        alpha="providers[0].googleConfig.adminAPIUserScope",
        help=('Scope for reading users: "cloud", "user", anything else read-only.'),
    )
    keycloak_groups: tuple[str, ...] = option(
        TEXTS,
        (),
        flag="keycloak-group",
        scope="legacy",
        section="provider-keycloak",
        alpha="providers[0].keycloakConfig.groups",
        help="Groups of which one is needed (type keycloak only).",
    )
    allowed_roles: tuple[str, ...] = option(
        TEXTS,
        (),
        flag="allowed-role",
        scope="legacy",
        section="provider-keycloak",
        alpha="providers[0].keycloakConfig.roles",
        help=(
            'Realm roles "role" or client roles "client:role" of which one is '
            "needed, OR-ed with allowed-group (type keycloak-oidc only)."
        ),
    )
    jwt_key: Secret = option(
        SECRET,
        Secret(""),
        scope="legacy",
        section="provider-login.gov",
        holds="pem",
        alpha="providers[0].loginGovConfig.jwtKey",
        help=(
            "RSA private key as PEM text, which signs the client assertion; exactly "
            "one of jwt-key and jwt-key-file is needed (type login.gov only)."
        ),
    )
    jwt_key_file: str = option(
        TEXT,
        "",
        scope="legacy",
        section="provider-login.gov",
        holds="path",
        alpha="providers[0].loginGovConfig.jwtKeyFile",
        help=("File with that key (type login.gov only)."),
    )
    pubjwk_url: str = option(
        TEXT,
        "",
        scope="legacy",
        section="provider-login.gov",
        holds="url",
        alpha="providers[0].loginGovConfig.pubjwkURL",
        help=("JWKS endpoint of the provider (type login.gov only)."),
    )
