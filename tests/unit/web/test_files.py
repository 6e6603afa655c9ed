"""
A folder as an upstream, and what we assume about Twisted's files.
"""

import os
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from twisted.web import static

from oauthproxy.settings.model import UpstreamSettings
from oauthproxy.web.files import MOST_RANGES, FileServer, folder
from oauthproxy.web.request import FrontRequest
from oauthproxy.web.session import Known
from tests.unit.net.wire import Wire
from tests.unit.web.stage import Stage, get

SETTINGS = UpstreamSettings(id="files", path="/files/", uri="file:///x")
NOBODY = Known(None, (), b"", b"X-Auth: nobody\r\n", "")


class Folder:
    """
    A folder that is served below `/files/`, and something secret beside it.
    """

    def __init__(
        self, place: Path, *, links_lead_out: bool = False, **changes: Any
    ) -> None:
        self.root = place / "root"
        self.root.mkdir()
        (place / "secret.txt").write_text("secret")
        (place / "rootless").mkdir()
        (place / "rootless" / "x.txt").write_text("secret")
        (self.root / "page.html").write_text("<p>hello")
        (self.root / "sub").mkdir()
        (self.root / "sub" / "deep.txt").write_text("deep")
        served = folder(str(self.root), links_lead_out=links_lead_out)
        server = FileServer(settings=evolve(SETTINGS, **changes), folder=served)

        def serve(request: FrontRequest) -> None:
            server.serve(request, NOBODY, request.uri, ())

        self.stage = Stage(serve)

    def ask(self, target: str, *lines: str, method: str = "GET") -> tuple[int, bytes]:
        """
        Return the status of an answer, and the whole of it.
        """
        wire = self.send(target, *lines, method=method)
        written = wire.take()
        return int(written[9:12]), written

    def send(self, target: str, *lines: str, method: str = "GET") -> Wire:
        """
        Return the wire that an answer was written to.
        """
        wire = self.stage.connect()
        wire.receive(get(target, *lines).replace(b"GET", method.encode(), 1))
        for _ in range(20):
            self.stage.turn()
        return wire


@pytest.fixture
def files(tmp_path: Path) -> Folder:
    """
    A served folder.
    """
    return Folder(tmp_path)


def test_a_file_is_served_whole(files: Folder) -> None:
    """
    Length, type, what the session adds, and the bytes; the connection is kept.
    """
    wire = files.send("/files/page.html")

    written = wire.take()
    assert written.startswith(b"HTTP/1.1 200 OK\r\nX-Auth: nobody\r\n")
    assert b"\r\nContent-Type: text/html; charset=utf-8\r\n" in written
    assert b"\r\nContent-Length: 8\r\n" in written
    assert written.endswith(b"\r\n\r\n<p>hello")
    assert not wire.disconnecting
    assert files.stage.site.live == 0


def test_a_large_file_is_served_in_pieces(files: Folder) -> None:
    """
    All of it comes, though each piece is asked for.
    """
    (files.root / "large").write_bytes(b"x" * 1_000_000)

    _, written = files.ask("/files/large")

    assert written.count(b"x" * 1000) == 1000
    assert written.endswith(b"x")


def test_a_client_that_reads_no_file_holds_it_only_for_a_time(files: Folder) -> None:
    """
    A file is not held open for a client that does not read.
    """
    (files.root / "large").write_bytes(b"x" * 1_000_000)
    wire = files.stage.connect()
    wire.receive(get("/files/large"))
    wire.fill()
    sent = len(wire.take())

    files.stage.turn()
    files.stage.wait(1000)

    assert len(wire.take()) == 0 < sent < 1_000_000
    assert wire.aborted
    wire.lose()


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_every_method_reads(files: Folder, method: str) -> None:
    """
    As with the reference, a file is served whatever the method.
    """
    status, written = files.ask("/files/page.html", method=method)

    assert (status, written[-8:]) == (200, b"<p>hello")
    assert files.ask("/files/sub/", method=method)[0] == 200


