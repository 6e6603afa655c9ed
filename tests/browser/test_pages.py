"""
Our pages are for everybody: axe finds nothing, in light and dark, wide and narrow.
"""

import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.browser.script import ran
from tests.integration.harness.ports import PATIENCE, until
from tests.integration.harness.program import (
    Program,
    clean_environment,
    command,
    free_address,
)
from tests.integration.harness.provider import Provider
from tests.integration.harness.stage import configuration
from tests.integration.harness.upstream import Upstream

Report = dict[str, Any]

# The user kim, whose password is "right".
HTPASSWD = "kim:{SHA}0nofEXcSAJSXFLGvmfBIpBb11vQ=\n"
LONG = "/a-page-with-a-rather-long-address" * 9


@contextmanager
def _proxy(folder: Path, provider: Provider, options: str) -> Iterator[str]:
    """
    A proxy whose application is gone; its origin.
    """
    folder.mkdir()
    address, upstream = free_address(), Upstream()
    upstream.close()
    origin = f"http://127.0.0.1:{address[1]}"
    text = configuration(
        f'redirect_url = "{origin}/oauth2/callback"\n{options}',
        provider=provider,
        upstream=upstream,
        port=address[1],
    )
    with Program(text, folder=folder, address=address):
        yield origin


@contextmanager
def _demo(folder: Path) -> Iterator[str]:
    """
    The demo; its origin.
    """
    output = folder / "demo"
    with output.open("wb") as out:
        process = subprocess.Popen(
            command("demo"),
            env=clean_environment(),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )

    def address() -> str:
        assert process.poll() is None, output.read_text(encoding="utf-8")
        found = re.search(
            r"http://(?:localhost|127\.0\.0\.1):\d+(?=/\n)",
            output.read_text(encoding="utf-8"),
        )
        return found[0] if found else ""

    try:
        yield until(address, "the demo to print its address")
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(PATIENCE)


def _of_proxy(name: str, origin: str) -> list[dict[str, Any]]:
    return [
        {"name": f"{name}-sign-in", "url": f"{origin}{LONG}"},
        {"name": f"{name}-restart", "url": f"{origin}/oauth2/callback"},
        {"name": f"{name}-bad", "url": f"{origin}/oauth2/sign_in?a=%zz"},
    ]


def _of_forms(origin: str) -> list[dict[str, Any]]:
    form, button = f"{origin}/oauth2/sign_in", "button.secondary"
    wrong = {"#username": "kim", "#password": "wrong"}
    right = {"#username": "kim", "#password": "right"}
    return [
        {
            "name": "form-wrong",
            "url": form,
            "steps": [{"fill": wrong, "press": button}],
        },
        # The login leads to the application, which is not there.
        {"name": "form-gone", "url": form, "steps": [{"fill": right, "press": button}]},
        {
            "name": "form-gone-again",
            "url": form,
            "steps": [{"fill": right, "press": button}, {"press": "a.primary"}],
        },
    ]


def _of_demo(origin: str) -> list[dict[str, Any]]:
    begin = {"press": "button.primary"}
    wrong, right = (
        {
            "fill": {"#username": "alice", "#password": password},
            "press": "button[type=submit]",
        }
        for password in ("wrong", "demo")
    )
    return [
        {"name": "demo-sign-in", "url": f"{origin}/"},
        {"name": "demo-login", "url": f"{origin}/", "steps": [begin]},
        {"name": "demo-wrong", "url": f"{origin}/", "steps": [begin, wrong]},
        {
            "name": "demo-goodbye",
            "url": f"{origin}/",
            "steps": [begin, {"go": "/end_session"}],
        },
        {"name": "demo-application", "url": f"{origin}/", "steps": [begin, right]},
    ]


@pytest.fixture(scope="module")
def report(
    the_provider: Provider, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Report]:
    """
    What axe found on every page.
    """
    folder = tmp_path_factory.mktemp("pages")
    users = folder / "htpasswd"
    users.write_text(HTPASSWD, encoding="utf-8")
    forms = f'htpasswd_file = "{users}"\nbanner = "Please <em>knock</em>."'
    with (
        _proxy(folder / "plain", the_provider, "") as plain,
        _proxy(folder / "forms", the_provider, forms) as form,
        _demo(folder) as demo,
    ):
        visits = [
            *_of_proxy("plain", plain),
            *_of_proxy("form", form),
            *_of_forms(form),
            *_of_demo(demo),
        ]
        yield ran("axe.mjs", {"visits": visits, "pictures": str(folder)})


def _looks(report: Report) -> Iterator[tuple[str, dict[str, Any]]]:
    for page in report["pages"]:
        for look in page["looks"]:
            yield f"{page['name']}, {look['size']}, {look['scheme']}", look


def test_axe_finds_nothing(report: Report) -> None:
    """
    No page breaks a rule of accessibility, in any look, and axe had much to judge.
    """
    found = {name: look["found"] for name, look in _looks(report) if look["found"]}

    assert found == {}
    assert min(look["passed"] for _, look in _looks(report)) > 10


def test_nothing_is_cut_off(report: Report) -> None:
    """
    No page has to be scrolled sideways, on a phone either.
    """
    assert [name for name, look in _looks(report) if look["tooWide"]] == []


def test_dark_is_dark(report: Report) -> None:
    """
    Each page follows the colours that a person prefers.
    """
    for page in report["pages"]:
        light, dark = (
            {look["background"] for look in page["looks"] if look["scheme"] == scheme}
            for scheme in ("light", "dark")
        )
        assert light.isdisjoint(dark), page["name"]


def test_pages_are_those_that_were_meant(report: Report) -> None:
    """
    The walk saw the pages it says it saw.
    """
    seen = {page["name"]: (page["status"], page["title"]) for page in report["pages"]}

    assert seen["plain-sign-in"] == seen["form-sign-in"] == (403, "Sign In")
    assert seen["plain-restart"] == (500, "500 Internal Server Error")
    assert seen["plain-bad"] == (500, "500 Internal Server Error")
    assert seen["form-wrong"][1] == "Sign In"
    assert seen["form-gone"] == (502, "502 Bad Gateway")
    assert seen["form-gone-again"] == seen["form-gone"]
    assert seen["demo-sign-in"] == (403, "Sign In")
    assert seen["demo-wrong"] == (403, seen["demo-login"][1])
    assert seen["demo-application"] == (200, "Sample application")


def test_pages_ask_nobody_else(report: Report) -> None:
    """
    No page loads anything from another host.
    """
    asked = (url for url in report["asked"] if not url.startswith("data:"))
    hosts = {url.split("/")[2].partition(":")[0] for url in asked}

    assert hosts <= {"127.0.0.1", "localhost"}
