"""
Rules for how requests are understood and answered, for pages and for logs.
"""

from collections.abc import Iterator

from oauthproxy.gotemplate import Template, TemplateError
from oauthproxy.settings.check.access import networks
from oauthproxy.settings.check.problem import Draft, Problem
from oauthproxy.settings.groups.logging import (
    AUTH_FIELDS,
    REQUEST_FIELDS,
    STANDARD_FIELDS,
)
from oauthproxy.settings.groups.proxy import ProxyOptions
from oauthproxy.settings.option import accepted
from oauthproxy.wire import gourl

CLIENT_IP_HEADERS = accepted(ProxyOptions, "real_client_ip_header")
SIGNATURE_ALGORITHMS = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512")
LOGO_ENDINGS = (".svg", ".png", ".jpg", ".jpeg")


def proxy(draft: Draft) -> Iterator[Problem]:
    """
    Yield what is wrong with options about requests and answers.
    """
    options = draft.settings.proxy
    if not options.proxy_prefix.startswith("/"):
        message = f'"{options.proxy_prefix}" does not start with "/"'
        yield Problem("proxy_prefix", message)
    yield from _redirect_url(options)
    yield from _signature_key(options)
    known = {name.lower() for name in CLIENT_IP_HEADERS}
    header = options.real_client_ip_header
    if options.reverse_proxy and header.lower() not in known:
        message = f'"{header}" is not one of {", ".join(CLIENT_IP_HEADERS)}'
        yield Problem("real_client_ip_header", message)
    yield from networks("trusted_proxy_ips", options.trusted_proxy_ips)


def _redirect_url(options: ProxyOptions) -> Iterator[Problem]:
    try:
        gourl.parse(options.redirect_url)
    except ValueError as error:
        message = f'"{options.redirect_url}" is not a URL: {error}'
        yield Problem("redirect_url", message)


def _signature_key(options: ProxyOptions) -> Iterator[Problem]:
    if not options.signature_key:
        return
    algorithm, *key = options.signature_key.reveal().split(":")
    if len(key) != 1:
        yield Problem("signature_key", "must be ALGORITHM:KEY")
    elif algorithm not in SIGNATURE_ALGORITHMS:
        message = f"its algorithm is not one of {', '.join(SIGNATURE_ALGORITHMS)}"
        yield Problem("signature_key", message)


def pages(draft: Draft) -> Iterator[Problem]:
    """
    Yield what is wrong with options about pages.
    """
    options = draft.settings.templates
    folder = options.custom_templates_dir
    if folder and not draft.is_directory(folder):
        yield Problem("custom_templates_dir", f'"{folder}" is not a directory')
    logo = options.custom_sign_in_logo
    if logo in ("", "-") or logo.startswith("https://"):
        return
    if not logo.lower().endswith(LOGO_ENDINGS):
        message = f'"{logo}" is not https://… or a file {", ".join(LOGO_ENDINGS)}'
        yield Problem("custom_sign_in_logo", message)
        return
    reason = draft.unreadable(logo)
    if reason:
        yield Problem("custom_sign_in_logo", reason)


FORMATS = (
    ("standard_logging_format", STANDARD_FIELDS),
    ("auth_logging_format", AUTH_FIELDS),
    ("request_logging_format", REQUEST_FIELDS),
)


def logs(draft: Draft) -> Iterator[Problem]:
    """
    Yield what is wrong with options about logs.
    """
    options = draft.settings.logging
    for name, known in FORMATS:
        try:
            Template(getattr(options, name), name=name).check_fields(known)
        except TemplateError as error:
            yield Problem(name, error.text)
    file = options.logging_filename
    if file:
        yield from _log_file(draft, file)


def _log_file(draft: Draft, file: str) -> Iterator[Problem]:
    folder = file.rpartition("/")[0] or ("/" if file.startswith("/") else ".")
    if draft.is_directory(file):
        yield Problem("logging_filename", f'"{file}" is a directory')
    elif not draft.is_directory(folder):
        yield Problem("logging_filename", f'there is no directory "{folder}"')
