"""
Values in custom templates are escaped for their places.
"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oauthproxy.gotemplate import Template
from oauthproxy.pages.escaping import Html, HtmlOutput
from oauthproxy.pages.escaping.values import Unplaceable
from tests.unit.pages.test_pages import Outline

NASTY = """"'><script>alert(1)</script>`=${x}\\"""


def rendered(source, value):
    output = HtmlOutput({})
    Template(source, name="t").write({"X": value, "Y": True}, output)
    return output.result()


@pytest.mark.parametrize(
    ("source", "value", "text"),
    [
        # Text.
        ("<p>{{.X}}</p>", "a<b>&\"'+", "<p>a&lt;b&gt;&amp;&#34;&#39;&#43;</p>"),
        ("<p>{{.X}}</p>", Html("<b>x</b>"), "<p><b>x</b></p>"),
        ("<title>{{.X}}</title>", Html("<b>"), "<title>&lt;b&gt;</title>"),
        (
            "<textarea>{{.X}}</textarea>",
            "</textarea>",
            "<textarea>&lt;/textarea&gt;</textarea>",
        ),
        ("a<!-- {{.X}} -- > -->b<!---->c", "-->", "abc"),
        ("a < {{.X}}", "<", "a < &lt;"),
        # Attributes.
        ('<p title="{{.X}}">', 'a"b', '<p title="a&#34;b">'),
        ("<p title='{{.X}}'>", "a'b", "<p title='a&#39;b'>"),
        ("<p title={{.X}}>", "a b=c`d", "<p title=a&#32;b&#61;c&#96;d>"),
        ("<p title={{.X}}>", "", "<p title=ZgotmplZ>"),
        ('<p title="{{.X}}">', Html("<b>x</b>"), '<p title="x">'),
        ("<p {{.X}}=1>", "lang", "<p lang=1>"),
        ("<p {{.X}}=1>", "onclick", "<p ZgotmplZ=1>"),
        ("<p {{.X}}=1>", "a b", "<p ZgotmplZ=1>"),
        ("<p on{{.X}}=1>", "click", "<p onZgotmplZ=1>"),
        # Addresses.
        ('<a href="{{.X}}">', "/a?b=c&d", '<a href="/a?b=c&amp;d">'),
        ('<a href="{{.X}}">', "javascript:x()", '<a href="#ZgotmplZ">'),
        ('<a href="{{.X}}">', "JaVaScRiPt:x", '<a href="#ZgotmplZ">'),
        ('<a href="{{.X}}">', " javascript:x", '<a href="#ZgotmplZ">'),
        ('<a href="{{.X}}">', "data:text/html,x", '<a href="#ZgotmplZ">'),
        ('<a href="{{.X}}">', "mailto:a@b.test", '<a href="mailto:a@b.test">'),
        ('<a href="{{.X}}">', "/a:b", '<a href="/a:b">'),
        ('<a href="/p/{{.X}}">', "javascript:x", '<a href="/p/javascript:x">'),
        ('<a href="/p?q={{.X}}">', "a&b=c/d", '<a href="/p?q=a%26b%3dc%2fd">'),
        ('<a href="{{.X}}?q={{.X}}">', "/é", '<a href="/%c3%a9?q=%2f%c3%a9">'),
        ("<a href={{.X}}>", "/a b", "<a href=/a%20b>"),
        ('<form action="{{.X}}">', "javascript:x", '<form action="#ZgotmplZ">'),
        ('<p data-url="{{.X}}">', "javascript:x", '<p data-url="#ZgotmplZ">'),
        ('<img srcset="{{.X}}">', "/a 2x, /b", '<img srcset="/a%202x%2c%20/b">'),
        ('<iframe srcdoc="{{.X}}">', "<b>", '<iframe srcdoc="&amp;lt;b&amp;gt;">'),
        # Scripts.
        ("<script>x = {{.X}};</script>", 1, "<script>x =  1 ;</script>"),
        ("<script>x = {{.X}};</script>", True, "<script>x =  true ;</script>"),
        ("<script>x = {{.X}};</script>", "a'b", '<script>x =  "a\\u0027b" ;</script>'),
        ("<script>x = '{{.X}}';</script>", "a'b", "<script>x = 'a\\u0027b';</script>"),
        ('<script>x = "{{.X}}";</script>', "\\", '<script>x = "\\u005c";</script>'),
        (
            "<script>/* ' */ x = {{.X}}</script>",
            "a",
            '<script>/* \' */ x =  "a" </script>',
        ),
        ("<script>// '\nx = {{.X}}</script>", "a", '<script>// \'\nx =  "a" </script>'),
        (
            "<script>x = /'/; y = {{.X}}</script>",
            "a",
            '<script>x = /\'/; y =  "a" </script>',
        ),
        (
            "<script>x = a / 1; y = '{{.X}}'</script>",
            "(",
            "<script>x = a / 1; y = '\\u0028'</script>",
        ),
        (
            "<script>x = /[/']/; y = {{.X}}</script>",
            "a",
            '<script>x = /[/\']/; y =  "a" </script>',
        ),
        ("<script>x = /{{.X}}/</script>", "a.b", "<script>x = /a\\u002eb/</script>"),
        ("<script>x = '</script><p>{{.X}}", "<", "<script>x = '</script><p>&lt;"),
        ('<p onclick="f({{.X}})">', "a'b", '<p onclick="f( &#34;a\\u0027b&#34; )">'),
        (
            '<p onclick="f(&quot;{{.X}}&quot;)">',
            '"',
            '<p onclick="f(&quot;\\u0022&quot;)">',
        ),
        # Styles.
        (
            "<style>p { color: {{.X}} }</style>",
            "red",
            "<style>p { color: red }</style>",
        ),
        (
            "<style>p { color: {{.X}} }</style>",
            "red;}",
            "<style>p { color: ZgotmplZ }</style>",
        ),
        ('<p style="color: {{.X}}">', "expression(1)", '<p style="color: ZgotmplZ">'),
        ('<p style="color: {{.X}}">', "#fff", '<p style="color: #fff">'),
        (
            "<style>p { content: '{{.X}}' }</style>",
            "'",
            "<style>p { content: '\\27 ' }</style>",
        ),
        (
            "<style>a { b: url('{{.X}}') }</style>",
            "javascript:x",
            "<style>a { b: url('#ZgotmplZ') }</style>",
        ),
        (
            "<style>a { b: url({{.X}}) }</style>",
            "/a)b",
            "<style>a { b: url(/a%29b) }</style>",
        ),
        # Branches and loops.
        ('<p {{if .Y}}title="{{end}}{{.X}}">', '"', '<p title="&#34;">'),
        (
            "{{range $i := 2}}<p title={{$.X}}>{{end}}",
            "a b",
            "<p title=a&#32;b><p title=a&#32;b>",
        ),
        ("<p a\u00a0b={{.X}}>", "a", "<p a\u00a0b=a>"),
        ("<p \u000bx={{.X}}>", "a", "<p \u000bx=a>"),
    ],
)
def test_value(source, value, text):
    """Each place has its escaping."""
    assert rendered(source, value) == text


