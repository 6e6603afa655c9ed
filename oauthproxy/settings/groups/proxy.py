"""
How requests are understood and answered.
"""

from attrs import frozen

from oauthproxy.crypto.secret import Secret
from oauthproxy.settings.kinds import FLAG, SECRET, TEXT, TEXTS
from oauthproxy.settings.option import option


@frozen(kw_only=True)
class ProxyOptions:
    """
    How requests are understood and answered.
    """

    proxy_prefix: str = option(
        TEXT,
        "/oauth2",
        holds="url-path",
        help=(
            "URL path prefix of the proxy's own endpoints (PREFIX/sign_in, "
            "/sign_out, /start, /callback, /auth, /userinfo, /static/). Also used "
            "for the default redirect path."
        ),
    )
    redirect_url: str = option(
        TEXT,
        "",
        holds="url",
        help=(
            "Callback URL given to the identity provider. Empty path becomes "
            "PREFIX/callback. With no host in it, scheme and host are taken from "
            "each request (scheme forced to https while cookie-secure is true)."
        ),
    )
    relative_redirect_url: bool = option(
        FLAG,
        False,
        help=(
            "When true redirect-url is sent exactly as configured even if it has no "
            "host."
        ),
    )
    reverse_proxy: bool = option(
        FLAG,
        False,
        help=(
            "When true, X-Forwarded-Proto, X-Forwarded-Host and X-Forwarded-Uri of "
            "trusted peers (trusted-proxy-ip) are honoured, and "
            "real-client-ip-header gives the client address for logs and "
            "trusted-ip."
        ),
    )
    real_client_ip_header: str = option(
        TEXT,
        "X-Real-IP",
        holds="header-name",
        accepted=(
            "X-Forwarded-For",
            "X-Real-IP",
            "X-ProxyUser-IP",
            "X-Envoy-External-Address",
            "CF-Connecting-IP",
        ),
        help=(
            "Header holding the client address; only used (and only validated) "
            "while reverse-proxy is true. Case-insensitive, one of: "
            "X-Forwarded-For, X-Real-IP, X-ProxyUser-IP, X-Envoy-External-Address, "
            "CF-Connecting-IP. First comma-separated item is taken. Not restricted "
            "by trusted-proxy-ip."
        ),
    )
    trusted_proxy_ips: tuple[str, ...] = option(
        TEXTS,
        (),
        flag="trusted-proxy-ip",
        holds="ip-or-cidr",
        help=(
            "Peer addresses or CIDR networks whose X-Forwarded-{Proto,Host,Uri} "
            "headers are believed while reverse-proxy is true. Empty list with "
            "reverse-proxy means every peer (0.0.0.0/0 and ::/0) and a warning. "
            "Unix-socket peers are always believed."
        ),
    )
    trusted_ips: tuple[str, ...] = option(
        TEXTS,
        (),
        flag="trusted-ip",
        holds="ip-or-cidr",
        help=(
            "Client addresses or CIDR networks whose requests skip authentication. "
            "CIDR host bits must be zero. With reverse-proxy the address comes from "
            "real-client-ip-header (a request without that header is not trusted)."
        ),
    )
    force_https: bool = option(
        FLAG,
        False,
        help=(
            "Redirect (308) plain-HTTP requests to https, using the port of the "
            "secure bind address when the request host carries a port. Start-up "
            "fails when the secure bind address is empty or not host:port (so in "
            "legacy mode TLS files are required)."
        ),
    )
    ssl_insecure_skip_verify: bool = option(
        FLAG,
        False,
        help=(
            "Disable TLS certificate checks for calls to the provider. It changes "
            "the process-wide default transport, so HTTPS upstreams are not "
            "verified either. Also makes provider-ca-file be ignored."
        ),
    )
    skip_provider_button: bool = option(
        FLAG,
        False,
        help=(
            "Skip the sign-in page: an unauthenticated request, and PREFIX/sign_in, "
            "go straight to the provider login redirect. Refused when more than one "
            "provider is configured."
        ),
    )
    force_json_errors: bool = option(
        FLAG,
        False,
        help=(
            "Answer unauthenticated (401) and access-denied (403) requests with a "
            'JSON body "{}" instead of a page or redirect.'
        ),
    )
    encode_state: bool = option(
        FLAG,
        False,
        help=(
            "Base64url-encode (unpadded) the OAuth state parameter "
            '"NONCE:REDIRECT", and decode it on callback.'
        ),
    )
    allow_query_semicolons: bool = option(
        FLAG,
        False,
        help=(
            'Treat ";" in the query string like "&" instead of making such '
            "requests' query parameters invalid."
        ),
    )
    request_id_header: str = option(
        TEXT,
        "X-Request-Id",
        holds="header-name",
        help=(
            "Request header whose value is used as request id in logs and on error "
            "pages; a random UUID is used when it is absent."
        ),
    )
    signature_key: Secret = option(
        SECRET,
        Secret(""),
        deprecated=True,
        accepted=(
            "md5:KEY",
            "sha1:KEY",
            "sha224:KEY",
            "sha256:KEY",
            "sha384:KEY",
            "sha512:KEY",
        ),
        help=(
            '"ALGORITHM:KEY" for signing upstream requests with the GAP-Signature '
            "header. Exactly one colon. Algorithms that work: md5, sha1, sha224, "
            "sha256, sha384, sha512 (lower case). Logs a deprecation warning on "
            "stdout when set."
        ),
    )
