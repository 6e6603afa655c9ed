"""
The three kinds of log lines.
"""

import json
from typing import Any

import pytest

from oauthproxy.errors import SettingsError
from tests.unit.logs.stage import record, scope, stage


def test_request_lines_wait_for_flush():
    """Request lines are written in batches, in order."""
    s = stage()

    s.logs.request(record(uri="/1"))
    s.logs.request(record(uri="/2"))
    before = list(s.out.batches)
    s.logs.flush()

    assert before == []
    assert len(s.out.batches) == 1
    assert s.out.text.index("/1") < s.out.text.index("/2")


def test_other_lines_are_written_at_once_after_waiting_requests():
    """A message never overtakes the requests that came before it."""
    s = stage()

    s.logs.request(record(uri="/first"))
    s.logs.info("second")

    assert s.out.text.splitlines()[0].count("/first") == 1
    assert s.out.text.splitlines()[1].endswith("second")


def test_many_waiting_lines_are_written_without_flush():
    """The buffer is bounded: 64 KiB of lines go out by themselves."""
    s = stage()

    for _ in range(40):
        s.logs.request(record(uri="/" + "a" * 2000))

    assert len(s.out.batches) == 1


def test_standard_line_names_its_caller():
    """An ordinary line has time, module and line of the caller, and message."""
    s = stage()

    s.logs.info("hello")

    line = s.out.text
    assert line.startswith("[2026/02/03 04:05:06] [test_log.py:")
    assert line.endswith("] hello\n")


def test_errors_go_to_the_error_stream():
    """Errors are written to the error stream only."""
    s = stage()

    s.logs.error("broken")

    assert s.out.text == ""
    assert s.err.text.endswith("broken\n")


def test_errors_to_info_log():
    """`errors_to_info_log` sends errors where all other lines go."""
    s = stage(errors_to_info_log=True)

    s.logs.error("broken")

    assert s.err.text == ""
    assert s.out.text.endswith("broken\n")


@pytest.mark.parametrize(
    "option", ["standard_logging", "auth_logging", "request_logging"]
)
def test_kinds_can_be_switched_off(option):
    """Each kind has its switch; that of ordinary lines holds for errors too."""
    switches: dict[str, Any] = {option: False}
    s = stage(**switches)

    s.logs.info("m")
    s.logs.error("m")
    s.logs.auth(scope(), "kim", "AuthSuccess", "m")
    s.logs.request(record())
    s.logs.flush()

    kinds = {
        "standard_logging": (2, 0),
        "auth_logging": (2, 1),
        "request_logging": (2, 1),
    }
    lines = len(s.out.text.splitlines()), len(s.err.text.splitlines())
    assert lines == kinds[option]


def test_excluded_paths_are_not_logged():
    """A request whose decoded path is excluded leaves no line."""
    s = stage(exclude_logging_paths=("/pi ng",))

    s.logs.request(record(uri="/pi%20ng?x=1"))
    s.logs.request(record(uri="/pi%20ng/"))
    s.logs.flush()

    assert len(s.out.text.splitlines()) == 1


@pytest.mark.parametrize(("silent", "lines"), [(True, 0), (False, 1)])
def test_silence_ping_logging(silent, lines):
    """Health requests are logged unless they are silenced."""
    s = stage(silence_ping_logging=silent)

    s.logs.request(record(health=True))
    s.logs.flush()

    assert len(s.out.text.splitlines()) == lines


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize(
    "field",
    [
        "client",
        "host",
        "protocol",
        "request_id",
        "method",
        "uri",
        "upstream",
        "user_agent",
        "username",
    ],
)
@pytest.mark.parametrize(
    "poison", ["a\nb", "a\r\nb", "a\x85b", "a\u2028b", "a\x1b[2Jb"]
)
def test_request_fields_cannot_end_a_line(form, field, poison):
    """No field of a request can make a second line or a terminal sequence."""
    s = stage(form)

    s.logs.request(record(**{field: poison}))
    s.logs.flush()

    text = s.out.text
    assert len(text.splitlines()) == 1
    assert text[:-1].isprintable()


@pytest.mark.parametrize("form", ["text", "json"])
def test_messages_and_user_names_cannot_end_a_line(form):
    """No message, user name or agent can make a second line."""
    s = stage(form)

    s.logs.info("a\nb")
    s.logs.auth(scope(b"x\ny"), "kim\n[AuthSuccess]", "AuthFailure", "c\nd")

    assert len(s.out.text.splitlines()) == 2


def test_custom_formats_cannot_be_broken_either():
    """Fields are escaped before a custom format sees them."""
    s = stage(request_logging_format="{{.Username}}|{{.Host | printf `%s`}}")

    s.logs.request(record(username="a\nb", host="c\nd"))
    s.logs.flush()

    assert s.out.text == "a\\nb|c\\nd\n"


