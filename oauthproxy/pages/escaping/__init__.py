"""
Escape each value of a custom template for the place in which it stands.

`scanner` reads the template's own text and knows the place, `values` escapes for it,
`output` puts the two together. Where a place cannot be told for sure, the stricter
escaping is taken, or the template is refused.
"""

from oauthproxy.pages.escaping.output import Html, HtmlOutput

__all__ = ["Html", "HtmlOutput"]
