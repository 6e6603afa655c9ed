"""
The Go template language, as far as pages and log formats use it.

A template is parsed once and rendered often. What differs between a log line and a
page is only what happens to a value on its way out (`template.Output`).
"""

from oauthproxy.gotemplate.problem import TemplateError
from oauthproxy.gotemplate.template import Output, PlainOutput, Template

__all__ = ["Output", "PlainOutput", "Template", "TemplateError"]
