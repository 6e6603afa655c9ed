"""
Who a log line says has asked.
"""

from oauthproxy.scope import Peer


def client_text(peer: Peer, real_ip: str, *, reverse_proxy: bool) -> str:
    """
    Return the field Client: the peer with its port; behind a reverse proxy the real
    client's address, or the peer's address when nobody told the real one.
    """
    if not reverse_proxy:
        return str(peer)
    return real_ip or ("" if peer.is_unix else peer.address)