def test_head_has_no_body(files: Folder) -> None:
    """
    The same head, and nothing behind it.
    """
    status, written = files.ask("/files/page.html", method="HEAD")

    assert status == 200
    assert b"\r\nContent-Length: 8\r\n" in written
    assert written.endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    "target",
    [
        "/files/../secret.txt",
        "/files/..%2fsecret.txt",
        "/files/%2e%2e/secret.txt",
        "/files/sub/../../secret.txt",
        "/files/%2e%2e%2fsecret.txt",
        "/files/..%5csecret.txt",
        "/files//etc/passwd",
        "/files/%2fetc%2fpasswd",
        "/files/../rootless/x.txt",
        "/files/page.html%00.txt",
        "/files/%00",
        "/files/sub%2fdeep.txt",
        "/files/%ff%fe",
        "/files/page.html/",
        "/files/page.html/x",
        "/files/missing",
        "/elsewhere/../secret.txt",
    ],
)
def test_nothing_outside_is_served(files: Folder, target: str) -> None:
    """
    Dots, slashes and NUL bytes in any spelling lead nowhere.
    """
    status, written = files.ask(target)

    assert status == 404
    assert written.endswith(b"404 page not found\n")


@pytest.mark.parametrize("link", ["../secret.txt", "/etc/passwd", "../rootless"])
def test_links_do_not_lead_outside(files: Folder, link: str) -> None:
    """
    A link in the folder to something outside of it is not followed.
    """
    (files.root / "link").symlink_to(link)

    answers = [files.ask("/files/link")[0], files.ask("/files/link/x.txt")[0]]

    assert answers == [404, 404]


def test_links_lead_outside_where_asked(tmp_path: Path) -> None:
    """
    A file or a folder is followed then, a pipe still not.
    """
    files = Folder(tmp_path, links_lead_out=True)
    os.mkfifo(tmp_path / "pipe")
    for name in ("secret.txt", "rootless", "pipe"):
        (files.root / name).symlink_to(tmp_path / name)

    targets = ("secret.txt", "rootless/x.txt", "pipe")
    answers = [files.ask(f"/files/{target}")[0] for target in targets]

    assert answers == [200, 200, 404]


def test_links_may_lead_inside(files: Folder) -> None:
    """
    A link to something in the folder is that thing.
    """
    (files.root / "sub" / "link.html").symlink_to("../sub/deep.txt")

    assert files.ask("/files/sub/link.html")[1].endswith(b"deep")


def test_a_broken_link_is_not_found(files: Folder) -> None:
    """
    A link to nothing is nothing.
    """
    (files.root / "link").symlink_to("gone")

    assert files.ask("/files/link")[0] == 404


def test_a_pipe_is_not_opened(files: Folder) -> None:
    """
    Reading a named pipe would wait for ever.
    """
    os.mkfifo(files.root / "pipe")

    assert files.ask("/files/pipe")[0] == 404


def test_what_is_missing_is_plain(files: Folder) -> None:
    """
    404 is plain text.
    """
    _, written = files.ask("/files/missing")

    assert b"\r\nContent-Type: text/plain; charset=utf-8\r\n" in written
    assert written.endswith(b"\r\n\r\n404 page not found\n")


def test_a_folder_is_listed_with_names_escaped(files: Folder) -> None:
    """
    A file's name is text, not markup.
    """
    (files.root / "sub" / "<b>").write_text("")

    _, written = files.ask("/files/sub/")

    assert b"deep.txt" in written
    assert b"<b>" not in written


def test_an_index_stands_for_its_folder(files: Folder) -> None:
    """
    `index.html` is served where it exists.
    """
    (files.root / "index.html").write_text("<p>index")

    assert files.ask("/files/")[1].endswith(b"<p>index")


def test_a_folder_without_a_slash_is_sent_to_the_one_with(files: Folder) -> None:
    """
    Links in a list are relative to the folder.
    """
    status, written = files.ask("/files/sub")

    assert status == 302
    assert b"/files/sub/\r\n" in written


def test_a_part_of_a_file(files: Folder) -> None:
    """
    One range is 206 with just these bytes.
    """
    status, written = files.ask("/files/page.html", "Range: bytes=3-5")

    assert status == 206
    assert b"\r\nContent-Length: 3\r\n" in written
    assert written.endswith(b"\r\n\r\nhel")


