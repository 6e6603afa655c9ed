"""
What the operator puts on the pages: logo, message and footer, all of it HTML.
"""

import base64
import html
from collections.abc import Sequence
from pathlib import PurePath

from oauthproxy.errors import SettingsError
from oauthproxy.settings.files import ReadFile

NONE = "-"
RAW = ("SignInMessage", "Footer", "LogoData")
"""The values of a page that are HTML already."""

_PICTURES = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}


def sign_in_message(
    banner: str, email_domains: Sequence[str], authenticated_emails_file: str
) -> str:
    """
    Return the HTML above the sign-in button: the banner, or who may come in.
    """
    if banner:
        return "" if banner == NONE else banner
    if not email_domains or authenticated_emails_file:
        return ""
    domains = [html.escape(domain.lower()) for domain in email_domains]
    if len(domains) > 1:
        listed = ", ".join(domains)
        return f"Authenticate using one of the following domains: {listed}"
    return "" if domains == ["*"] else f"Authenticate using {domains[0]}"


def footer(configured: str, version: str) -> str:
    """
    Return the HTML at the end of every page.
    """
    if configured == NONE:
        return ""
    return configured or f"<p>Secured with oauthproxy {html.escape(version)}</p>"


def logo(configured: str, built_in: str, read_file: ReadFile) -> str:
    """
    Return the HTML of the logo: a link to a picture, or the picture itself. Raises
    SettingsError.
    """
    if configured == NONE:
        return ""
    if not configured:
        return built_in
    if configured.startswith("https://"):
        return _image(configured)
    kind = PurePath(configured).suffix.lower()
    if kind == ".svg":
        return _content(configured, read_file).decode("utf-8", "replace")
    if kind in _PICTURES:
        encoded = base64.b64encode(_content(configured, read_file)).decode()
        return _image(f"data:{_PICTURES[kind]};base64,{encoded}")
    raise SettingsError(
        [f"custom_sign_in_logo: {configured} is no https:// URL, .svg, .png or .jpg"]
    )


def _image(address: str) -> str:
    return f'<img src="{html.escape(address)}" alt="Logo">'


def _content(path: str, read_file: ReadFile) -> bytes:
    try:
        return read_file(path)
    except OSError as cause:
        raise SettingsError(
            [f"custom_sign_in_logo: cannot read {path}: {cause.strerror or cause}"]
        ) from cause
