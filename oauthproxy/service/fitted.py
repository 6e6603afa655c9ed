"""
What a reload can change, and what has to wait for a restart.
"""

from attrs import evolve

from oauthproxy.settings.model import ServerSettings, Settings


def fitted(wanted: Settings, present: Settings) -> tuple[Settings, tuple[str, ...]]:
    """
    Return settings as far as they can be changed to while serving, and the names of
    the options that have to stay.
    """
    server, names = _with_addresses(wanted.server, present.server, "http")
    metrics, of_metrics = _with_addresses(
        wanted.metrics_server, present.metrics_server, "metrics"
    )
    names += of_metrics
    ours = wanted.ours
    for name in ("listen", "workers"):
        if getattr(ours, name) != getattr(present.ours, name):
            names.append(name)
            ours = evolve(ours, **{name: getattr(present.ours, name)})
    settings = evolve(wanted, server=server, metrics_server=metrics, ours=ours)
    return settings, tuple(names)


def _with_addresses(
    wanted: ServerSettings, present: ServerSettings, prefix: str
) -> tuple[ServerSettings, list[str]]:
    """
    Return a server's settings with the addresses it has, and the names of those that
    were to be others.
    """
    plain, secure = f"{prefix}_address", f"{prefix}_secure_address"
    if prefix == "http":
        secure = "https_address"
    names = []
    if wanted.bind_address != present.bind_address:
        names.append(plain)
    if wanted.secure_bind_address != present.secure_bind_address:
        names.append(secure)
    if (wanted.tls is None) != (present.tls is None):
        names.append(f"{secure} (with or without TLS)")
        wanted = evolve(wanted, tls=present.tls)
    kept = evolve(
        wanted,
        bind_address=present.bind_address,
        secure_bind_address=present.secure_bind_address,
    )
    return kept, names
