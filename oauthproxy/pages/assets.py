"""
Files below {prefix}/static/.

Our own pages need none of them. They are here for custom templates, which link the
reference's style sheets by these names.
"""

from importlib import resources

from attrs import frozen

_CSS = "text/css; charset=utf-8"
_FILES = {
    "css/bulma.min.css": ("bulma.css", _CSS),
    "css/all.min.css": ("icons.css", _CSS),
}


@frozen
class StaticFile:
    """
    A file as it is sent.
    """

    body: bytes
    content_type: str


def load_static_files() -> dict[str, StaticFile]:
    """
    Return all files by their paths below static/.
    """
    folder = resources.files("oauthproxy.pages") / "static"
    return {
        path: StaticFile((folder / name).read_bytes(), content_type)
        for path, (name, content_type) in _FILES.items()
    }


def template_text(name: str) -> str:
    """
    Return one of the files that the built-in pages are made of.
    """
    folder = resources.files("oauthproxy.pages") / "templates"
    return (folder / name).read_text("utf-8")
