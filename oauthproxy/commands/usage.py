"""
What each command says to --help.
"""

USAGES = {
    "check": """\
Usage: oauthproxy check [--output=table|json] [--offline] [OPTION]…

Takes the options of a start and reads the same files and variables. Says what
would keep the program from starting, what is unsafe or has no effect, in which
ways it differs from oauth2-proxy, and whether the identity provider and the
session store answer; --offline asks nobody. Ends with status 1 when anything is
an error.
""",
    "completion": """\
Usage: oauthproxy completion bash|zsh|fish

Prints a script that completes commands, options and their values. It belongs
where the shell looks for such scripts:

    oauthproxy completion bash > /etc/bash_completion.d/oauthproxy
    oauthproxy completion zsh > /usr/local/share/zsh/site-functions/_oauthproxy
    oauthproxy completion fish > /etc/fish/completions/oauthproxy.fish
""",
    "convert": """\
Usage: oauthproxy convert [OPTION]…

Prints what the options, files and variables of a start mean as an alpha
configuration, without checking them.
""",
    "cookie-secret": """\
Usage: oauthproxy cookie-secret

Prints a fresh secret of 32 bytes for --cookie-secret.
""",
    "explain": """\
Usage: oauthproxy explain OPTION

Prints everything about one option, by its flag, key or variable.
""",
}
