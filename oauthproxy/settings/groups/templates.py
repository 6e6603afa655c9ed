"""
The pages that people see.
"""

from attrs import frozen

from oauthproxy.settings.kinds import FLAG, TEXT
from oauthproxy.settings.option import option


@frozen(kw_only=True)
class TemplateOptions:
    """
    The pages that people see.
    """

    custom_templates_dir: str = option(
        TEXT,
        "",
        holds="path",
        help=(
            "Folder whose sign_in.html, error.html and robots.txt (each only if a "
            "regular file there) replace the built-in ones."
        ),
    )
    custom_sign_in_logo: str = option(
        TEXT,
        "",
        holds="path-or-url",
        help=(
            'Logo of the sign-in page: "" the built-in one, "-" none, an https:// '
            "URL, or a file that ends in .svg, .png, .jpg or .jpeg."
        ),
    )
    banner: str = option(
        TEXT,
        "",
        holds="html",
        help=(
            'HTML shown above the sign-in button, unescaped; "-" none; "" gives '
            "a text built from email-domain (only when authenticated-emails-file is "
            "empty)."
        ),
    )
    footer: str = option(
        TEXT,
        "",
        holds="html",
        help=(
            'HTML page footer, unescaped; "-" none; "" the built-in one with '
            "the version."
        ),
    )
    display_htpasswd_form: bool = option(
        FLAG,
        True,
        help=(
            "Show the user/password form on the sign-in page when htpasswd-file is set."
        ),
    )
    show_debug_on_error: bool = option(
        FLAG,
        False,
        help=("Show the internal error text on error pages."),
    )
