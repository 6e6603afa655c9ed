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
    exit_without_redis: bool = option(
        FLAG,
        False,
        ours=True,
        help="With session-store-type=redis, end the program when Redis does not "
        "answer at the start, as oauth2-proxy does, instead of serving and trying "
        "again.",
    )
    upstreams_through_proxy: bool = option(
        FLAG,
        False,
        ours=True,
        help="Send requests for http:// and https:// upstreams through the proxies "
        "that HTTP_PROXY and HTTPS_PROXY name, unless NO_PROXY names the upstream, as "
        "oauth2-proxy does, instead of directly.",
    )
    insecure_log_tokens: bool = option(
        FLAG,
        False,
        ours=True,
        help="Write tokens, codes and passwords of request targets and messages into "
        "the log, as oauth2-proxy does, instead of REDACTED.",
    )
    insecure_believe_repeated_forwarding: bool = option(
        FLAG,
        False,
        ours=True,
        help="Believe the first of several X-Forwarded-Host, X-Forwarded-Proto, "
        "X-Forwarded-Uri or real-client-ip-header fields, as oauth2-proxy does, also "
        "when they contradict each other.",
    )
    insecure_keep_identity_headers: bool = option(
        FLAG,
        False,
        ours=True,
        help="Take only those identity headers away from requests that are injected "
        "themselves, as oauth2-proxy does; a client can then set the others, such as "
        "X-Forwarded-Email.",
    )
    keep_upstream_identity_headers: bool = option(
        FLAG,
        False,
        ours=True,
        help="Send an upstream's response header beside ours of the same name that "
        "says something about the session, as oauth2-proxy does, instead of leaving "
        "it out.",
    )
    insecure_raw_group_commas: bool = option(
        FLAG,
        False,
        ours=True,
        help="Send a comma within one group, or an element of another list, as it is, "
        "as oauth2-proxy does; a group called a,b then passes for the groups a and b. "
        "Otherwise it is sent as %2C.",
    )
    insecure_basic_user_colons: bool = option(
        FLAG,
        False,
        ours=True,
        help="Send Basic credentials also for a user whose name has a colon, as "
        "oauth2-proxy does; what is behind it then counts as the password.",
    )
    group_objects_as_text: bool = option(
        FLAG,
        False,
        ours=True,
        help="Make one group of a groups claim that is a JSON object, its whole text, "
        "as oauth2-proxy does, instead of a group of each key.",
    )
    ignore_proxy_websockets: bool = option(
        FLAG,
        False,
        ours=True,
        help="Pass WebSocket upgrades on whatever proxy-websockets says, as "
        "oauth2-proxy does.",
    )
    insecure_skip_auth_ambiguous_paths: bool = option(
        FLAG,
        False,
        ours=True,
        help="Let skip-auth-route and skip-auth-regex decide on one reading of a path "
        "alone, as oauth2-proxy does, also where an upstream may take the path for "
        "another, as with dot segments or //, and however long it is.",
    )
    insecure_allow_foreign_pages: bool = option(
        FLAG,
        False,
        ours=True,
        help="Let pages of any other site send forms to sign_in below proxy-prefix and "
        "load sign_out, as oauth2-proxy does.",
    )
    insecure_follow_links: bool = option(
        FLAG,
        False,
        ours=True,
        help="Follow links in the folder of a file:// upstream wherever they lead, as "
        "oauth2-proxy does, instead of within the folder only.",
    )
    insecure_skip_id_token_checks: bool = option(
        FLAG,
        False,
        ours=True,
        help="Accept ID tokens without sub or iat, with an at_hash that does not fit, "
        "of another azp, or typed as access tokens, as oauth2-proxy does. Signature, "
        "issuer, audience and expiry are checked in any case.",
    )
    insecure_believe_unverified_addresses: bool = option(
        FLAG,
        False,
        ours=True,
        help="With the types bitbucket and digitalocean, accept e-mail addresses that "
        "the provider calls unverified, as oauth2-proxy does.",
    )
    allow_broken_cookie_prefixes: bool = option(
        FLAG,
        False,
        ours=True,
        help="Accept a cookie-name that begins with __Host- or __Secure- but cannot "
        "keep what that promises, as oauth2-proxy does, although browsers refuse such "
        "cookies.",
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