@pytest.mark.parametrize(
    "source", ["<{{.X}}>", "<sc{{.X}}>", "<script>`{{.X}}`</script>"]
)
def test_some_places_take_no_value(source):
    """Where no escaping could help, rendering is refused."""
    with pytest.raises(Unplaceable):
        rendered(source, "x")


PLACES = [
    "<p>{{.X}}</p>",
    '<p title="{{.X}}">',
    "<p title='{{.X}}'>",
    "<p title={{.X}} lang=en>",
    "<p {{.X}}=1>",
    '<a href="{{.X}}">',
    "<a href={{.X}}>",
    '<a href="/x?{{.X}}">',
    "<title>{{.X}}</title>",
    "<script>x = {{.X}};</script>",
    "<script>x = '{{.X}}';</script>",
    "<style>p { color: {{.X}} }</style>",
    '<p onclick="f({{.X}})">',
    '<p style="color: {{.X}}">',
    "<!-- {{.X}} -->",
]


@pytest.mark.parametrize("source", PLACES)
@settings(max_examples=60, deadline=None)
@given(value=st.text(st.sampled_from(NASTY + " \n/abon-"), max_size=12))
def test_no_value_leaves_its_place(source, value):
    """Whatever a value is, the elements of the page stay the same."""
    plain = Outline(rendered(source, "x"))
    page = Outline(rendered(source, value))

    assert [tag for tag, _ in page.elements] == [tag for tag, _ in plain.elements]
    for (_, ours), (_, theirs) in zip(page.elements, plain.elements, strict=True):
        assert len(ours) == len(theirs)
