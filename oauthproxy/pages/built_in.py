"""
Our own pages.
"""

import base64
import html
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import jinja2
from markupsafe import Markup

from oauthproxy.pages import branding
from oauthproxy.pages.assets import template_text
from oauthproxy.pages.escaping.urls import page_address
from oauthproxy.pages.wording import sign_in_alert

_MOST_PARAMETERS = 100


class BuiltInPages:
    """
    Render the pages that come with the program.
    """

    def __init__(self) -> None:
        self.style = template_text("page.css")
        self.script = template_text("fragment.js")
        self.logo = template_text("logo.svg").strip()
        self._environment = jinja2.Environment(
            autoescape=True,
            loader=jinja2.FunctionLoader(template_text),
            trim_blocks=True,
            undefined=jinja2.ChainableUndefined,
        )
        icon = self.logo.replace("currentColor", "#2450c5")
        self._environment.globals.update(
            style=Markup(self.style),  # noqa: S704 - our own file
            script=Markup(self.script),  # noqa: S704 - our own file
            icon=base64.b64encode(icon.encode()).decode(),
        )
        self._environment.filters.update(value=_value, address=_address)

    def render(self, name: str, values: Mapping[str, Any]) -> str:
        """
        Return a page.
        """
        shown = {
            key: Markup(value) if key in branding.RAW else value  # noqa: S704 - the operator's
            for key, value in values.items()
        }
        footer = branding.footer(
            str(values.get("Footer", "")), values.get("Version", "")
        )
        shown["Footer"] = Markup(footer)  # noqa: S704 - the operator's
        shown["alert"] = sign_in_alert(values.get("StatusCode", 0))
        shown["parameters"] = _parameters(str(values.get("Redirect", "")))
        return self._environment.get_template(f"{name}.html").render(shown)


def _value(text: object) -> Markup:
    """
    Escape an attribute value as the reference does, the plus sign included.
    """
    escaped = (
        html.escape(str(text)).replace("&quot;", "&#34;").replace("&#x27;", "&#39;")
    )
    return Markup(escaped.replace("+", "&#43;"))  # noqa: S704 - escaped above


def _address(text: object) -> Markup:
    """
    Escape an address, and refuse one that is a script.
    """
    return _value(page_address(str(text)))


def _parameters(address: str) -> list[tuple[str, str]]:
    """
    Return the query of an address: a browser drops it from the action of a GET form
    unless it stands in fields.
    """
    query = address.partition("#")[0].partition("?")[2]
    try:
        return parse_qsl(query, keep_blank_values=True, max_num_fields=_MOST_PARAMETERS)
    except ValueError:
        return []
