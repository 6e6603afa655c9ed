"""
TLS towards servers that made their own certificate a moment ago.
"""

import ssl


def trusting() -> ssl.SSLContext:
    """
    Return a context that believes any certificate; for this machine only.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
