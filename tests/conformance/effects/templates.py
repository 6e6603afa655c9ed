"""
The pages that people see.
"""

from typing import Any

from tests.conformance.effects.access import HTPASSWD, KIM
from tests.conformance.effects.scene import Effect, Scene

LOGO = "https://logo.test/l.svg"


def on_page(text: str) -> Any:
    """
    Look whether a text is on the sign-in page.
    """
    return lambda scene: text.encode() in scene.ask("/oauth2/sign_in").body


def on_error(scene: Scene) -> bool:
    """
    Look whether the page of a failed login says why.
    """
    visitor = scene.stranger()
    back = visitor.begin()
    scene.provider.codes.clear()
    scene.provider.claims["aud"] = "somebody else"
    return b"somebody else" in visitor.ask(back).body


EFFECTS = (
    Effect("custom_templates_dir", '"{folder}"', on_page("<b>mine</b>"), False, True),
    Effect("custom_sign_in_logo", f'"{LOGO}"', on_page(LOGO), False, True),
    Effect("banner", '"<b>hello</b>"', on_page("<b>hello</b>"), False, True),
    Effect("footer", '"<b>bye</b>"', on_page("<b>bye</b>"), False, True),
    Effect(
        "display_htpasswd_form",
        "false",
        on_page('name="password"'),
        True,
        False,
        HTPASSWD,
        files={"users": KIM},
    ),
    Effect("show_debug_on_error", "true", on_error, False, True),
    Effect(
        "provider_display_name", '"Corp"', on_page("Sign in with Corp"), False, True
    ),
)
