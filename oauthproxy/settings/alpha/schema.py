"""
The alpha configuration's names, and what of the model each one sets.

Keys stand in the order in which they are written.
"""

from enum import Enum, auto

from attrs import frozen

from oauthproxy.settings.legacy import AlphaSettings
from oauthproxy.settings.model import (
    ClaimSource,
    HeaderSettings,
    HeaderValue,
    LoginURLParameter,
    ParameterRule,
    ProviderSettings,
    SecretSource,
    ServerSettings,
    TLSSettings,
    UpstreamSettings,
)


class Scalar(Enum):
    """
    The kinds of value at the leaves; BYTES is a secret that may be any bytes.
    """

    TEXT = auto()
    SECRET = auto()
    BYTES = auto()
    FLAG = auto()
    INTEGER = auto()
    DURATION = auto()
    TEXTS = auto()


@frozen
class Struct:
    """
    A mapping that becomes a value of the model; `empty` is that value before
    anything is said.
    """

    empty: object
    members: tuple["Member", ...]


@frozen
class Section:
    """
    A mapping whose members set attributes of the value around it.
    """

    members: tuple["Member", ...]


@frozen
class Many:
    """
    A list of mappings.
    """

    item: Struct


@frozen
class Member:
    """
    A key of a mapping; the attribute may be dotted: "oidc.issuer_url".

    When written, `always` keeps it even if empty, and one that `needs` another
    attribute is left out where that is not on.
    """

    name: str
    attribute: str
    shape: Scalar | Struct | Section | Many = Scalar.TEXT
    always: bool = False
    needs: str = ""


TEXT, SECRET, BYTES = Scalar.TEXT, Scalar.SECRET, Scalar.BYTES
FLAG, INTEGER, DURATION, TEXTS = (
    Scalar.FLAG,
    Scalar.INTEGER,
    Scalar.DURATION,
    Scalar.TEXTS,
)

SECRET_SOURCE = Struct(
    SecretSource(),
    (
        Member("value", "value", BYTES),
        Member("fromEnv", "from_env"),
        Member("fromFile", "from_file"),
    ),
)

HEADER = Struct(
    HeaderSettings(name=""),
    (
        Member("name", "name"),
        Member("preserveRequestValue", "preserve_request_value", FLAG),
        Member(
            "InsecureSkipHeaderNormalization",
            "insecure_skip_header_normalization",
            FLAG,
        ),
        Member(
            "values",
            "values",
            Many(
                Struct(
                    HeaderValue(),
                    (
                        Member("secretSource", "secret_source", SECRET_SOURCE),
                        Member(
                            "claimSource",
                            "claim_source",
                            Struct(
                                ClaimSource(claim=""),
                                (
                                    Member("claim", "claim"),
                                    Member("prefix", "prefix"),
                                    Member(
                                        "basicAuthPassword",
                                        "basic_auth_password",
                                        SECRET_SOURCE,
                                    ),
                                ),
                            ),
                        ),
                    ),
                )
            ),
        ),
    ),
)

UPSTREAM = Struct(
    UpstreamSettings(id="", path=""),
    (
        Member("id", "id"),
        Member("path", "path"),
        Member("rewriteTarget", "rewrite_target"),
        Member("uri", "uri"),
        Member("insecureSkipTLSVerify", "insecure_skip_tls_verify", FLAG),
        Member("static", "static", FLAG),
        Member("staticCode", "static_code", INTEGER, needs="static"),
        Member("flushInterval", "flush_interval", DURATION),
        Member("passHostHeader", "pass_host_header", FLAG),
        Member("proxyWebSockets", "proxy_websockets", FLAG),
        Member("timeout", "timeout", DURATION),
        Member("disableKeepAlives", "disable_keep_alives", FLAG),
    ),
)

SERVER = Struct(
    ServerSettings(),
    (
        Member("bindAddress", "bind_address"),
        Member("secureBindAddress", "secure_bind_address"),
        Member(
            "tls",
            "tls",
            Struct(
                TLSSettings(),
                (
                    Member("key", "key", SECRET_SOURCE),
                    Member("cert", "cert", SECRET_SOURCE),
                    Member("minVersion", "min_version"),
                    Member("cipherSuites", "cipher_suites", TEXTS),
                ),
            ),
        ),
    ),
)

LOGIN_PARAMETER = Struct(
    LoginURLParameter(name=""),
    (
        Member("name", "name"),
        Member("default", "default", TEXTS),
        Member(
            "allow",
            "allow",
            Many(
                Struct(
                    ParameterRule(),
                    (Member("value", "value"), Member("pattern", "pattern")),
                )
            ),
        ),
    ),
)

