"""
Render the sign-in and error pages, ours or the operator's.
"""

from collections.abc import Mapping
from typing import Any

from oauthproxy import __version__
from oauthproxy.pages import branding
from oauthproxy.pages.assets import StaticFile, load_static_files, template_text
from oauthproxy.pages.built_in import BuiltInPages
from oauthproxy.pages.files import read_regular_file
from oauthproxy.pages.policy import content_security_policy
from oauthproxy.pages.wording import error_message, status_title
from oauthproxy.ports import Log
from oauthproxy.settings.groups.templates import TemplateOptions


class Pages:
    """
    Render pages by name: "sign_in" and "error".

    Values have the names that custom templates use. `Version`, `ProxyPrefix`,
    `Footer`, `LogoData` and, for errors, `Title` and `Message` are filled in when
    they are not given. Raises SettingsError when the operator's files cannot be used.
    """

    def __init__(
        self,
        templates: TemplateOptions,
        prefix: str,
        *,
        log: Log,
        read_file: branding.ReadFile = read_regular_file,
        version: str = __version__,
    ) -> None:
        self._log = log
        self._custom: dict[str, object] = {}
        self._built_in = BuiltInPages()
        self._static = load_static_files()
        self._common = {
            "Version": version,
            "ProxyPrefix": prefix,
            "Footer": branding.footer(templates.footer, version),
            "LogoData": branding.logo(
                templates.custom_sign_in_logo, self._built_in.logo, read_file
            ),
        }
        self.robots = template_text("robots.txt").encode()
        self._policy = _policy(templates, self._built_in, self._common["LogoData"])

    def render(self, name: str, values: Mapping[str, Any]) -> bytes:
        """
        Return a page in UTF-8.
        """
        return self._built_in.render(name, self._completed(name, values)).encode(
            "utf-8", "replace"
        )

    def static(self, path: str) -> StaticFile | None:
        """
        Return the file at a path below {prefix}/static/, or None.
        """
        return self._static.get(path)

    def content_security_policy(self, name: str) -> str:
        """
        Return the policy to send with a page; empty for a custom one, of which only
        its author knows what it needs.
        """
        return "" if name in self._custom else self._policy

    def _completed(self, name: str, values: Mapping[str, Any]) -> dict[str, Any]:
        completed = {**self._common, **values}
        if name == "error":
            status = completed.setdefault("StatusCode", 500)
            completed.setdefault("Title", status_title(status))
            completed.setdefault("Message", error_message(status))
        return completed


def _policy(templates: TemplateOptions, built_in: BuiltInPages, logo: str) -> str:
    markup = [text for text in (templates.banner, templates.footer) if text]
    if logo != built_in.logo and not logo.startswith("<img "):
        markup.append(logo)
    return content_security_policy(
        built_in.style,
        built_in.script,
        "\n".join(markup),
        logo_address=templates.custom_sign_in_logo,
    )
