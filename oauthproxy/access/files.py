"""
Users and addresses from files that are read again when they change.

Rule 1: a file that cannot be used at the start is an error of the configuration; later
it is a line in the log, and what was known before stays in force.
"""

from collections.abc import Iterable

from oauthproxy.access.emails import EmailRule, EmailsError, parse_emails
from oauthproxy.access.htpasswd import Htpasswd, HtpasswdError
from oauthproxy.errors import SettingsError
from oauthproxy.ports import Entropy, Log
from oauthproxy.settings.files import ReadFile


class PasswordFile:
    """
    The users of an htpasswd file. Raises SettingsError when it cannot be used.
    """

    def __init__(
        self, path: str, read_file: ReadFile, entropy: Entropy, log: Log
    ) -> None:
        self.path = path
        self._read_file = read_file
        self._entropy = entropy
        self._log = log
        try:
            self._users = self._read()
        except (OSError, HtpasswdError) as cause:
            raise SettingsError([f"htpasswd_file: {path}: {cause}"]) from cause

    def _read(self) -> Htpasswd:
        return Htpasswd.parse(self._read_file(self.path), self._entropy)

    def check(self, user: str, password: str) -> bool:
        """
        Tell whether this is the password of this user; slow for bcrypt.
        """
        return self._users.check(user, password)

    def changed(self) -> None:
        """
        Read the file again.
        """
        try:
            self._users = self._read()
        except (OSError, HtpasswdError) as cause:
            self._log.error(f"{self.path} stays as it was read before: {cause}")
        else:
            self._log.info(f"{self.path} was read again: {len(self._users)} users")


class EmailFile:
    """
    The addresses that may come in: those of domains, and those in a file, if any.

    Raises SettingsError when the file cannot be used.
    """

    def __init__(
        self, path: str, domains: Iterable[str], read_file: ReadFile, log: Log
    ) -> None:
        self.path = path
        self._domains = tuple(domains)
        self._read_file = read_file
        self._log = log
        try:
            self._rule = self._read()
        except (OSError, EmailsError) as cause:
            raise SettingsError(
                [f"authenticated_emails_file: {path}: {cause}"]
            ) from cause

    def _read(self) -> EmailRule:
        if not self.path:
            return EmailRule.of(self._domains)
        return EmailRule.of(self._domains, parse_emails(self._read_file(self.path)))

    def admits(self, email: str) -> bool:
        """
        Tell whether an address may come in.
        """
        return self._rule.admits(email)

    def changed(self) -> None:
        """
        Read the file again.
        """
        try:
            self._rule = self._read()
        except (OSError, EmailsError) as cause:
            self._log.error(f"{self.path} stays as it was read before: {cause}")
        else:
            count = len(self._rule.listed)
            self._log.info(f"{self.path} was read again: {count} addresses")
