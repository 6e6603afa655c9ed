"""
What the rules look at, and what they say.
"""

from collections.abc import Mapping

from attrs import frozen

from oauthproxy.settings.files import ReadFile
from oauthproxy.settings.model import Settings
from oauthproxy.wire import gourl

LAST_PORT = 65535


@frozen
class Problem:
    """
    Something wrong with an option.

    `option` is its flat name; `alpha` its path in the alpha configuration, for what
    can be set there.
    """

    option: str
    message: str
    alpha: str = ""


@frozen
class Draft:
    """
    Settings that are not checked yet, and what the rules may ask about the world.

    `alpha` tells whether the structure comes from an alpha configuration.
    """

    settings: Settings
    environment: Mapping[str, str]
    read_file: ReadFile
    alpha: bool = False

    def unreadable(self, path: str) -> str:
        """
        Return why a file cannot be read, or the empty text.
        """
        try:
            self.read_file(path)
        except OSError as error:
            return f'cannot read "{path}": {reason(error)}'
        return ""

    def is_directory(self, path: str) -> bool:
        """
        Tell whether the path is a directory; a file there is not opened, which for a
        device or a pipe could go on for ever.
        """
        try:
            self.read_file(f"{path}/")
        except IsADirectoryError:
            return True
        except OSError:
            return False
        return False


def impossible_port(url: gourl.URL) -> str:
    """
    Return what is wrong with a URL's port, or the empty text.
    """
    if not url.port or 0 < int(url.port) <= LAST_PORT:
        return ""
    return f"{url.port} is not a port; {LAST_PORT} is the last one"


def reason(error: OSError) -> str:
    """
    Return the system's words for an error, in lower case.
    """
    return (error.strerror or str(error) or type(error).__name__).lower()
