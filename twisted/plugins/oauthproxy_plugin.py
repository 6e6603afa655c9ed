"""
Make `twistd oauthproxy` known to Twisted.
"""

from twisted.application.service import ServiceMaker

oauthproxy = ServiceMaker(
    "oauthproxy", "oauthproxy.service", "Authenticating reverse proxy.", "oauthproxy"
)
