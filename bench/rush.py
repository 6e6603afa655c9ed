"""
Sign in many times at once.

Usage: rush.py URL COUNT; it prints how long that took in seconds, how many were let in,
and how long the slowest login took.
"""

import asyncio
import sys
import time
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from signin import FORM, PERSON

PATIENCE = 60.0


async def ask(
    url: str, cookies: dict[str, str], form: dict[str, str] | None = None
) -> tuple[int, str]:
    """
    Send one request on a connection of its own, keep the cookies that come back, and
    return the status and where the answer leads.
    """
    parts = urlsplit(url)
    target = (parts.path or "/") + ("?" + parts.query if parts.query else "")
    body = b"" if form is None else urlencode(form).encode()
    lines = [
        f"{'GET' if form is None else 'POST'} {target} HTTP/1.1",
        f"Host: {parts.netloc}",
        "Accept: text/html",
        "Connection: close",
    ]
    if cookies:
        pairs = "; ".join(f"{name}={value}" for name, value in cookies.items())
        lines.append(f"Cookie: {pairs}")
    if form is not None:
        lines += [f"Content-Type: {FORM}", f"Content-Length: {len(body)}"]
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write("\r\n".join([*lines, "", ""]).encode() + body)
    answer = await reader.read(-1)
    writer.close()
    return _read(answer, cookies)


def _read(answer: bytes, cookies: dict[str, str]) -> tuple[int, str]:
    head = answer.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
    location = ""
    for line in head[1:]:
        name, _, value = line.partition(":")
        if name.lower() == "location":
            location = value.strip()
        if name.lower() == "set-cookie":
            pair = value.strip().partition(";")[0]
            cookies[pair.partition("=")[0]] = pair.partition("=")[2]
    return int(head[0][9:12]), location


async def sign_in(url: str) -> tuple[bool, float]:
    """
    Go the whole way; return whether it led in, and the seconds it took.
    """
    begun = time.monotonic()
    cookies: dict[str, str] = {}
    _, location = await ask(url, cookies)
    form = dict(parse_qsl(urlsplit(location).query, keep_blank_values=True))
    provider = location.partition("?")[0]
    _, location = await ask(provider, {}, form | PERSON)
    status, location = await ask(urljoin(url, location), cookies)
    went_in = status in (302, 303) and "error" not in location
    return went_in, time.monotonic() - begun


async def main(url: str, count: int) -> None:
    """
    Have everybody sign in at once and say how it went.
    """
    begun = time.monotonic()
    logins = [asyncio.wait_for(sign_in(url), PATIENCE) for _ in range(count)]
    ends = await asyncio.gather(*logins, return_exceptions=True)
    seconds = time.monotonic() - begun
    done = [end for end in ends if not isinstance(end, BaseException)]
    went_in = sum(1 for well, _ in done if well)
    slowest = max((took for _, took in done), default=0.0)
    print(f"{seconds:.3f} {went_in} {slowest:.3f}")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
