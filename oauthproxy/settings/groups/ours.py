"""
Options that oauth2-proxy does not have.
"""

from attrs import frozen

from oauthproxy.settings.kinds import FLAG, INTEGER, TEXT, TEXTS
from oauthproxy.settings.option import option


@frozen(kw_only=True)
class OurOptions:
    """
    Options that oauth2-proxy does not have.
    """

    listen: tuple[str, ...] = option(
        TEXTS,
        (),
        ours=True,
        help=(
            "Twisted endpoint strings to listen on besides the addresses above, such "
            "as tcp:8080:interface=127.0.0.1, unix:/run/p.sock:mode=660 or "
            "systemd:domain=INET:index=0. With https: in front, such as "
            "https:tcp:8443 or https:haproxy:tcp:8443, it is served over TLS with "
            "tls-cert-file. One with a comma needs double quotes around it."
        ),
    )
    workers: int = option(
        INTEGER,
        1,
        ours=True,
        help="Processes that share the listening sockets.",
    )
    reference_behaviour: bool = option(
        FLAG,
        False,
        ours=True,
        help="Answer as oauth2-proxy does wherever a difference has a switch.",
    )
    exit_without_provider: bool = option(
        FLAG,
        False,
        ours=True,
        help="End the program when the provider's discovery fails at the start, "
        "instead of serving and trying again.",
    )
    insecure_skip_any_options: bool = option(
        FLAG,
        False,
        ours=True,
        help="With skip-auth-preflight, let every OPTIONS request pass without a "
        "login, not only CORS preflights.",
    )
    insecure_client_address_from_anyone: bool = option(
        FLAG,
        False,
        ours=True,
        help="Believe real-client-ip-header from every peer, also from those outside "
        "of trusted-proxy-ip.",
    )
    cookie_secret_previous: tuple[str, ...] = option(
        TEXTS,
        (),
        ours=True,
        holds="secret",
        help="Older cookie secrets that are still read but never written.",
    )
    insecure_skip_session_expiry: bool = option(
        FLAG,
        False,
        ours=True,
        help="Let a session that is past its own expiry go on until its cookie "
        "expires, as oauth2-proxy does; it then ends, or is refreshed, only where "
        "cookie-refresh asks for it.",
    )
    allowed_hosts: tuple[str, ...] = option(
        TEXTS,
        (),
        ours=True,
        holds="domain",
        help="Hosts that requests may name, written like whitelist-domain; others are "
        "answered 421. Without any, every host is served.",
    )
    websocket_origins: tuple[str, ...] = option(
        TEXTS,
        (),
        ours=True,
        holds="domain",
        help="Hosts, written like whitelist-domain, whose pages may open WebSockets "
        "besides those of the host itself; others are answered 403. Without any, "
        "origins are not looked at.",
    )
    upstreams_trust_as_provider: bool = option(
        FLAG,
        False,
        ours=True,
        help="Let ssl-insecure-skip-verify and provider-ca-file count for https "
        "upstreams as well, as in oauth2-proxy. Otherwise upstreams are verified by "
        "the authorities of the system, unless ssl-upstream-insecure-skip-verify is "
        "on.",
    )
    insecure_skip_default_pkce: bool = option(
        FLAG,
        False,
        ours=True,
        help="Use PKCE only where code-challenge-method is set, as oauth2-proxy does. "
        "Otherwise S256 is used with every provider whose discovery announces it.",
    )
    insecure_skip_default_nonce: bool = option(
        FLAG,
        False,
        ours=True,
        help="Send and check no nonce unless insecure-oidc-skip-nonce=false is set, as "
        "oauth2-proxy does. Otherwise it is checked unless that option is set to true.",
    )
    insecure_drop_allowed_groups: bool = option(
        FLAG,
        False,
        ours=True,
        help="Let gitlab-group and keycloak-group, even when empty, and google-group "
        "take the place of allowed-group, and ignore keycloak-group with the type "
        "keycloak-oidc, as oauth2-proxy does. Otherwise a user needs a group of each "
        "list.",
    )
    insecure_skip_google_signature: bool = option(
        FLAG,
        False,
        ours=True,
        help="Believe the ID token that Google's token endpoint gives without "
        "verifying its signature, issuer and audience, as oauth2-proxy does.",
    )
    show_login_to_scripts: bool = option(
        FLAG,
        False,
        ours=True,
        help="Answer also requests of scripts, of parts of pages and for WebSockets "
        "with the sign-in page or the redirect to the provider, as oauth2-proxy does, "
        "instead of 401.",
    )
    unlimited_login_cookies: bool = option(
        FLAG,
        False,
        ours=True,
        help="With cookie-csrf-per-request and no cookie-csrf-per-request-limit, let "
        "any number of CSRF cookies pile up, as oauth2-proxy does, instead of ten.",
    )
    pass_own_cookies: bool = option(
        FLAG,
        True,
        ours=True,
        help="Send the proxy's own cookies on to the upstream.",
    )
    token_endpoint_auth_method: str = option(
        TEXT,
        "",
        accepted=(
            "client_secret_basic",
            "client_secret_post",
            "private_key_jwt",
            "none",
            "",
        ),
        ours=True,
        help="How the types adfs, cidaas, entra-id, gitlab, keycloak-oidc and oidc "
        "prove at the token endpoint who we are, in the words of RFC 7591; none is a "
        "public client, which uses PKCE. Without it the provider's discovery and "
        "what is configured decide.",
    )
    client_assertion_key_file: str = option(
        TEXT,
        "",
        ours=True,
        holds="path",
        help="PEM file of the private RSA, EC or Ed25519 key that signs our "
        "assertions for private_key_jwt; the provider needs its public half.",
    )
    client_assertion_key_id: str = option(
        TEXT,
        "",
        ours=True,
        help="Id (kid) under which the provider knows client-assertion-key-file.",
    )
    sign_out_at_provider: bool = option(
        FLAG,
        False,
        ours=True,
        help="Lead who signs out to the provider's end_session_endpoint, to be signed "
        "out there as well; it sends them back to signed_out below "
        "proxy-prefix.",
    )
    logging_format: str = option(
        TEXT,
        "text",
        accepted=("text", "json"),
        ours=True,
        help="Form of all log lines: text by the three formats, or one JSON object "
        "a line.",
    )