def test_a_part_beyond_the_end(files: Folder) -> None:
    """
    416 says how long the file is.
    """
    status, written = files.ask("/files/page.html", "Range: bytes=100-")

    assert status == 416
    assert b"bytes */8\r\n" in written


@pytest.mark.parametrize(
    "ranges",
    ["bytes=" + ",".join(["0-"] * (MOST_RANGES + 1)), "bytes=\xff", "bytes=x", "x"],
)
def test_odd_ranges_get_the_whole(files: Folder, ranges: str) -> None:
    """
    Too many parts, or parts that make no sense, are answered with the whole file.
    """
    status, written = files.ask("/files/page.html", f"Range: {ranges}")

    assert (status, written[-8:]) == (200, b"<p>hello")


def test_an_unchanged_file_is_not_sent_again(files: Folder) -> None:
    """
    304 has neither body nor length.
    """
    _, first = files.ask("/files/page.html")
    changed = first.partition(b"Last-Modified: ")[2].partition(b"\r\n")[0].decode()

    status, written = files.ask("/files/page.html", f"If-Modified-Since: {changed}")

    assert status == 304
    assert b"Content-Length" not in written
    assert written.endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.css", b"p{}", b"text/css; charset=utf-8"),
        ("a.tar.gz", b"\x1f\x8b\x08", b"application/gzip"),
        ("README", b"hello", b"text/plain; charset=utf-8"),
        ("image", b"\x89PNG\r\n\x1a\n", b"image/png"),
        ("blob", b"\0\1\2", b"application/octet-stream"),
    ],
)
def test_types_are_those_of_names_or_bytes(
    files: Folder, name: str, content: bytes, kind: bytes
) -> None:
    """
    Nothing unknown is taken for HTML, and an archive is an archive.
    """
    (files.root / name).write_bytes(content)

    _, written = files.ask(f"/files/{name}")

    types = {kind, b"application/x-gzip"} if name.endswith("gz") else {kind}
    found = written.partition(b"Content-Type: ")[2].partition(b"\r\n")[0]
    assert found in types | ({b"application/x-tar"} if "tar" in name else set())
    assert b"Content-Encoding" not in written


def test_a_file_that_shrinks_cuts_its_answer(files: Folder) -> None:
    """
    A short body never looks complete.
    """
    large = files.root / "large"
    large.write_bytes(b"x" * 1_000_000)
    wire = files.stage.connect()
    wire.receive(get("/files/large"))

    large.write_bytes(b"x" * 300_000)
    for _ in range(20):
        files.stage.turn()

    assert wire.aborted


def test_a_file_that_grows_is_as_long_as_it_said(files: Folder) -> None:
    """
    Bytes beyond the length would be taken for the next answer.
    """
    large = files.root / "large"
    large.write_bytes(b"x" * 400_000)
    wire = files.stage.connect()
    wire.receive(get("/files/large"))

    with large.open("ab") as file:
        file.write(b"HTTP/1.1 200 OK\r\n" * 1000)
    for _ in range(20):
        files.stage.turn()

    body = wire.take().partition(b"\r\n\r\n")[2]
    assert body == b"x" * 400_000


def test_a_rewritten_target_is_a_path_in_the_folder(tmp_path: Path) -> None:
    """
    With a rewrite rule the new path counts, not the entry's.
    """
    files = Folder(tmp_path, path="^/old/(.*)$", rewrite_target="/$1")

    assert files.ask("/sub/deep.txt")[1].endswith(b"deep")


# --- what we assume about Twisted


def test_files_give_their_bytes_when_asked() -> None:
    """
    Twisted: `static.File` registers a producer that is not streaming, and ends within
    a call of `resumeProducing`.
    """
    for producer in (
        static.NoRangeStaticProducer,
        static.SingleRangeStaticProducer,
        static.MultipleRangeStaticProducer,
    ):
        assert callable(producer.resumeProducing)
        assert callable(producer.stopProducing)


def test_files_look_up_their_answers_on_the_class() -> None:
    """
    Twisted: `contentTypes`, `contentEncodings`, `childNotFound`, `forbidden` and the
    attribute `type` of `static.File` may be overridden.
    """
    for name in ("contentTypes", "contentEncodings", "childNotFound", "forbidden"):
        assert hasattr(static.File, name)
    assert static.File("/").type is None
