"""
Render the sign-in and error pages, ours or the operator's.
"""

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from oauthproxy import __version__
from oauthproxy.gotemplate import TemplateError
from oauthproxy.pages import branding
from oauthproxy.pages.assets import StaticFile, load_static_files, template_text
from oauthproxy.pages.built_in import BuiltInPages
from oauthproxy.pages.custom import CustomPage, load_custom_page
from oauthproxy.pages.files import read_regular_file
from oauthproxy.pages.policy import content_security_policy
from oauthproxy.pages.wording import error_message, status_title
from oauthproxy.ports import Log
from oauthproxy.settings.files import ReadFile
from oauthproxy.settings.groups.templates import TemplateOptions

NAMES = ("sign_in", "error")


class Pages:
    """
    Render pages by name: "sign_in" and "error".

    Values have the names that custom templates use. `Version`, `ProxyPrefix`,
    `Footer`, `LogoData` and, for errors, `Title` and `Message` are filled in when
    they are not given. `robots` is the body of robots.txt. Raises SettingsError when
    the operator's files cannot be used.
    """

    def __init__(
        self,
        templates: TemplateOptions,
        prefix: str,
        *,
        log: Log,
        read_file: ReadFile = read_regular_file,
        version: str = __version__,
    ) -> None:
        self._log = log
        self._built_in = BuiltInPages()
        self._static = load_static_files()
        self._common = {
            "Version": version,
            "ProxyPrefix": prefix,
            "Footer": templates.footer,
            "LogoData": branding.logo(
                templates.custom_sign_in_logo, self._built_in.logo, read_file
            ),
        }
        self._policy = _policy(templates, self._built_in, self._common["LogoData"])
        self._custom: dict[str, CustomPage] = {}
        if templates.custom_templates_dir:
            self._load_custom(templates.custom_templates_dir, read_file)
        self.robots = _robots(templates.custom_templates_dir, read_file)

    def render(self, name: str, values: Mapping[str, Any]) -> bytes:
        """
        Return a page in UTF-8.
        """
        completed = self._completed(name, values)
        page = self._custom_text(name, completed)
        if page is None:
            page = self._built_in.render(name, completed)
        return page.encode("utf-8", "replace")

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

    def _load_custom(self, folder: str, read_file: ReadFile) -> None:
        for name in NAMES:
            page = load_custom_page(folder, name, read_file)
            if page is None:
                self._log.info(f"no {name}.html in {folder}, the built-in one is used")
                continue
            for other in self._custom.values():
                page.adopt(other)
                other.adopt(page)
            self._custom[name] = page
            try:
                page.check_fields()
            except TemplateError as error:
                self._log.error(f"custom page may fail: {error}")

    def _custom_text(self, name: str, values: Mapping[str, Any]) -> str | None:
        """
        Return the operator's page, or None when there is none or it fails.
        """
        custom = self._custom.get(name)
        if custom is None:
            return None
        try:
            return custom.render(values)
        except (TemplateError, ValueError) as error:
            self._log.error(f"custom page failed, the built-in one is shown: {error}")
            return None


def _robots(folder: str, read_file: ReadFile) -> bytes:
    if folder:
        try:
            return read_file(str(PurePath(folder, "robots.txt")))
        except OSError:
            pass
    return template_text("robots.txt").encode()


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
