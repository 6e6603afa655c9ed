"""
Addresses to listen on, and TLS.
"""

from attrs import frozen

from oauthproxy.settings.kinds import TEXT, TEXTS
from oauthproxy.settings.option import option


@frozen(kw_only=True)
class ServerOptions:
    """
    Addresses to listen on, and TLS.
    """

    http_address: str = option(
        TEXT,
        "127.0.0.1:4180",
        scope="legacy",
        holds="bind-address",
        alpha="server.bindAddress",
        help=(
            "Address to serve HTTP on: [http://]HOST:PORT, :PORT for all interfaces, "
            "tcp4://, tcp6://, unix:///PATH[,mode=OCTAL], fd:N (3 or more, from "
            'systemd). "" or "-" is none. Ignored as soon as tls-cert-file or '
            "tls-key-file is set."
        ),
    )
    https_address: str = option(
        TEXT,
        ":443",
        scope="legacy",
        holds="bind-address",
        alpha="server.secureBindAddress",
        help=(
            "Address to serve HTTPS on: [https://]HOST:PORT. Used when tls-cert-file "
            'and tls-key-file are set; "" or "-" is none.'
        ),
    )
    tls_cert_file: str = option(
        TEXT,
        "",
        scope="legacy",
        holds="path",
        alpha="server.tls.cert.fromFile",
        help=(
            "PEM certificate chain. With it the application is served with HTTPS only."
        ),
    )
    tls_key_file: str = option(
        TEXT,
        "",
        scope="legacy",
        holds="path",
        alpha="server.tls.key.fromFile",
        help=("PEM private key for tls-cert-file."),
    )
    tls_min_version: str = option(
        TEXT,
        "",
        scope="legacy",
        accepted=("", "TLS1.2", "TLS1.3"),
        alpha="server.tls.minVersion",
        help=(
            'Lowest version of TLS, "TLS1.2" or "TLS1.3"; "" means TLS1.2. Not for '
            "the metrics server."
        ),
    )
    tls_cipher_suites: tuple[str, ...] = option(
        TEXTS,
        (),
        flag="tls-cipher-suite",
        scope="legacy",
        holds="cipher-suite-name",
        alpha="server.tls.cipherSuites",
        help=(
            "Cipher suites for TLS 1.2 by Go's names, such as "
            "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256; those of TLS 1.3 may be named, "
            "but are always on. Not for the metrics server."
        ),
    )
    metrics_address: str = option(
        TEXT,
        "",
        scope="legacy",
        holds="bind-address",
        alpha="metricsServer.bindAddress",
        help=(
            "Plain HTTP listener for Prometheus metrics (any path answers); same "
            'syntax as http-address; "" disables. Stays active beside '
            "metrics-secure-address."
        ),
    )
    metrics_secure_address: str = option(
        TEXT,
        "",
        scope="legacy",
        holds="bind-address",
        alpha="metricsServer.secureBindAddress",
        help=(
            "Address to serve metrics on with HTTPS; needs metrics-tls-cert-file and "
            "metrics-tls-key-file."
        ),
    )
    metrics_tls_cert_file: str = option(
        TEXT,
        "",
        scope="legacy",
        holds="path",
        alpha="metricsServer.tls.cert.fromFile",
        help=("PEM certificate for metrics-secure-address."),
    )
    metrics_tls_key_file: str = option(
        TEXT,
        "",
        scope="legacy",
        holds="path",
        alpha="metricsServer.tls.key.fromFile",
        help=("PEM key for metrics-secure-address."),
    )