OIDC = Section(
    (
        Member("issuerURL", "oidc.issuer_url"),
        Member(
            "insecureAllowUnverifiedEmail",
            "oidc.insecure_allow_unverified_email",
            FLAG,
        ),
        Member(
            "insecureSkipIssuerVerification",
            "oidc.insecure_skip_issuer_verification",
            FLAG,
        ),
        Member("insecureSkipNonce", "oidc.insecure_skip_nonce", FLAG),
        Member("skipDiscovery", "oidc.skip_discovery", FLAG),
        Member("jwksURL", "oidc.jwks_url"),
        Member("publicKeyFiles", "oidc.public_key_files", TEXTS),
        Member("emailClaim", "oidc.email_claim"),
        Member("groupsClaim", "oidc.groups_claim"),
        Member("userIDClaim", "oidc.user_id_claim"),
        Member("audienceClaims", "oidc.audience_claims", TEXTS),
        Member("extraAudiences", "oidc.extra_audiences", TEXTS),
        Member("enabledSigningAlgs", "oidc.enabled_signing_algs", TEXTS),
    )
)

TYPES = (
    Member(
        "keycloakConfig",
        "types",
        Section(
            (
                Member("groups", "types.keycloak_groups", TEXTS),
                Member("roles", "types.keycloak_roles", TEXTS),
            )
        ),
    ),
    Member(
        "azureConfig",
        "types",
        Section(
            (
                Member("tenant", "types.azure_tenant"),
                Member("graphGroupField", "types.azure_graph_group_field"),
            )
        ),
    ),
    Member(
        "microsoftEntraIDConfig",
        "types",
        Section(
            (
                Member("allowedTenants", "types.entra_id_allowed_tenants", TEXTS),
                Member(
                    "federatedTokenAuth", "types.entra_id_federated_token_auth", FLAG
                ),
            )
        ),
    ),
    Member(
        "ADFSConfig",
        "types",
        Section((Member("skipScope", "types.adfs_skip_scope", FLAG),)),
    ),
    Member(
        "bitbucketConfig",
        "types",
        Section(
            (
                Member("team", "types.bitbucket_team"),
                Member("repository", "types.bitbucket_repository"),
            )
        ),
    ),
    Member(
        "githubConfig",
        "types",
        Section(
            (
                Member("org", "types.github_org"),
                Member("team", "types.github_team"),
                Member("repo", "types.github_repo"),
                Member("token", "types.github_token", SECRET),
                Member("users", "types.github_users", TEXTS),
            )
        ),
    ),
    Member(
        "gitlabConfig",
        "types",
        Section(
            (
                Member("group", "types.gitlab_groups", TEXTS),
                Member("projects", "types.gitlab_projects", TEXTS),
            )
        ),
    ),
    Member(
        "googleConfig",
        "types",
        Section(
            (
                Member("group", "types.google_groups", TEXTS),
                Member("adminEmail", "types.google_admin_email"),
                Member("serviceAccountJson", "types.google_service_account_json"),
                Member(
                    "useApplicationDefaultCredentials",
                    "types.google_use_application_default_credentials",
                    FLAG,
                ),
                Member("targetPrincipal", "types.google_target_principal"),
                Member("useOrganizationID", "types.google_use_organization_id", FLAG),
                Member("adminAPIUserScope", "types.google_admin_api_user_scope"),
            )
        ),
    ),
)

LOGIN_GOV = Member(
    "loginGovConfig",
    "types",
    Section(
        (
            Member("jwtKey", "types.login_gov_jwt_key", SECRET),
            Member("jwtKeyFile", "types.login_gov_jwt_key_file"),
            Member("pubjwkURL", "types.login_gov_pubjwk_url"),
        )
    ),
)

PROVIDER = Struct(
    ProviderSettings(id="", type=""),
    (
        Member("clientID", "client_id"),
        Member("clientSecret", "client_secret", SECRET),
        Member("clientSecretFile", "client_secret_file"),
        *TYPES,
        Member("oidcConfig", "oidc", OIDC),
        LOGIN_GOV,
        Member("id", "id"),
        Member("provider", "type"),
        Member("name", "name"),
        Member("caFiles", "ca_files", TEXTS),
        Member("useSystemTrustStore", "use_system_trust_store", FLAG),
        Member("loginURL", "login_url"),
        Member("loginURLParameters", "login_url_parameters", Many(LOGIN_PARAMETER)),
        Member("authRequestResponseMode", "auth_request_response_mode"),
        Member("redeemURL", "redeem_url"),
        Member("profileURL", "profile_url"),
        Member("skipClaimsFromProfileURL", "skip_claims_from_profile_url", FLAG),
        Member("resource", "resource"),
        Member("validateURL", "validate_url"),
        Member("scope", "scope"),
        Member("allowedGroups", "allowed_groups", TEXTS),
        Member("code_challenge_method", "code_challenge_method"),
        Member("additionalClaims", "additional_claims", TEXTS),
        Member("backendLogoutURL", "backend_logout_url", always=True),
    ),
)

ROOT = Struct(
    AlphaSettings(),
    (
        Member("injectRequestHeaders", "inject_request_headers", Many(HEADER)),
        Member("injectResponseHeaders", "inject_response_headers", Many(HEADER)),
        Member("metricsServer", "metrics_server", SERVER, always=True),
        Member("providers", "providers", Many(PROVIDER)),
        Member("server", "server", SERVER, always=True),
        Member(
            "upstreamConfig",
            "",
            Section(
                (
                    Member("proxyRawPath", "proxy_raw_path", FLAG),
                    Member("upstreams", "upstreams", Many(UPSTREAM)),
                )
            ),
            always=True,
        ),
    ),
)
