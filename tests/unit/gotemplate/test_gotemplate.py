"""
The Go template language.
"""

import pytest

from oauthproxy.gotemplate import Template, TemplateError

VALUES = {
    "Name": "kim",
    "Empty": "",
    "Status": 401,
    "Yes": True,
    "No": False,
    "Groups": ["a", "b", "c"],
    "Nested": {"Deep": {"Leaf": "x"}},
    "Ratio": 2.5,
}


def rendered(source):
    return Template(source, name="t").render(VALUES)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        # Fields, text and trimming.
        ("a{{.Name}}b", "akimb"),
        ("{{ .Name }}", "kim"),
        ("{{.Nested.Deep.Leaf}}", "x"),
        ("{{$.Name}}", "kim"),
        ("a \n {{- .Name -}} \n b", "akimb"),
        ("a {{- /* gone */ -}} b", "ab"),
        ("a{{/* gone */}}b", "ab"),
        ("{{-3}}", "-3"),
        ("{{- 3}}", "3"),
        ("{ {{.Name}} }", "{ kim }"),
        ("{{\n.Name\n}}", "kim"),
        # Literals.
        ('{{"a\\tb\\u00e9\\x41"}}', "a\tb\u00e9A"),
        ("{{`raw\\n`}}", "raw\\n"),
        ("{{1_000}} {{0x10}} {{1e3}} {{.5}} {{'a'}}", "1000 16 1000 0.5 97"),
        ("{{true}}{{false}}", "truefalse"),
        # Branches.
        ("{{if .Yes}}a{{else}}b{{end}}", "a"),
        ("{{if .Empty}}a{{else}}b{{end}}", "b"),
        ("{{if .No}}a{{else if .Name}}b{{else}}c{{end}}", "b"),
        ("{{if .No}}a{{else if .Empty}}b{{else}}c{{end}}", "c"),
        ("{{if .No}}a{{end}}", ""),
        ("{{with .Nested}}{{.Deep.Leaf}}{{end}}", "x"),
        ("{{with .Empty}}a{{else}}{{.Name}}{{end}}", "kim"),
        ("{{with .Empty}}a{{else with .Name}}{{.}}{{end}}", "kim"),
        # Loops.
        ("{{range .Groups}}[{{.}}]{{end}}", "[a][b][c]"),
        ("{{range $i, $g := .Groups}}{{$i}}{{$g}}{{end}}", "0a1b2c"),
        ("{{range $g := .Groups}}{{$g}}{{$.Name}}{{end}}", "akimbkimckim"),
        ("{{range slice .Groups 3}}a{{else}}none{{end}}", "none"),
        ("{{range .Groups}}{{if eq . `b`}}{{break}}{{end}}{{.}}{{end}}", "a"),
        ("{{range .Groups}}{{if eq . `b`}}{{continue}}{{end}}{{.}}{{end}}", "ac"),
        ("{{range 3}}{{.}}{{end}}", "012"),
        ("{{range $k, $v := .Nested.Deep}}{{$k}}={{$v}}{{end}}", "Leaf=x"),
        # Variables.
        ("{{$x := .Name}}{{$x}}", "kim"),
        ("{{$x := 1}}{{if .Yes}}{{$x = 2}}{{end}}{{$x}}", "2"),
        ("{{$x := 1}}{{if .Yes}}{{$x := 2}}{{$x}}{{end}}{{$x}}", "21"),
        ("{{with $x := .Name}}{{$x}}{{.}}{{end}}", "kimkim"),
        # Pipelines.
        ("{{.Name | ToUpper}}", "KIM"),
        ('{{.Name | printf "%s-%s" "x"}}', "x-kim"),
        ("{{(.Nested).Deep.Leaf}}", "x"),
        ("{{ToUpper (print .Name .Status)}}", "KIM401"),
        ("{{len (printf `%d` 12345)}}", "5"),
        # Comparisons and logic.
        ("{{eq .Status 400 401}}", "true"),
        ("{{ne .Status 401}}", "false"),
        ("{{and .Yes .Name}}", "kim"),
        ("{{and .Empty .Name}}|{{or .Empty .Name}}|{{or .Empty 0}}", "|kim|0"),
        ("{{not .Yes}}", "false"),
        ("{{lt 1 2}}{{le 2 2}}{{gt 1 2}}{{ge 2 2}}", "truetruefalsetrue"),
        ('{{lt "a" "b"}}', "true"),
        ("{{or .Name (index .Groups 9)}}", "kim"),
        # Functions.
        ("{{len .Groups}}{{len .Name}}{{len `é`}}", "332"),
        ("{{index .Groups 1}}{{index .Nested `Deep` `Leaf`}}", "bx"),
        ("{{slice .Name 1}}{{slice .Name 0 1}}", "imk"),
        ("{{print 1 2 `a` 3}}", "1 2a3"),
        ("{{println 1 `a`}}", "1 a\n"),
        ("{{html `<a&\"'>`}}", "&lt;a&amp;&#34;&#39;&gt;"),
        ("{{urlquery `a b&c`}}", "a+b%26c"),
        ("{{ToLower `ABC`}}", "abc"),
        # Values as text.
        ("{{.Groups}}{{.Nested}}", "[a b c]map[Deep:map[Leaf:x]]"),
        ("{{.Ratio}}", "2.5"),
        # Definitions.
        ('{{define "x"}}<{{.}}>{{end}}{{template "x" .Name}}', "<kim>"),
        ('{{template "x"}}{{define "x"}}a{{end}}', "a"),
        ('{{block "x" .Name}}[{{.}}]{{end}}', "[kim]"),
        ('{{define "x"}}{{$}}{{end}}{{template "x" .Status}}', "401"),
    ],
)
def test_template(source, text):
    """Templates give what they give in Go."""
    assert rendered(source) == text


