"""
Kinds of fields, and comma lists.
"""

from oauthproxy.wire.kind import SPELLINGS, FieldKinds, tokens


def test_a_kind_is_found_in_any_case() -> None:
    """
    Field names are compared without case.
    """
    kinds = FieldKinds({b"Content-Length": 3})

    found = [kinds.of(name) for name in (b"content-length", b"CONTENT-LENGTH")]

    assert found == [3, 3]


def test_an_unknown_field_is_nothing_special() -> None:
    """
    A name that was not given has kind 0.
    """
    assert FieldKinds({b"host": 1}).of(b"Hostess") == 0


def test_the_memory_of_spellings_is_bounded() -> None:
    """
    A flood of odd names costs no memory, and kinds stay right.
    """
    kinds = FieldKinds({b"host": 1})

    for number in range(3 * SPELLINGS):
        kinds.of(b"x-%d" % number)

    assert len(kinds) <= SPELLINGS
    assert kinds.of(b"HOST") == 1


def test_a_list_may_span_lines_and_have_holes() -> None:
    """
    Empty members do not count, space around members neither (RFC 9110, 5.6.1).
    """
    assert tokens([b"close, TE", b",,\tUpgrade ,"]) == [b"close", b"te", b"upgrade"]
