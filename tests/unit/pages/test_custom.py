"""
Pages from the operator's folder.
"""

import os

import pytest

from oauthproxy.errors import SettingsError
from oauthproxy.pages import Pages
from oauthproxy.pages.files import read_regular_file
from oauthproxy.settings.groups.templates import TemplateOptions
from tests.unit.driver import RecordingLog


def pages(folder, **files):
    """
    Return pages with these files in the folder.
    """
    for name, content in files.items():
        (folder / name.replace("__", ".")).write_text(content)
    log = RecordingLog()
    options = TemplateOptions(custom_templates_dir=str(folder))
    return Pages(options, "/oauth2", log=log), log


def test_custom_sign_in_page(tmp_path):
    """A template of the operator replaces ours, with the documented values."""
    made, _ = pages(
        tmp_path,
        sign_in__html=(
            "{{.ProviderName | ToUpper}} {{.ProxyPrefix}} {{.Redirect}} {{.Footer}}"
            "{{if eq .StatusCode 401}}!{{end}}"
        ),
    )

    page = made.render(
        "sign_in", {"ProviderName": "p", "Redirect": "/<", "StatusCode": 401}
    )

    assert page.startswith(b"P /oauth2 /&lt; ")
    assert page.endswith(b"!")
    assert made.content_security_policy("sign_in") == ""
    assert made.content_security_policy("error") != ""


def test_missing_templates_are_ours(tmp_path):
    """Each missing file is replaced by the built-in page, and the log says so."""
    made, log = pages(tmp_path, error__html="{{.StatusCode}} {{.Title}}")

    assert b"<!doctype html>" in made.render("sign_in", {})
    assert made.render("error", {"StatusCode": 404}) == b"404 Not Found"
    assert [kind for kind, text in log.lines if "sign_in.html" in text] == ["info"]


def test_a_broken_template_stops_the_start(tmp_path):
    """The message names file and line."""
    with pytest.raises(SettingsError, match=r"error\.html:2: unclosed action"):
        pages(tmp_path, error__html="a\n{{.Title")


def test_a_failing_template_falls_back(tmp_path):
    """A template that fails while rendering is reported and replaced by ours."""
    made, log = pages(tmp_path, error__html='{{if eq .StatusCode "404"}}{{end}}')

    page = made.render("error", {"StatusCode": 404})

    assert b"<!doctype html>" in page
    assert "incompatible types" in log.lines[-1][1]


def test_unknown_fields_are_reported_at_the_start(tmp_path):
    """A field that pages do not have is named before anybody sees the page."""
    _, log = pages(tmp_path, error__html="{{.Nobody}}")

    assert any(k == "error" and "no field Nobody" in text for k, text in log.lines)


def test_absent_values_are_empty(tmp_path):
    """Documented fields always exist."""
    made, _ = pages(tmp_path, error__html="[{{.RetryURL}}{{.RequestID}}]")

    assert made.render("error", {}) == b"[]"


def test_custom_robots(tmp_path):
    """robots.txt of the folder is served."""
    made, _ = pages(tmp_path, robots__txt="User-agent: x\n")

    assert made.robots == b"User-agent: x\n"


def test_only_regular_files_are_read(tmp_path):
    """A pipe in the place of a page neither blocks nor counts."""
    pipe = tmp_path / "sign_in.html"
    os.mkfifo(pipe)

    with pytest.raises(FileNotFoundError):
        read_regular_file(str(pipe))
    with pytest.raises(OSError, match="regular"):
        read_regular_file(str(tmp_path))


def test_huge_files_are_refused(tmp_path):
    """A page is not larger than 4 MiB."""
    path = tmp_path / "sign_in.html"
    with path.open("wb") as file:
        file.truncate(5 << 20)

    with pytest.raises(OSError, match="larger"):
        read_regular_file(str(path))


def test_a_file_may_define_itself(tmp_path):
    """The reference's own templates stand in a definition of their own name."""
    made, _ = pages(
        tmp_path, error__html='{{define "error.html"}}\n[{{.Title}}]{{end}}\n'
    )

    assert made.render("error", {"StatusCode": 404}) == b"\n[Not Found]"


def test_files_share_their_definitions(tmp_path):
    """A template defined in one file can be called in the other."""
    made, _ = pages(
        tmp_path,
        error__html='{{define "top"}}[{{.}}]{{end}}{{template "top" "e"}}',
        sign_in__html='{{define "z"}}!{{end}}{{template "top" "s"}}{{template "z"}}',
    )

    assert made.render("sign_in", {}) == b"[s]!"
    assert made.render("error", {}) == b"[e]"


@pytest.mark.parametrize("footer", ["", "-", "<b>x</b>"])
def test_footer_is_the_option_as_it_was_given(tmp_path, footer):
    """Custom templates compare the footer with "-" and "" themselves."""
    (tmp_path / "error.html").write_text("[{{.Footer}}]")
    options = TemplateOptions(custom_templates_dir=str(tmp_path), footer=footer)
    made = Pages(options, "/oauth2", log=RecordingLog())

    assert made.render("error", {}).decode() == f"[{footer}]"
