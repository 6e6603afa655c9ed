"""
Passwords from a file.
"""

import bcrypt
import pytest

from oauthproxy.access.htpasswd import REMEMBERED, Htpasswd, HtpasswdError
from oauthproxy.access.records import RecordError, read_records
from tests.unit.driver import CountingEntropy

HASH = bcrypt.hashpw(b"right", bcrypt.gensalt(4)).decode()


def users(content: str) -> Htpasswd:
    return Htpasswd.parse(content.encode(), CountingEntropy())


def test_right_password_is_not_hashed_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    bcrypt runs once for a right password, and every time for a wrong one.
    """
    calls: list[bytes] = []
    real = bcrypt.checkpw

    def counting(password: bytes, hashed: bytes) -> bool:
        calls.append(password)
        return real(password, hashed)

    monkeypatch.setattr("oauthproxy.access.htpasswd.bcrypt.checkpw", counting)
    alice = users(f"alice:{HASH}\n")

    outcomes = [alice.check("alice", each) for each in ("right", "right", "no", "no")]

    assert outcomes == [True, True, False, False]
    assert calls == [b"right", b"no", b"no"]


def test_what_is_remembered_is_bounded() -> None:
    """
    However many users sign in, only so many are remembered.
    """
    sha = "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ="
    many = users("".join(f"u{n}:{sha}\n" for n in range(REMEMBERED + 10)))

    assert all(many.check(f"u{n}", "secret") for n in range(REMEMBERED + 10))
    assert len(many._right) == REMEMBERED


def test_password_of_one_is_not_that_of_another() -> None:
    """
    What is remembered belongs to the user and the password together.
    """
    both = users(f"a:{HASH}\nab:{HASH}\n")

    assert both.check("ab", "right")
    assert not both.check("a", "bright")


def test_passwords_longer_than_bcrypt_reads() -> None:
    """
    Only the first 72 bytes count, and longer ones are no error.
    """
    hashed = bcrypt.hashpw(b"x" * 72, bcrypt.gensalt(4)).decode()
    long = users(f"a:{hashed}\n")

    assert long.check("a", "x" * 100)
    assert not long.check("a", "x" * 71)


def test_complaint_names_the_user_and_no_hash() -> None:
    """
    An entry that cannot be used is told by its user.
    """
    with pytest.raises(HtpasswdError, match="carol") as complaint:
        users("carol:plaintext\n")
    assert "plaintext" not in str(complaint.value)


@pytest.mark.parametrize(
    ("text", "records"),
    [
        ('"a""b":c\n', [['a"b', "c"]]),
        ('"a\nb":c\n', [["a\nb", "c"]]),
        ("a:b\r\n\r\n#x\r\nc:d", [["a", "b"], ["c", "d"]]),
        ("  a:  b \n", [["a", "b "]]),
        ("a:\n", [["a", ""]]),
        ("", []),
    ],
)
def test_records(text: str, records: list[list[str]]) -> None:
    """
    Quotes, blanks, comments and line ends are read as Go reads them.
    """
    assert read_records(text, ":") == records


@pytest.mark.parametrize("text", ['"a', '"a"b:c', 'a"b', "a:b\nc"])
def test_broken_records(text: str) -> None:
    """
    A quote out of place or a missing field refuses the file.
    """
    with pytest.raises(RecordError):
        read_records(text, ":")


def test_unknown_users_take_as_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    The time that a refusal takes does not tell whether there is such a user.
    """
    calls: list[bytes] = []

    def counting(_: bytes, hashed: bytes) -> bool:
        calls.append(hashed)
        return False

    monkeypatch.setattr("oauthproxy.access.htpasswd.bcrypt.checkpw", counting)
    sha = "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ="
    file = users(f"bob:{sha}\nalice:{HASH}\n")

    assert not file.check("alice", "wrong")
    assert not file.check("nobody", "wrong")
    assert calls == [HASH.encode(), HASH.encode()]


def test_what_looks_up_nobody_lets_nobody_in() -> None:
    """
    The right password of somebody else is no password of an unknown user.
    """
    assert not users(f"alice:{HASH}\n").check("nobody", "right")
