"""
Pages, log lines and metric labels, case by case.
"""

from datetime import datetime

from oauthproxy.metrics import Exposition, Metrics
from oauthproxy.pages import Pages, error_message, sign_in_message
from oauthproxy.settings.groups.templates import TemplateOptions
from tests.conformance.casebook import cases
from tests.unit.driver import RecordingLog
from tests.unit.logs.stage import record, scope, stage


@cases("log_line")
def test_log_line(case):
    """Log lines look as the reference's."""
    config, given = case["config"], case["input"]
    kind = config["kind"]
    s = stage(
        **{f"{kind}_logging_format": config["format"]},
        logging_local_time=config["logging_local_time"],
    )
    moment = int(datetime.fromisoformat(given["time"]).timestamp()) * 10**9

    if kind == "request":
        s.logs.request(
            record(
                **{
                    name: given[name]
                    for name in (
                        "client",
                        "request_id",
                        "username",
                        "host",
                        "method",
                        "upstream",
                        "uri",
                        "protocol",
                        "user_agent",
                        "status",
                        "size",
                    )
                },
                started_at=moment,
                duration=round(given["duration"] * 10**9),
            )
        )
    else:
        s.clock.time = moment
        asked = scope(given["user_agent"].encode(), request_id=given["request_id"])
        s.logs.auth(asked, given["username"], given["auth_status"], given["message"])
    s.logs.flush()

    assert s.out.text == case["expect"]["line"] + "\n"


@cases("metrics_label")
def test_metrics_label(case):
    """Requests are counted by lower-case method and decimal status."""
    metrics = Metrics(now=lambda: 0)

    metrics.observe(case["input"]["method"], case["input"]["status"], 0.1)
    body, _ = Exposition(metrics).exposition()

    method, code = case["expect"]["method"], case["expect"]["code"]
    text = body.decode()
    assert f'oauth2_proxy_requests_total{{code="{code}"}} 1.0' in text
    counted = f'oauth2_proxy_response_duration_seconds_count{{method="{method}"}} 1.0'
    assert counted in text


@cases("sign_in_message")
def test_sign_in_message(case):
    """The message above the button says who may come in."""
    config = case["config"]

    message = sign_in_message(
        config.get("banner", ""),
        config["email_domains"],
        config.get("authenticated_emails_file", ""),
    )

    assert message == case["expect"]["message"]


@cases("error_message")
def test_error_message(case):
    """
    The sentence of an error page. Different on purpose: no message is taken for a
    format, so a per cent sign stays one.
    """
    given = case["input"]

    message = error_message(
        given["status"],
        message="".join(given.get("messages", [])),
        internal=given["app_error"],
        debug=case["config"].get("show_debug_on_error", False),
    )

    assert message == case["expect"]["message"].replace("%!(NOVERB)", "%")


@cases("html_value")
def test_html_value(case):
    """Values in the built-in pages are escaped as Go does."""
    pages = Pages(TemplateOptions(), "/oauth2", log=RecordingLog())
    values = {"ProviderName": "P", "Redirect": case["input"]["text"]}

    sign_in = pages.render("sign_in", values).decode()
    error = pages.render("error", values).decode()

    assert case["expect"]["hidden"] in sign_in
    assert case["expect"]["action"] in error
