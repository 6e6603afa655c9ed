"""
An authenticating reverse proxy: OAuth 2.0 and OpenID Connect login in front of
any web application.
"""

__version__ = "0.1.0"