@pytest.mark.parametrize(
    ("call", "text"),
    [
        ('printf "%d%%" 5', "5%"),
        ('printf "%5d|%-5d|%05d" 42 42 42', "   42|42   |00042"),
        ('printf "%q" "a\\"b"', '"a\\"b"'),
        ('printf "%q" "a\\nb"', '"a\\nb"'),
        ('printf "%x %X" 255 "hi"', "ff 6869"),
        ('printf "%.2f" 1.005', "1.00"),
        ('printf "%.2s" "abc"', "ab"),
        ('printf "%v %v %v" true 1.0 "a"', "true 1 a"),
        ('printf "%t" true', "true"),
        ('printf "%c%U" 65 65', "AU+0041"),
        ('printf "%T" 1', "int"),
        ('printf "%d"', "%!d(MISSING)"),
        ('printf "x" 1', "x%!(EXTRA int=1)"),
        ('printf "%d" "a"', "%!d(string=a)"),
        ('printf "5%"', "5%!(NOVERB)"),
        ('printf "%e" 1500.0', "1.500000e+03"),
        ('printf "%v" 1e21', "1e+21"),
        ('printf "%v %v %v" 100000.0 1e6 1234567.0', "100000 1e+06 1.234567e+06"),
        ('printf "%v %v" 0.0001 0.00001', "0.0001 1e-05"),
        ('printf "%s" nil', "%!s(<nil>)"),
        ('printf "%b %o" 5 8', "101 10"),
        ('printf "%+d" 5', "+5"),
    ],
)
def test_printf(call, text):
    """Formatting follows Go's verbs, its notes about mistakes included."""
    assert rendered(f"{{{{{call}}}}}") == text


@pytest.mark.parametrize(
    ("source", "line", "reason"),
    [
        ("{{", 1, "unclosed action"),
        ("a\n{{.Name", 2, "unclosed action"),
        ("{{if .Name}}", 1, "unexpected EOF"),
        ("{{end}}", 1, "unexpected"),
        ("{{else}}", 1, "unexpected"),
        ("{{if .Yes}}{{else}}{{else}}{{end}}", 1, "expected end"),
        ("\n\n{{nope}}", 3, "not defined"),
        ("{{$x}}", 1, "undefined variable"),
        ("{{if $x := 1}}{{end}}{{$x}}", 1, "undefined variable"),
        ("{{$x = 1}}", 1, "undefined variable"),
        ("{{break}}", 1, "outside of range"),
        ("{{.Name |}}", 1, "missing value"),
        ("{{(.Name}}", 1, "unclosed left paren"),
        ("{{.Name)}}", 1, "unexpected"),
        ('{{"a}}', 1, "unterminated"),
        ("{{/* x }}", 1, "unclosed comment"),
        ("{{1 2}}", 1, "non-function"),
        ('{{"a".B}}', 1, "after a constant"),
        ("{{define x}}{{end}}", 1, "quoted name"),
        ("{{.Name.}}", 1, "unexpected"),
        ("{{ # }}", 1, "unexpected"),
        ("{{block `x`}}{{end}}", 1, "missing value for block"),
    ],
)
def test_a_broken_template_is_refused(source, line, reason):
    """A template that does not parse is refused with its line."""
    with pytest.raises(TemplateError, match=reason) as caught:
        Template(source, name="t")

    assert caught.value.line == line
    assert str(caught.value).startswith(f"t:{line}: ")


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("{{.Nobody}}", "can't evaluate field Nobody"),
        ("{{.Name.First}}", "can't evaluate field First"),
        ("{{eq .Status `401`}}", "incompatible types"),
        ("{{index .Groups 9}}", "out of range"),
        ("{{len 3}}", "error calling len"),
        ("{{ToUpper 3}}", "error calling ToUpper"),
        ("{{ToUpper}}", "error calling ToUpper"),
        ('{{template "nope"}}', "not defined"),
        ("{{range .Yes}}{{end}}", "can't iterate"),
        ("{{.Name 1}}", "non-function"),
        ('{{define "x"}}{{template "x"}}{{end}}{{template "x"}}', "too deeply"),
        ("{{range 400}}{{range 400}}x{{end}}{{end}}", "does not end"),
    ],
)
def test_a_failing_template_says_why(source, reason):
    """What goes wrong while rendering is a TemplateError, and templates end."""
    template = Template(source, name="t")

    with pytest.raises(TemplateError, match=reason):
        template.render(VALUES)


@pytest.mark.parametrize(
    "source",
    [
        "{{.Nobody}}",
        "{{if .Yes}}{{.Nobody}}{{end}}",
        "{{with .Name}}{{$.Nobody}}{{end}}",
        "{{len .Nobody}}",
        "{{(.Nobody)}}",
        "{{range .Groups}}{{else}}{{.Nobody}}{{end}}",
    ],
)
def test_unknown_fields_are_found_without_rendering(source):
    """A field of the starting value that does not exist is named."""
    with pytest.raises(TemplateError, match="no field Nobody"):
        Template(source, name="t").check_fields(VALUES)


@pytest.mark.parametrize(
    "source", ["{{with .Nested}}{{.Deep}}{{end}}", "{{range .Groups}}{{.X}}{{end}}"]
)
def test_fields_of_other_values_are_not_judged(source):
    """Inside with and range the dot is somebody else."""
    Template(source, name="t").check_fields(VALUES)


def test_simple_templates_become_formats():
    """Text and plain fields are rendered by one formatting operation."""
    assert Template("{a} {{.B}}%", name="t").as_format() == "{{a}} {B}%"
    assert Template("{{.B | len}}", name="t").as_format() is None
    assert Template("{{if .B}}{{end}}", name="t").as_format() is None
