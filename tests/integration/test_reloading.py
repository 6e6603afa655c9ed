"""
A configuration that is read again while the program serves.
"""

import contextlib
import re
import signal
from pathlib import Path

from tests.integration.harness.ports import until
from tests.integration.harness.running import (
    MODULE,
    TWISTD,
    Running,
    answer,
    configured,
)


def test_reload_uses_a_changed_configuration(tmp_path: Path):
    """SIGHUP puts a changed configuration into use at the same socket."""
    with Running([*MODULE, configured(tmp_path)], tmp_path) as program:
        port = program.port()
        configured(tmp_path, 'ping_path = "/alive"\n')
        program.process.send_signal(signal.SIGHUP)
        program.says("the configuration was read again and is in use")
        got = answer(port, "/alive")
        status = program.stop()

    assert got.startswith("HTTP/1.1 200")
    assert status == 0


def open_files(process: int) -> list[str]:
    """Return the paths of a process's open files."""
    found = []
    for entry in Path(f"/proc/{process}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            found.append(str(entry.readlink()))
    return found


def test_reload_gives_up_the_old_log_file(tmp_path: Path):
    """After a reload that fails, and one that does not, only the new log file is
    open."""
    old, new = tmp_path / "old.log", tmp_path / "new.log"
    flag = configured(tmp_path, f'logging_filename = "{old}"\n')
    with Running([*MODULE, flag], tmp_path) as program:
        until(lambda: old.exists() and "listening" in old.read_text(), "the start")
        more = f'logging_filename = "{new}"\n'
        configured(tmp_path, more + "exit_without_provider = true\n")
        program.process.send_signal(signal.SIGHUP)
        program.says("the new configuration is not used")
        configured(tmp_path, more)
        program.process.send_signal(signal.SIGHUP)
        until(lambda: str(old) not in open_files(program.process.pid), "the old to go")
        files = open_files(program.process.pid)
        status = program.stop()

    assert files.count(str(new)) == 1
    assert "in use" in new.read_text()
    assert status == 0


def test_sessions_in_memory_outlive_a_reload(tmp_path: Path):
    """Who is signed in stays signed in when the configuration is read again."""
    more = 'session_store_type = "memory"\nhtpasswd_file = "users"\n'
    (tmp_path / "users").write_text("kim:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n")
    with Running([*MODULE, configured(tmp_path, more)], tmp_path) as program:
        port = program.port()
        form = "username=kim&password=password"
        entered = answer(port, "/oauth2/sign_in", form=form)
        cookie = re.search(r"(?i)set-cookie: (_oauth2_proxy=[^;]+)", entered)
        assert cookie is not None
        program.process.send_signal(signal.SIGHUP)
        program.says("is in use")
        known = answer(port, "/oauth2/auth", f"Cookie: {cookie[1]}\r\n")
        unknown = answer(port, "/oauth2/auth")

    assert known.startswith("HTTP/1.1 202")
    assert unknown.startswith("HTTP/1.1 401")


def test_reloads_are_counted(tmp_path: Path):
    """The metrics tell how often a reload went well or badly, across reloads."""
    more = 'metrics_address = "127.0.0.1:0"\n'
    with Running([*MODULE, configured(tmp_path, more)], tmp_path) as program:
        program.port()
        found = re.findall(r"listening on \S+:(\d+)\n", program.out)
        for added, words in (("broken", "is not used"), ("", "is in use")):
            configured(tmp_path, more + added)
            program.process.send_signal(signal.SIGHUP)
            program.says(words)
        got = answer(int(found[1]), "/metrics")

    name = "oauthproxy_configuration_reloads_total"
    assert f'{name}{{result="failed"}} 1.0' in got
    assert f'{name}{{result="succeeded"}} 1.0' in got
    assert "oauthproxy_configuration_loaded_timestamp_seconds 1." in got


def test_reload_of_a_broken_configuration_changes_nothing(tmp_path: Path):
    """After SIGHUP with a broken configuration all is as before, and it says why."""
    with Running([*MODULE, configured(tmp_path)], tmp_path) as program:
        port = program.port()
        configured(tmp_path, cookie_secret='"short"')
        program.process.send_signal(signal.SIGHUP)
        program.says("the new configuration is not used: cookie_secret")
        got = answer(port)

    assert got.startswith("HTTP/1.1 200")


def test_reload_under_twistd(tmp_path: Path):
    """Under twistd too, SIGHUP reloads."""
    with Running([*TWISTD, configured(tmp_path)], tmp_path) as program:
        program.port()
        program.process.send_signal(signal.SIGHUP)
        program.says("the configuration was read again and is in use")
        status = program.stop()

    assert status == 0
