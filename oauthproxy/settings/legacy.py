"""
Convert the flat, older options into the structure of the alpha configuration.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from attrs import field, frozen

from oauthproxy.settings.groups.headers import HeaderOptions
from oauthproxy.settings.groups.oidc import OIDCOptions
from oauthproxy.settings.groups.provider import ProviderOptions
from oauthproxy.settings.groups.provider_types import ProviderTypeOptions
from oauthproxy.settings.groups.server import ServerOptions
from oauthproxy.settings.groups.upstream import UpstreamOptions
from oauthproxy.settings.model import (
    ClaimSource,
    HeaderSettings,
    HeaderValue,
    LoginURLParameter,
    OIDCSettings,
    ProviderSettings,
    SecretSource,
    ServerSettings,
    TLSSettings,
    TypeSettings,
    UpstreamSettings,
)
from oauthproxy.wire import gourl

DEFAULT_STATIC_CODE = 200


@frozen(kw_only=True)
class LegacyOptions:
    """
    The groups of options whose place an alpha configuration takes.
    """

    server: ServerOptions = ServerOptions()
    upstream: UpstreamOptions = UpstreamOptions()
    provider: ProviderOptions = ProviderOptions()
    oidc: OIDCOptions = OIDCOptions()
    provider_types: ProviderTypeOptions = ProviderTypeOptions()
    headers: HeaderOptions = HeaderOptions()


@frozen(kw_only=True)
class AlphaSettings:
    """
    What the alpha configuration can say.
    """

    server: ServerSettings = ServerSettings()
    metrics_server: ServerSettings = ServerSettings()
    proxy_raw_path: bool = False
    upstreams: tuple[UpstreamSettings, ...] = ()
    inject_request_headers: tuple[HeaderSettings, ...] = ()
    inject_response_headers: tuple[HeaderSettings, ...] = ()
    providers: tuple[ProviderSettings, ...] = ()
    prefer_email_to_user: bool = False


@frozen
class AlphaReading:
    """
    That structure, where each of its paths was set, and what is wrong with it.

    `failed` holds the paths whose value could not be read; `broken` says that nothing
    at all could be read.
    """

    settings: AlphaSettings
    origins: Mapping[str, str] = field(factory=dict)
    problems: tuple[str, ...] = ()
    failed: frozenset[str] = frozenset()
    broken: bool = False


def convert(options: LegacyOptions) -> AlphaSettings:
    """
    Return the structure that means the same as the flat options.

    Raises ValueError when an upstream is not a URL.
    """
    return AlphaSettings(
        server=application_server(options.server),
        metrics_server=metrics_server(options.server),
        upstreams=tuple(
            upstream(text, options.upstream) for text in options.upstream.upstreams
        ),
        inject_request_headers=tuple(request_headers(options.headers)),
        inject_response_headers=tuple(response_headers(options.headers)),
        providers=(provider(options),),
        prefer_email_to_user=options.headers.prefer_email_to_user,
    )


def application_server(options: ServerOptions) -> ServerSettings:
    """
    Return the application's addresses: HTTP, or HTTPS as soon as TLS files are given.
    """
    if not (options.tls_cert_file or options.tls_key_file):
        return ServerSettings(bind_address=options.http_address)
    tls = TLSSettings(
        key=SecretSource(from_file=options.tls_key_file),
        cert=SecretSource(from_file=options.tls_cert_file),
        min_version=options.tls_min_version,
        cipher_suites=options.tls_cipher_suites,
    )
    return ServerSettings(secure_bind_address=options.https_address, tls=tls)


def metrics_server(options: ServerOptions) -> ServerSettings:
    """
    Return the metrics addresses; here HTTP and HTTPS stand side by side.
    """
    tls = None
    if options.metrics_tls_cert_file or options.metrics_tls_key_file:
        tls = TLSSettings(
            key=SecretSource(from_file=options.metrics_tls_key_file),
            cert=SecretSource(from_file=options.metrics_tls_cert_file),
        )
    return ServerSettings(
        bind_address=options.metrics_address,
        secure_bind_address=options.metrics_secure_address,
        tls=tls,
    )


def upstream(text: str, options: UpstreamOptions) -> UpstreamSettings:
    """
    Return the upstream that one URL of the list means.

    Raises ValueError when it is not a URL.
    """
    url = gourl.parse(text)
    if url.scheme == "static":
        code = static_code(url.host)
        return UpstreamSettings(
            id=text,
            path="/",
            static=True,
            static_code=DEFAULT_STATIC_CODE if code is None else code,
            pass_host_header=False,
            proxy_websockets=False,
        )
    name = path = url.path or "/"
    uri = text
    if url.scheme == "file" and url.fragment:
        name = path = url.fragment
        uri = text.partition("#")[0]
    elif url.scheme == "unix":
        path = "/"
    return UpstreamSettings(
        id=name,
        path=path,
        uri=uri,
        insecure_skip_tls_verify=options.ssl_upstream_insecure_skip_verify,
        flush_interval=options.flush_interval,
        pass_host_header=options.pass_host_header,
        proxy_websockets=options.proxy_websockets,
        timeout=options.upstream_timeout,
        disable_keep_alives=options.disable_keep_alives,
    )


def static_code(host: str) -> int | None:
    """
    Return the status a "static" URL names, or None where it names no number.
    """
    digits = host.removeprefix("+").removeprefix("-")
    return int(host) if digits.isascii() and digits.isdigit() else None


def request_headers(options: HeaderOptions) -> Iterator[HeaderSettings]:
    """
    Yield the headers sent to the upstream.
    """
    keep = not options.skip_auth_strip_headers
    user = "email" if options.prefer_email_to_user else "user"
    if options.pass_basic_auth and options.basic_auth_password:
        yield _header("Authorization", _basic(options), keep=keep)
    if options.pass_basic_auth or options.pass_user_headers:
        yield _header("X-Forwarded-Groups", _claim("groups"), keep=keep)
        yield _header("X-Forwarded-User", _claim(user), keep=keep)
        if not options.prefer_email_to_user:
            yield _header("X-Forwarded-Email", _claim("email"), keep=keep)
        preferred = _claim("preferred_username")
        yield _header("X-Forwarded-Preferred-Username", preferred, keep=keep)
    if options.pass_access_token:
        token = _claim("access_token")
        yield _header("X-Forwarded-Access-Token", token, keep=keep)
    if options.pass_authorization_header:
        yield _header("Authorization", _bearer(), keep=keep)


def response_headers(options: HeaderOptions) -> Iterator[HeaderSettings]:
    """
    Yield the headers put on responses.
    """
    if options.set_xauthrequest:
        yield _header("X-Auth-Request-User", _claim("user"))
        yield _header("X-Auth-Request-Email", _claim("email"))
        preferred = _claim("preferred_username")
        yield _header("X-Auth-Request-Preferred-Username", preferred)
        yield _header("X-Auth-Request-Groups", _claim("groups"))
        if options.pass_access_token:
            yield _header("X-Auth-Request-Access-Token", _claim("access_token"))
    if options.set_basic_auth:
        yield _header("Authorization", _basic(options))
    if options.set_authorization_header:
        yield _header("Authorization", _bearer())


def _header(name: str, claim: ClaimSource, *, keep: bool = False) -> HeaderSettings:
    return HeaderSettings(
        name=name,
        values=(HeaderValue(claim_source=claim),),
        preserve_request_value=keep,
    )


def _claim(name: str) -> ClaimSource:
    return ClaimSource(claim=name)


def _bearer() -> ClaimSource:
    return ClaimSource(claim="id_token", prefix="Bearer ")


def _basic(options: HeaderOptions) -> ClaimSource:
    return ClaimSource(
        claim="email" if options.prefer_email_to_user else "user",
        prefix="Basic ",
        basic_auth_password=SecretSource(value=options.basic_auth_password),
    )


def provider(options: LegacyOptions) -> ProviderSettings:
    """
    Return the one provider that flat options can describe.
    """
    flat = options.provider
    name = flat.provider_display_name
    return ProviderSettings(
        id=name or f"{flat.provider}={flat.client_id}",
        type=flat.provider,
        name=name,
        client_id=flat.client_id,
        client_secret=flat.client_secret,
        client_secret_file=flat.client_secret_file,
        ca_files=flat.provider_ca_files,
        use_system_trust_store=flat.use_system_trust_store,
        login_url=flat.login_url,
        login_url_parameters=tuple(login_parameters(flat)),
        auth_request_response_mode=flat.auth_request_response_mode,
        redeem_url=flat.redeem_url,
        profile_url=flat.profile_url,
        skip_claims_from_profile_url=flat.skip_claims_from_profile_url,
        resource=flat.resource,
        validate_url=flat.validate_url,
        scope=flat.scope,
        allowed_groups=flat.allowed_groups,
        code_challenge_method=(
            flat.code_challenge_method or flat.force_code_challenge_method
        ),
        backend_logout_url=flat.backend_logout_url,
        oidc=oidc(options.oidc),
        types=types(flat.provider, options.provider_types),
    )


def login_parameters(flat: ProviderOptions) -> Iterator[LoginURLParameter]:
    """
    Yield the fixed parameters of the login URL.
    """
    if flat.acr_values:
        yield LoginURLParameter(name="acr_values", default=(flat.acr_values,))
    if flat.prompt:
        yield LoginURLParameter(name="prompt", default=(flat.prompt,))
    else:
        approval = flat.approval_prompt or "force"
        yield LoginURLParameter(name="approval_prompt", default=(approval,))


def oidc(flat: OIDCOptions) -> OIDCSettings:
    """
    Return what the flat options say about OpenID Connect.
    """
    return OIDCSettings(
        issuer_url=flat.oidc_issuer_url,
        insecure_allow_unverified_email=flat.insecure_oidc_allow_unverified_email,
        insecure_skip_issuer_verification=flat.insecure_oidc_skip_issuer_verification,
        insecure_skip_nonce=flat.insecure_oidc_skip_nonce,
        skip_discovery=flat.skip_oidc_discovery,
        jwks_url=flat.oidc_jwks_url,
        public_key_files=flat.oidc_public_key_files,
        email_claim=flat.oidc_email_claim,
        groups_claim=flat.oidc_groups_claim,
        user_id_claim=flat.user_id_claim,
        audience_claims=flat.oidc_audience_claims or ("aud",),
        extra_audiences=flat.oidc_extra_audiences,
        enabled_signing_algs=flat.oidc_enabled_signing_algs,
    )


def types(provider_type: str, flat: ProviderTypeOptions) -> TypeSettings:
    """
    Return the options of this provider's own type; azure's are always kept.
    """
    own = _OWN_TYPE.get(provider_type)
    return TypeSettings(
        azure_tenant=flat.azure_tenant,
        azure_graph_group_field=flat.azure_graph_group_field,
        **(own(flat) if own else {}),
    )


def _google(flat: ProviderTypeOptions) -> dict[str, Any]:
    return {
        "google_groups": flat.google_groups,
        "google_admin_email": flat.google_admin_email,
        "google_service_account_json": flat.google_service_account_json,
        "google_use_application_default_credentials": (
            flat.google_use_application_default_credentials
        ),
        "google_target_principal": flat.google_target_principal,
        "google_use_organization_id": flat.google_use_organization_id,
        "google_admin_api_user_scope": flat.google_admin_api_user_scope,
    }


def _github(flat: ProviderTypeOptions) -> dict[str, Any]:
    return {
        "github_org": flat.github_org,
        "github_team": flat.github_team,
        "github_repo": flat.github_repo,
        "github_token": flat.github_token,
        "github_users": flat.github_users,
    }


_OWN_TYPE: dict[str, Callable[[ProviderTypeOptions], dict[str, Any]]] = {
    "google": _google,
    "github": _github,
    "bitbucket": lambda flat: {
        "bitbucket_team": flat.bitbucket_team,
        "bitbucket_repository": flat.bitbucket_repository,
    },
    "gitlab": lambda flat: {
        "gitlab_groups": flat.gitlab_groups,
        "gitlab_projects": flat.gitlab_projects,
    },
    "entra-id": lambda flat: {
        "entra_id_allowed_tenants": flat.entra_id_allowed_tenants,
        "entra_id_federated_token_auth": flat.entra_id_federated_token_auth,
    },
    "login.gov": lambda flat: {
        "login_gov_jwt_key": flat.jwt_key,
        "login_gov_jwt_key_file": flat.jwt_key_file,
        "login_gov_pubjwk_url": flat.pubjwk_url,
    },
    "keycloak": lambda flat: {"keycloak_groups": flat.keycloak_groups},
    "keycloak-oidc": lambda flat: {
        "keycloak_groups": flat.keycloak_groups,
        "keycloak_roles": flat.allowed_roles,
    },
}
