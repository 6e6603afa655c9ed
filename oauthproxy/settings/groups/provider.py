"""
The identity provider.
"""

from attrs import frozen

from oauthproxy.crypto.secret import Secret
from oauthproxy.settings.kinds import FLAG, SECRET, TEXT, TEXTS
from oauthproxy.settings.option import option


@frozen(kw_only=True)
class ProviderOptions:
    """
    The identity provider.
    """

    provider: str = option(
        TEXT,
        "google",
        scope="legacy",
        accepted=(
            "adfs",
            "azure",
            "bitbucket",
            "cidaas",
            "digitalocean",
            "entra-id",
            "facebook",
            "github",
            "gitlab",
            "google",
            "keycloak",
            "keycloak-oidc",
            "linkedin",
            "login.gov",
            "nextcloud",
            "oidc",
            "sourcehut",
        ),
        alpha="providers[0].provider",
        help=(
            "Type of the provider: adfs, azure, bitbucket, cidaas, digitalocean, "
            "entra-id, facebook, github, gitlab, google, keycloak, keycloak-oidc, "
            "linkedin, login.gov, nextcloud, oidc, sourcehut."
        ),
    )
    provider_display_name: str = option(
        TEXT,
        "",
        scope="legacy",
        alpha="providers[0].name and providers[0].id",
        help=(
            "Name on the sign-in button; also becomes the provider id. Empty: "
            'provider\'s own name, and id "TYPE=CLIENT_ID".'
        ),
    )
    client_id: str = option(
        TEXT,
        "",
        scope="legacy",
        alpha="providers[0].clientID",
        help=("OAuth client id; required."),
    )
    client_secret: Secret = option(
        SECRET,
        Secret(""),
        scope="legacy",
        holds="secret",
        alpha="providers[0].clientSecret",
        help=(
            "OAuth client secret; it or client-secret-file is required except for "
            "login.gov and entra-id with federated tokens. Wins over the file."
        ),
    )
    client_secret_file: str = option(
        TEXT,
        "",
        scope="legacy",
        holds="path",
        alpha="providers[0].clientSecretFile",
        help=(
            "File with the client secret, whole content used (no newline trimmed), "
            "re-read at each token call; used only when client-secret is empty."
        ),
    )
    provider_ca_files: tuple[str, ...] = option(
        TEXTS,
        (),
        flag="provider-ca-file",
        scope="legacy",
        holds="path",
        alpha="providers[0].caFiles",
        help=(
            "PEM files of authorities trusted for calls to the provider, instead of "
            "those of the system. Ignored with ssl-insecure-skip-verify."
        ),
    )
    use_system_trust_store: bool = option(
        FLAG,
        False,
        scope="legacy",
        alpha="providers[0].useSystemTrustStore",
        help=("Trust the system certificates in addition to provider-ca-file."),
    )
    login_url: str = option(
        TEXT,
        "",
        scope="legacy",
        holds="url",
        alpha="providers[0].loginURL",
        help=(
            "Authorization endpoint; overrides the provider's default, but is "
            "replaced by discovery when the provider type uses OIDC discovery."
        ),
    )
    redeem_url: str = option(
        TEXT,
        "",
        scope="legacy",
        holds="url",
        alpha="providers[0].redeemURL",
        help=("Token endpoint; same rules as login-url."),
    )
    profile_url: str = option(
        TEXT,
        "",
        scope="legacy",
        holds="url",
        alpha="providers[0].profileURL",
        help=("User-info endpoint; same rules as login-url."),
    )
    validate_url: str = option(
        TEXT,
        "",
        scope="legacy",
        holds="url",
        alpha="providers[0].validateURL",
        help=(
            "Endpoint used to check an access token (not taken from discovery); for "
            "github it is the API base URL."
        ),
    )
    backend_logout_url: str = option(
        TEXT,
        "",
        scope="legacy",
        holds="url",
        alpha="providers[0].backendLogoutURL",
        help=(
            'URL fetched with GET at sign-out; every "{id_token}" in it is '
            "replaced by the session's ID token."
        ),
    )
    scope: str = option(
        TEXT,
        "",
        scope="legacy",
        alpha="providers[0].scope",
        help=(
            'Scope parameter of the login request, space separated. "" uses the '
            "provider's default list."
        ),
    )
    prompt: str = option(
        TEXT,
        "",
        scope="legacy",
        alpha="providers[0].loginURLParameters (name prompt)",
        help=(
            "prompt parameter of the login request; when set, approval_prompt is not "
            "sent."
        ),
    )
    approval_prompt: str = option(
        TEXT,
        "force",
        scope="legacy",
        deprecated=True,
        replaced_by="prompt",
        alpha="providers[0].loginURLParameters (name approval_prompt)",
        help=(
            "approval_prompt parameter of the login request, sent to every type of "
            'provider unless prompt is set; "" means "force".'
        ),
    )
    acr_values: str = option(
        TEXT,
        "",
        scope="legacy",
        alpha="providers[0].loginURLParameters (name acr_values)",
        help=(
            "acr_values parameter for the login request; not sent when empty "
            "(except by type login.gov, which then sends "
            "http://idmanagement.gov/ns/assurance/loa/1)."
        ),
    )
    auth_request_response_mode: str = option(
        TEXT,
        "",
        scope="legacy",
        alpha="providers[0].authRequestResponseMode",
        help=(
            "response_mode parameter for the login request; not sent when empty. "
            "Not used by the types adfs, azure and login.gov."
        ),
    )
    code_challenge_method: str = option(
        TEXT,
        "",
        scope="legacy",
        accepted=("", "S256", "plain"),
        alpha="providers[0].code_challenge_method",
        help='PKCE method: "S256" or "plain"; "" sends no challenge.',
    )
    force_code_challenge_method: str = option(
        TEXT,
        "",
        scope="legacy",
        deprecated=True,
        replaced_by="code-challenge-method",
        alpha="providers[0].code_challenge_method",
        help=("Old name of code-challenge-method, used only when that is empty."),
    )
    allowed_groups: tuple[str, ...] = option(
        TEXTS,
        (),
        flag="allowed-group",
        scope="legacy",
        holds="string",
        alpha="providers[0].allowedGroups",
        help=(
            "Groups (values of the groups claim) of which one is needed. With the "
            'types oidc, entra-id and keycloak-oidc and no scope set, "groups" is '
            "added to the scope."
        ),
    )
    skip_claims_from_profile_url: bool = option(
        FLAG,
        False,
        scope="legacy",
        alpha="providers[0].skipClaimsFromProfileURL",
        help=("Do not call profile-url for claims missing in the ID token."),
    )
    resource: str = option(
        TEXT,
        "",
        scope="legacy",
        alpha="providers[0].resource",
        help=(
            'Protected resource: sent as "resource" parameter by azure (v1 '
            "endpoint only) and in the token request of the non-OIDC types that use "
            "the default exchange; prefixed to the scope by adfs; unused by oidc."
        ),
    )
