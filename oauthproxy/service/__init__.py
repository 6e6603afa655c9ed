"""
The program as a service, for `twistd oauthproxy` and for the command `oauthproxy`.

`start` reads the command line and binds the addresses, `proxy` is the service,
`tenants` the configurations that it serves one after the other.
"""

from oauthproxy.service.start import Options, make_service, makeService

__all__ = ["Options", "makeService", "make_service"]
