"""
What nginx needs around the server of a page.
"""

import os
from pathlib import Path

from tests.neighbours.front import executable

MAIN = """
daemon off;
{user}
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/app.conf;
}}
"""


def nginx(folder: Path, server: str) -> list[str]:
    """
    Write the files of an nginx with one server; the command that starts it.
    """
    (folder / "app.conf").write_text(server, encoding="utf-8")
    user = "user root;" if os.geteuid() == 0 else ""
    main = MAIN.format(folder=folder, user=user)
    (folder / "nginx.conf").write_text(main, encoding="utf-8")
    return [
        *(executable("nginx"), "-e", "stderr"),
        *("-p", str(folder), "-c", str(folder / "nginx.conf")),
    ]
