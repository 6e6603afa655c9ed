"""
The operator's own pages, Go templates in a folder.
"""

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from oauthproxy.errors import SettingsError
from oauthproxy.gotemplate import Template, TemplateError
from oauthproxy.pages.branding import RAW
from oauthproxy.pages.escaping import Html, HtmlOutput
from oauthproxy.pages.escaping.output import Memory
from oauthproxy.settings.files import ReadFile

FIELDS = {
    "sign_in": (
        "ProviderName",
        "SignInMessage",
        "StatusCode",
        "CustomLogin",
        "Redirect",
        "Version",
        "ProxyPrefix",
        "Footer",
        "LogoData",
    ),
    "error": (
        "Title",
        "Message",
        "StatusCode",
        "Redirect",
        "RequestID",
        "ProxyPrefix",
        "Footer",
        "Version",
        "RetryURL",
        "RetryLabel",
    ),
}


class CustomPage:
    """
    One page from a template; raises TemplateError.
    """

    def __init__(self, name: str, path: str, source: str) -> None:
        self._fields = FIELDS[name]
        self.template = Template(source, name=path, root=f"{name}.html")
        self._memory: Memory = {}

    def check_fields(self) -> None:
        """
        Raise TemplateError when the template names a field that pages do not have.
        """
        self.template.check_fields(self._fields)

    def adopt(self, other: "CustomPage") -> None:
        """
        Let the templates that the other file defines be called from this one.
        """
        self.template.adopt(other.template)

    def render(self, values: Mapping[str, Any]) -> str:
        """
        Return the page; raises TemplateError, or ValueError when a value stands in
        a place in which it cannot be made safe.
        """
        shown: dict[str, object] = dict.fromkeys(self._fields, "")
        for key, value in values.items():
            shown[key] = Html(value) if key in RAW else value
        output = HtmlOutput(self._memory)
        self.template.write(shown, output)
        return output.result()


def load_custom_page(folder: str, name: str, read_file: ReadFile) -> CustomPage | None:
    """
    Return the operator's page, or None when there is no such file. Raises
    SettingsError with file and line when it is no template.
    """
    path = str(PurePath(folder, f"{name}.html"))
    try:
        source = read_file(path).decode("utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as cause:
        raise SettingsError(
            [f"custom_templates_dir: cannot read {path}: {cause}"]
        ) from cause
    try:
        return CustomPage(name, path, source)
    except TemplateError as cause:
        raise SettingsError([f"custom_templates_dir: {cause}"]) from cause
