"""
What only an alpha configuration can say.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from attrs import frozen

from oauthproxy.settings.alpha.substitute import escaped
from tests.conformance.effects.scene import BASE, Effect, Look, Props
from tests.integration.harness.provider import CLIENT, CLIENT_SECRET

CORE = ("cookie_secret", "email_domains")
OPEN = 'skip_auth_routes = ["^/open", "^/a", "^/old", "^/status"]'
DOCUMENT: Mapping[str, Any] = {
    "providers": [
        {
            "id": "idp",
            "provider": "oidc",
            "clientID": CLIENT,
            "clientSecret": CLIENT_SECRET,
            "oidcConfig": {"issuerURL": "{issuer}", "insecureSkipNonce": False},
        }
    ],
    "upstreamConfig": {"upstreams": [{"id": "app", "path": "/", "uri": "{upstream}"}]},
    "server": {"bindAddress": "127.0.0.1:0"},
}


@frozen
class Alpha(Effect):
    """
    The effect of a path of the alpha configuration, which `option` names; `value`,
    `instead` and `beside` are JSON, the last one a value by path.
    """

    def document(self, value: str) -> str:
        """
        Return the alpha configuration.
        """
        document = json.loads(json.dumps(DOCUMENT))
        said = json.loads(self.beside or "{}")
        if value:
            said[self.option] = json.loads(value)
        for path, each in said.items():
            put(document, path, each)
        return escaped(yaml.safe_dump(document))

    def configuration(self, value: str) -> str:
        """
        Return the core options; the alpha configuration stands behind them, as text.
        """
        core = [f"{name} = {BASE[name]}" for name in CORE]
        return "\n".join([*core, OPEN, SEPARATOR, self.document(value)])

    def look_at(self, text: str, alpha: str, here: Path, props: Props) -> Any:
        """
        Serve both and look.
        """
        core, _, alpha = text.partition(SEPARATOR)
        return super().look_at(core, alpha, here, props)


SEPARATOR = "# ---- alpha"


def put(document: Any, path: str, value: Any) -> None:
    """
    Set a path such as "providers[].name"; a list stands for its first item, and what
    is not there is made.
    """
    *above, last = path.split(".")
    for name in above:
        bare = name.removesuffix("[]")
        inner = document.setdefault(bare, {} if bare == name else [{}])
        document = inner if bare == name else inner[0]
    document[last] = value


def looks(path: str, look: Look, usual: Any, other: Any, **rest: Any) -> Alpha:
    """
    Return the effect of a path: `value` and `instead` are what it holds, `also` other
    values by path, and the rest is as in any effect.
    """
    value, also = json.dumps(rest.pop("value")), json.dumps(rest.pop("also", {}))
    instead = json.dumps(rest.pop("instead")) if "instead" in rest else ""
    return Alpha(path, value, look, usual, other, also, instead, **rest)
