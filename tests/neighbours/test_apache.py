"""
Apache ends TLS in front of the proxy (`mod_proxy`), as its page says.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.neighbours.entrance import Believed, Entrance
from tests.neighbours.front import Front, Parties, executable, written

MODULES = ("mpm_event", "authz_core", "ssl", "headers", "proxy", "proxy_http")
MAIN = """
ServerRoot {folder}
PidFile {folder}/apache.pid
DefaultRuntimeDir {folder}
Mutex file:{folder}
ErrorLog /dev/stderr
ServerName localhost
User www-data
Group www-data
Listen 127.0.0.1:{port}
Include {folder}/app.conf
"""


def _modules() -> str:
    folder = next(Path("/usr").glob("lib*/*/modules/mod_proxy.so")).parent
    return "\n".join(
        f"LoadModule {name}_module {folder}/mod_{name}.so" for name in MODULES
    )


@pytest.fixture(scope="module")
def party_at_work(party: Parties) -> Iterator[Parties]:
    """
    Apache and the proxy, running.
    """
    folder = party.folder
    text = written("apache/app.conf", {**party.fronted, "*:443": f"*:{party.front}"})
    (folder / "app.conf").write_text(text, encoding="utf-8")
    main = MAIN.format(folder=folder, port=party.front)
    (folder / "apache.conf").write_text(_modules() + main, encoding="utf-8")
    command = [executable("apache2"), "-DFOREGROUND", "-f", f"{folder}/apache.conf"]
    with (
        party.proxy("apache/oauthproxy.cfg", party.backed),
        Front.start(command, party),
    ):
        yield party


class TestApache(Entrance, Believed):
    """
    What holds with every neighbour that passes everything on and is believed.
    """
