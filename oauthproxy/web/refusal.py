"""
Answers to what is no request.
"""

PHRASES = {
    400: b"Bad Request",
    405: b"Method Not Allowed",
    408: b"Request Timeout",
    417: b"Expectation Failed",
    431: b"Request Header Fields Too Large",
    501: b"Not Implemented",
    505: b"HTTP Version Not Supported",
}


def refusal(status: int, date: bytes) -> bytes:
    """
    Return a whole response that ends its connection; `date` is the value of Date.
    """
    text = b"%d %b" % (status, PHRASES[status])
    return (
        b"HTTP/1.1 %b\r\nContent-Type: text/plain; charset=utf-8\r\n"
        b"Date: %b\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b"
        % (text, date, len(text), text)
    )
