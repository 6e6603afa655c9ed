"""
Whose e-mail address may come in: by domain, or by name in a file.
"""

from collections.abc import Iterable

from attrs import frozen

from oauthproxy.access.records import RecordError, read_records

EVERYBODY = "*"
KELVIN = "\u212a"
"""The one sign that is not ASCII but whose small letter is: `k`."""


class EmailsError(ValueError):
    """
    A file of e-mail addresses cannot be read.
    """


def parse_emails(content: bytes) -> frozenset[str]:
    """
    Return the addresses of a file, lower-cased: the first field of each line, fields
    separated by commas. Raise EmailsError; the caller then keeps what it had.
    """
    try:
        records = read_records(content.decode("utf-8", "surrogateescape"), ",")
    except RecordError as cause:
        raise EmailsError(str(cause)) from cause
    return frozenset(record[0].strip().lower() for record in records)


@frozen
class EmailRule:
    """
    Admit the addresses of `domains` and those in `listed`.

    A domain is `example.com` (exactly), `.example.com` or `*.example.com` (what is
    below it, not itself), or `*` (every address that is not empty). Case does not
    count, but nothing else is taken for what it looks like.
    """

    domains: tuple[str, ...] = ()
    listed: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls, domains: Iterable[str], listed: frozenset[str] = frozenset()
    ) -> "EmailRule":
        """
        Return the rule of configured domains, whose case does not count.
        """
        return cls(tuple(domain.lower() for domain in domains), listed)

    def admits(self, email: str) -> bool:
        """
        Tell whether an address may come in.
        """
        if not email:
            return False
        if EVERYBODY in self.domains:
            return True
        if KELVIN in email:
            return False
        email = email.lower()
        return email in self.listed or self._in_domain(email)

    def _in_domain(self, email: str) -> bool:
        user, _, host = email.partition("@")
        plain = email.isprintable() and " " not in email
        if not user or email.count("@") != 1 or not plain:
            return False
        return any(_matches(host, domain) for domain in self.domains)


def _matches(host: str, domain: str) -> bool:
    if domain.startswith("*."):
        return host.endswith(domain[1:])
    if domain.startswith("."):
        return host.endswith(domain)
    return host == domain
