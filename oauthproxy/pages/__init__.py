"""
The pages that people see: HTML from values.
"""

from oauthproxy.pages.assets import StaticFile
from oauthproxy.pages.branding import sign_in_message
from oauthproxy.pages.renderer import Pages
from oauthproxy.pages.wording import error_message

__all__ = ["Pages", "StaticFile", "error_message", "sign_in_message"]
