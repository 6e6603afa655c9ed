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
            "Header with the client's address, with reverse-proxy: X-Forwarded-For, "
            "X-Real-IP, X-ProxyUser-IP, X-Envoy-External-Address or CF-Connecting-IP. "
            "The first of several addresses counts."
        ),
    )
    trusted_proxy_ips: tuple[str, ...] = option(
        TEXTS,
        (),
        flag="trusted-proxy-ip",
        holds="ip-or-cidr",
        help=(
            "Addresses or networks whose X-Forwarded-* headers are believed, with "
            "reverse-proxy. Empty means everybody, which is remarked at the start. "
            "Peers on a unix socket are always believed."
        ),
    )
    trusted_ips: tuple[str, ...] = option(
        TEXTS,
        (),
        flag="trusted-ip",
        holds="ip-or-cidr",
        help=(
            "Addresses or networks whose requests need no login. Bits after the "
            "prefix must be zero. With reverse-proxy the address comes from "
            "real-client-ip-header."
        ),
    )
    force_https: bool = option(
        FLAG,
        False,
        help=(
            "Redirect (308) requests that came without TLS to https, with the port of "
            "https-address when the host asked for carries a port. Needs "
            "https-address and a certificate."
        ),
    )
    ssl_insecure_skip_verify: bool = option(
        FLAG,
        False,
        help=(
            "Do not verify the certificate of the provider; provider-ca-file is then "
            "ignored."
        ),
    )
    skip_provider_button: bool = option(
        FLAG,
        False,
        help=(
            "Go to the provider at once, without the sign-in page. Excludes several "
            "providers."
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
            '"ALGORITHM:KEY" for signing requests to upstreams in the header '
            "GAP-Signature; the algorithm is md5, sha1, sha224, sha256, sha384 or "
            "sha512."
        ),
    )