def test_undecodable_bytes_are_escaped():
    """A byte that is no UTF-8 is shown by its number."""
    s = stage(request_logging_format="{{.UserAgent}}")

    s.logs.request(record(user_agent="a\udcffb"))
    s.logs.flush()

    assert s.out.text == '"a\\xffb"\n'


def test_json_lines_hold_the_same_facts():
    """In JSON each line is one object; what was text in quotes is plain there."""
    s = stage("json")

    s.logs.request(record(user_agent='a"b', username=""))
    s.logs.flush()

    assert json.loads(s.out.text) == {
        "time": "2026-02-03T04:05:06.000Z",
        "kind": "request",
        "client": "192.0.2.1:5000",
        "request_id": "rid-1",
        "username": "",
        "host": "app.test",
        "method": "GET",
        "uri": "/a?x=1",
        "protocol": "HTTP/1.1",
        "upstream": "/",
        "user_agent": 'a"b',
        "status": 200,
        "size": 12,
        "duration": 0.0126,
    }


def test_json_of_the_other_kinds():
    """Ordinary lines and authentication events have their own keys."""
    s = stage("json")

    s.logs.error("m")
    s.logs.auth(scope(), "kim", "AuthFailure", "n")

    standard, auth = json.loads(s.err.text), json.loads(s.out.text)
    assert (standard["kind"], standard["level"]) == ("standard", "error")
    assert standard["file"].startswith("test_log.py:")
    assert (auth["kind"], auth["status"], auth["username"]) == (
        "auth",
        "AuthFailure",
        "kim",
    )


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_code_in_the_callback_is_not_logged(form):
    """The code that comes back from a provider is a credential; its place stays."""
    s = stage(form)

    s.logs.request(record(uri="/oauth2/callback?code=s3cret&state=x"))
    s.logs.flush()

    assert "s3cret" not in s.out.text
    assert "/oauth2/callback?code=REDACTED&state=x" in s.out.text


def test_an_application_may_have_a_code_of_its_own():
    """`code` outside of our own paths is the application's business."""
    s = stage()

    s.logs.request(record(uri="/shop?code=SUMMER&access_token=s3cret"))
    s.logs.flush()

    assert "/shop?code=SUMMER&access_token=REDACTED" in s.out.text


@pytest.mark.parametrize("uri", ["/a?token={}", "/a?t=1&x={}#f", "/verify/{}", "/{}/a"])
def test_a_signed_token_is_not_logged_by_any_name(uri):
    """A token that an application takes by a name of its own can be used as well."""
    s = stage()

    s.logs.request(record(uri=uri.format("eyJhbGciOiJ9.eyJzdWIiOiJ9.c2lnbmVk")))
    s.logs.flush()

    assert "eyJhbGciOiJ9.REDACTED" in s.out.text
    assert "eyJzdWIiOiJ9" not in s.out.text


def test_redaction_can_be_switched_off():
    """Whoever wants the reference's lines gets them."""
    s = stage(redact=False)

    s.logs.request(record(uri="/oauth2/callback?code=s3cret"))
    s.logs.flush()

    assert "code=s3cret" in s.out.text


def test_tokens_in_messages_are_hidden():
    """A token that slipped into a message does not reach the log."""
    s = stage()

    s.logs.info(
        "got Bearer abcdefgh12345678 and eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.sig"
    )

    assert "abcdefgh" not in s.out.text
    assert "eyJzdWIi" not in s.out.text


@pytest.mark.parametrize(
    ("format_", "reason"),
    [
        ("{{.Client", "unclosed action"),
        ("{{.Nobody}}", "no field Nobody"),
        ("{{ shout .Client }}", "not defined"),
    ],
)
def test_a_bad_format_stops_the_start(format_, reason):
    """A format that cannot work is a configuration error that names its option."""
    with pytest.raises(SettingsError) as caught:
        stage(request_logging_format=format_)

    assert "request_logging_format" in str(caught.value)
    assert reason in str(caught.value)


def test_a_full_disk_fails_no_request():
    """Lines that cannot be written are counted and forgotten."""
    s = stage()

    def full(batch):
        raise OSError(28, "No space left on device")

    s.logs._out._sink = full
    s.logs.info("lost")
    s.logs.request(record())
    s.logs.flush()

    assert s.logs.lost == 2


def test_a_long_message_is_searched_once():
    """A megabyte of what could each be the beginning of a token costs no time."""
    s = stage()

    s.logs.error("-eyJ" * 250_000)

    assert s.err.text.count("eyJ") == 250_000
