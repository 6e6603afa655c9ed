"""
The finished, frozen tree that the program reads.

Core options are read from their groups (`settings.cookie.cookie_name`); what the
alpha configuration can say is a structure of its own, into which the flat, older
options are converted (`settings.legacy`). The names of its fields are those of the
alpha configuration in snake case.
"""

from collections.abc import Mapping

from attrs import field, frozen

from oauthproxy.crypto.secret import Secret
from oauthproxy.settings.groups.access import AccessOptions
from oauthproxy.settings.groups.cookie import CookieOptions
from oauthproxy.settings.groups.limits import LimitOptions
from oauthproxy.settings.groups.logging import LoggingOptions
from oauthproxy.settings.groups.ours import OurOptions
from oauthproxy.settings.groups.probes import ProbeOptions
from oauthproxy.settings.groups.proxy import ProxyOptions
from oauthproxy.settings.groups.session import SessionOptions
from oauthproxy.settings.groups.templates import TemplateOptions
from oauthproxy.settings.kinds import SECOND


@frozen(kw_only=True)
class SecretSource:
    """
    Where a secret comes from: exactly one of the three is set.
    """

    value: Secret | None = None
    from_env: str = ""
    from_file: str = ""


@frozen(kw_only=True)
class ClaimSource:
    """
    A header value taken from the session.
    """

    claim: str
    prefix: str = ""
    basic_auth_password: SecretSource | None = None


@frozen(kw_only=True)
class HeaderValue:
    """
    One value of an injected header: exactly one of the two is set.
    """

    secret_source: SecretSource | None = None
    claim_source: ClaimSource | None = None


@frozen(kw_only=True)
class HeaderSettings:
    """
    A header to inject, into requests to the upstream or into responses.
    """

    name: str
    values: tuple[HeaderValue, ...] = ()
    preserve_request_value: bool = False
    insecure_skip_header_normalization: bool = False


@frozen(kw_only=True)
class UpstreamSettings:
    """
    One application behind the proxy.
    """

    id: str
    path: str
    rewrite_target: str = ""
    uri: str = ""
    insecure_skip_tls_verify: bool = False
    static: bool = False
    static_code: int = 200
    flush_interval: int = SECOND
    pass_host_header: bool = True
    proxy_websockets: bool = True
    timeout: int = 30 * SECOND
    disable_keep_alives: bool = False


@frozen(kw_only=True)
class TLSSettings:
    """
    Certificate and parameters of a TLS listener.
    """

    key: SecretSource | None = None
    cert: SecretSource | None = None
    min_version: str = ""
    cipher_suites: tuple[str, ...] = ()


@frozen(kw_only=True)
class ServerSettings:
    """
    Addresses of one server; empty or "-" means none.
    """

    bind_address: str = ""
    secure_bind_address: str = ""
    tls: TLSSettings | None = None


@frozen(kw_only=True)
class ParameterRule:
    """
    What a browser may set a login parameter to: `value` exactly, or what `pattern`
    (RE2, unanchored) finds; the other one is None.
    """

    value: str | None = None
    pattern: str | None = None


@frozen(kw_only=True)
class LoginURLParameter:
    """
    A parameter of the login URL.
    """

    name: str
    default: tuple[str, ...] = ()
    allow: tuple[ParameterRule, ...] = ()


@frozen(kw_only=True)
class OIDCSettings:
    """
    What is said about OpenID Connect.
    """

    issuer_url: str = ""
    insecure_allow_unverified_email: bool = False
    insecure_skip_issuer_verification: bool = False
    insecure_skip_nonce: bool = True
    skip_discovery: bool = False
    jwks_url: str = ""
    public_key_files: tuple[str, ...] = ()
    email_claim: str = "email"
    groups_claim: str = "groups"
    group_objects_as_text: bool = False
    user_id_claim: str = "email"
    audience_claims: tuple[str, ...] = ("aud",)
    extra_audiences: tuple[str, ...] = ()
    enabled_signing_algs: tuple[str, ...] = ()


@frozen(kw_only=True)
class TypeSettings:
    """
    Options of single provider types, named TYPE_OPTION.
    """

    keycloak_groups: tuple[str, ...] = ()
    keycloak_roles: tuple[str, ...] = ()
    azure_tenant: str = ""
    azure_graph_group_field: str = ""
    entra_id_allowed_tenants: tuple[str, ...] = ()
    entra_id_federated_token_auth: bool = False
    adfs_skip_scope: bool = False
    bitbucket_team: str = ""
    bitbucket_repository: str = ""
    github_org: str = ""
    github_team: str = ""
    github_repo: str = ""
    github_token: Secret = Secret("")
    github_users: tuple[str, ...] = ()
    gitlab_groups: tuple[str, ...] = ()
    gitlab_projects: tuple[str, ...] = ()
    google_groups: tuple[str, ...] = ()
    google_admin_email: str = ""
    google_service_account_json: str = ""
    google_use_application_default_credentials: bool = False
    google_target_principal: str = ""
    google_use_organization_id: bool = False
    google_admin_api_user_scope: str = ""
    login_gov_jwt_key: Secret = Secret("")
    login_gov_jwt_key_file: str = ""
    login_gov_pubjwk_url: str = ""


@frozen(kw_only=True)
class ProviderSettings:
    """
    One identity provider.
    """

    id: str
    type: str = "google"
    name: str = ""
    client_id: str = ""
    client_secret: Secret = Secret("")
    client_secret_file: str = ""
    ca_files: tuple[str, ...] = ()
    use_system_trust_store: bool = False
    login_url: str = ""
    login_url_parameters: tuple[LoginURLParameter, ...] = ()
    auth_request_response_mode: str = ""
    redeem_url: str = ""
    profile_url: str = ""
    skip_claims_from_profile_url: bool = False
    resource: str = ""
    validate_url: str = ""
    scope: str = ""
    allowed_groups: tuple[str, ...] = ()
    code_challenge_method: str = ""
    pkce_if_announced: bool = False
    token_endpoint_auth_method: str = ""
    client_assertion_key_file: str = ""
    client_assertion_key_id: str = ""
    additional_claims: tuple[str, ...] = ()
    backend_logout_url: str = ""
    oidc: OIDCSettings = OIDCSettings()
    types: TypeSettings = TypeSettings()


@frozen(kw_only=True)
class Settings:
    """
    Everything that was configured, checked and complete.

    `origins` tells where each option that was set came from, by its name or by its
    path in the alpha configuration; `notes` are remarks made while loading.
    """

    proxy: ProxyOptions = field(factory=ProxyOptions)
    access: AccessOptions = field(factory=AccessOptions)
    probes: ProbeOptions = field(factory=ProbeOptions)
    cookie: CookieOptions = field(factory=CookieOptions)
    session: SessionOptions = field(factory=SessionOptions)
    logging: LoggingOptions = field(factory=LoggingOptions)
    templates: TemplateOptions = field(factory=TemplateOptions)
    limits: LimitOptions = field(factory=LimitOptions)
    ours: OurOptions = field(factory=OurOptions)
    server: ServerSettings = ServerSettings()
    metrics_server: ServerSettings = ServerSettings()
    proxy_raw_path: bool = False
    upstreams: tuple[UpstreamSettings, ...] = ()
    inject_request_headers: tuple[HeaderSettings, ...] = ()
    inject_response_headers: tuple[HeaderSettings, ...] = ()
    providers: tuple[ProviderSettings, ...] = ()
    prefer_email_to_user: bool = False
    origins: Mapping[str, str] = field(factory=dict, eq=False, repr=False)
    notes: tuple[str, ...] = field(default=(), eq=False, repr=False)
