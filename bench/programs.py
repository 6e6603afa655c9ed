"""
The programs that are measured, each with a configuration of its own making.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from string import Template

from attrs import asdict, frozen

CLIENT_ID, CLIENT_SECRET = "bench", "bench-secret"
CALLBACK = "/oauth2/callback"
COOKIE_SECRET = "b2F1dGhwcm94eS1iZW5jaC1jb29raWUtc2VjcmV0LSE="

NGINX = Template("""\
daemon off;
worker_processes 1;
worker_rlimit_nofile 8192;
pid $folder/pid;
error_log $folder/error.log error;
$user
events { worker_connections 4096; }
http {
    access_log $folder/access.log;
    keepalive_timeout 300s;
    keepalive_requests 1000000000;
    client_max_body_size 0;
    sendfile on;
    tcp_nopush on;
    map $$http_upgrade $$connection_header { websocket upgrade; default ""; }
    client_body_temp_path $folder/body;
    proxy_temp_path $folder/proxy;
    fastcgi_temp_path $folder/fastcgi;
    uwsgi_temp_path $folder/uwsgi;
    scgi_temp_path $folder/scgi;
$rest
}
""")

NGINX_PROXY = Template("""\
    upstream pages { server 127.0.0.1:$pages; keepalive 256; }
    upstream sink { server 127.0.0.1:$sink; keepalive 256; }
    server {
        listen 127.0.0.1:$port$listen_tls backlog=2048;
        ssl_certificate $certificate;
        ssl_certificate_key $key;
        proxy_http_version 1.1;
        proxy_set_header Host $$host;
        proxy_set_header Upgrade $$http_upgrade;
        proxy_set_header Connection $$connection_header;
        proxy_request_buffering off;
        proxy_max_temp_file_size 0;
        proxy_read_timeout 600s;
        location / { proxy_pass http://pages; }
        location /sink/ { proxy_pass http://sink; }
    }
""")

NGINX_PAGES = Template("""\
    server {
        listen 127.0.0.1:$port backlog=2048;
        root $root;
        default_type text/html;
    }
""")

APACHE = Template("""\
ServerRoot $folder
ServerName 127.0.0.1
PidFile $folder/pid
DefaultRuntimeDir $folder
Mutex pthread
User www-data
Group www-data
LoadModule mpm_event_module $modules/mod_mpm_event.so
LoadModule authn_core_module $modules/mod_authn_core.so
LoadModule authz_core_module $modules/mod_authz_core.so
LoadModule authz_user_module $modules/mod_authz_user.so
LoadModule socache_shmcb_module $modules/mod_socache_shmcb.so
LoadModule ssl_module $modules/mod_ssl.so
LoadModule proxy_module $modules/mod_proxy.so
LoadModule proxy_http_module $modules/mod_proxy_http.so
LoadModule proxy_wstunnel_module $modules/mod_proxy_wstunnel.so
LoadModule auth_openidc_module $modules/mod_auth_openidc.so
ErrorLog $folder/error.log
LogLevel error
LogFormat "%h %l %u %t \\"%r\\" %>s %b" common
CustomLog $folder/access.log common
Listen 127.0.0.1:$port
ListenBacklog 2048
KeepAlive On
KeepAliveTimeout 300
MaxKeepAliveRequests 0
Timeout 600
ServerLimit 16
StartServers 8
MinSpareThreads 256
MaxSpareThreads 1024
ThreadsPerChild 64
MaxRequestWorkers 1024
$tls
OIDCProviderMetadataURL $issuer/.well-known/openid-configuration
OIDCClientID $client_id
OIDCClientSecret $client_secret
OIDCRedirectURI $url/oauth2/callback
OIDCCryptoPassphrase $cookie_secret
OIDCScope "openid email profile"
OIDCPKCEMethod S256
OIDCRemoteUserClaim email
OIDCSessionType server-cache
OIDCCacheType shm
OIDCCacheShmEntrySizeMax 65537
OIDCSessionInactivityTimeout 3600
<Location />
    AuthType openid-connect
    Require valid-user
</Location>
ProxyPass /sink/ http://127.0.0.1:$sink/sink/ upgrade=websocket
ProxyPass / http://127.0.0.1:$pages/
""")

APACHE_TLS = Template("""\
SSLEngine on
SSLCertificateFile $certificate
SSLCertificateKeyFile $key
SSLSessionCache shmcb:$folder/tls-sessions(512000)
""")

PROXY = Template("""\
provider = "oidc"
oidc_issuer_url = "$issuer"
client_id = "$client_id"
client_secret = "$client_secret"
code_challenge_method = "S256"
redirect_url = "$url/oauth2/callback"
email_domains = ["*"]
skip_provider_button = true
upstreams = ["http://127.0.0.1:$pages/", "http://127.0.0.1:$sink/sink/"]
cookie_secret = "$cookie_secret"
cookie_secure = false
metrics_address = "127.0.0.1:$metrics"
$more
""")

REDIS = Template("""\
session_store_type = "redis"
redis_connection_url = "redis://127.0.0.1:$redis"
""")

COMPLETE = Template("""\
provider = "oidc"
provider_display_name = "The benchmark"
oidc_issuer_url = "$issuer"
oidc_extra_audiences = ["another"]
client_id = "$client_id"
client_secret = "$client_secret"
code_challenge_method = "S256"
scope = "openid email profile"
prompt = "login"
allowed_groups = ["staff", "administrators"]
insecure_oidc_allow_unverified_email = true
extra_jwt_issuers = ["$issuer=another"]
skip_jwt_bearer_tokens = true
redirect_url = "https://app.example.com/oauth2/callback"
whitelist_domains = [".example.com", "other.example.org:*"]
email_domains = ["example.com"]
authenticated_emails_file = "$folder/emails"
htpasswd_file = "$folder/users"
skip_auth_routes = ["GET=^/public/", "^/healthz$$", "POST=^/hooks/[a-z]+$$"]
api_routes = ["^/api/"]
trusted_ips = ["10.0.0.0/8", "fd00::/8"]
reverse_proxy = true
trusted_proxy_ips = ["192.0.2.0/24"]
real_client_ip_header = "X-Forwarded-For"
upstreams = ["http://127.0.0.1:$pages/", "http://127.0.0.1:$sink/sink/", "file://$folder#/files/"]
pass_access_token = true
pass_authorization_header = true
set_xauthrequest = true
set_authorization_header = true
cookie_secret = "$cookie_secret"
cookie_name = "__Host-session"
cookie_samesite = "lax"
cookie_expire = "24h"
cookie_refresh = "1h"
cookie_csrf_per_request = true
session_store_type = "redis"
redis_connection_url = "redis://127.0.0.1:$redis/0"
https_address = "127.0.0.1:$port"
tls_cert_file = "$certificate"
tls_key_file = "$key"
tls_min_version = "TLS1.2"
metrics_address = "127.0.0.1:$metrics"
logging_filename = "$folder/complete.log"
exclude_logging_paths = ["/ping", "/ready"]
banner = "<b>Welcome</b>"
footer = "-"
""")

REDIS_SERVER = Template("""\
bind 127.0.0.1
port $port
dir $folder
save ""
appendonly no
""")


@frozen(kw_only=True)
class Place:
    """
    What a program's configuration needs to know about its surroundings.
    """

    folder: Path
    port: int
    metrics: int
    pages: int
    sink: int
    redis: int
    issuer: str
    certificate: Path
    key: Path
    tls: bool = False

    @property
    def url(self) -> str:
        """
        Return the origin that the program serves.
        """
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self.port}"

    def fill(self, template: Template, **more: str) -> str:
        """
        Return a configuration text for this place.
        """
        return template.substitute(
            {
                **asdict(self),
                "url": self.url,
                "client_id": CLIENT_ID,
                "client_secret": CLIENT_SECRET,
                "cookie_secret": COOKIE_SECRET,
                **more,
            }
        )

    def write(self, name: str, text: str) -> str:
        """
        Write a file of the program's own and return its path.
        """
        path = self.folder / name
        path.write_text(text)
        return str(path)


@frozen(kw_only=True)
class Kind:
    """
    A kind of program: how to write its configuration, and what it can do.

    `pages_only` leaves out large bodies, memory and TLS; who `bears_rush` is measured
    while very many sign in.
    """

    name: str
    signs_in: bool = True
    has_auth_endpoint: bool = False
    pages_only: bool = False
    bears_rush: bool = False
    is_ours: bool = False
    redis: bool = False
    program: str = ""
    tree: Path = Path(__file__).parents[1]

    def command(self, place: Place) -> Sequence[str]:
        """
        Write the configuration and return the command line that uses it.
        """
        if self.name == "nginx":
            return nginx_command(place, place.fill(NGINX_PROXY, **_nginx_tls(place)))
        if self.name == "apache":
            return _apache_command(place)
        more = _proxy_listens(place) + (place.fill(REDIS) if self.redis else "")
        config = place.write("proxy.cfg", place.fill(PROXY, more=more))
        if self.program:
            return [self.program, f"--config={config}"]
        path = f"PYTHONPATH={self.tree}"
        program = [sys.executable, "-P", "-m", "oauthproxy"]
        return ["env", path, *program, f"--config={config}"]


def pages_command(place: Place, root: Path) -> Sequence[str]:
    """
    Return the command line of the upstream: nginx with files to serve.
    """
    return nginx_command(place, place.fill(NGINX_PAGES, root=str(root)))


def redis_command(place: Place) -> Sequence[str]:
    """
    Return the command line of a Redis that keeps nothing on disk.
    """
    return ["redis-server", place.write("redis.conf", place.fill(REDIS_SERVER))]


def nginx_command(place: Place, rest: str) -> Sequence[str]:
    """
    Return the command line of an nginx with these servers.
    """
    user = "user root;" if os.geteuid() == 0 else ""
    text = NGINX.substitute(folder=place.folder, rest=rest, user=user)
    log = str(place.folder / "error.log")
    return ["nginx", "-e", log, "-c", place.write("nginx.conf", text)]


def _nginx_tls(place: Place) -> dict[str, str]:
    return {"listen_tls": " ssl" if place.tls else ""}


def _apache_command(place: Place) -> Sequence[str]:
    tls = place.fill(APACHE_TLS) if place.tls else ""
    text = place.fill(APACHE, modules="/usr/lib/apache2/modules", tls=tls)
    return ["apache2", "-DFOREGROUND", "-f", place.write("apache.conf", text)]


def _proxy_listens(place: Place) -> str:
    if not place.tls:
        return f'http_address = "127.0.0.1:{place.port}"\n'
    return (
        f'https_address = "127.0.0.1:{place.port}"\n'
        f'tls_cert_file = "{place.certificate}"\ntls_key_file = "{place.key}"\n'
    )
