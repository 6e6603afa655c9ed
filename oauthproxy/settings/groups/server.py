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
            "Plain HTTP listener: [http://]host:port, tcp4://, tcp6://, "
            'unix://PATH[,mode=OCTAL], fd:N (N>=3, systemd). "" or "-" '
            "disables. Ignored as soon as tls-cert-file or tls-key-file is set."
        ),
    )
    https_address: str = option(
        TEXT,
        ":443",
        scope="legacy",
        holds="bind-address",
        alpha="server.secureBindAddress",
        help=(
            "HTTPS listener [https://]host:port (TCP only). Only used when "
            'tls-cert-file or tls-key-file is set; "" or "-" disables.'
        ),
    )
    tls_cert_file: str = option(
        TEXT,
        "",
        scope="legacy",
        holds="path",
        alpha="server.tls.cert.fromFile",
        help=(
            "PEM certificate chain. Setting it (or tls-key-file) switches the "
            "application to HTTPS only. Not checked by validation, only at start."
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
            '"TLS1.2" or "TLS1.3", exact spelling; "" means TLS1.2. Wrong '
            "value stops start-up. Ignored without TLS files. Does not apply to the "
            "metrics server."
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
            "Go cipher suite names allowed for TLS 1.2 (TLS 1.3 suites are accepted "
            "but not configurable). Unknown name stops start-up. Does not apply to "
            "the metrics server."
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
            "HTTPS listener for metrics; needs the metrics TLS files, otherwise "
            "start-up fails."
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
