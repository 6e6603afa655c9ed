"""
Sessions, cookies and tickets as the reference writes and reads them.

Every vector was produced by the reference itself; see the file's own provenance.
"""

import hashlib
import time
from typing import Any

import pytest

from oauthproxy.crypto.ciphers import (
    CipherError,
    cfb_decrypt,
    cfb_encrypt,
    gcm_decrypt,
    gcm_encrypt,
)
from oauthproxy.crypto.cookie_secret import cookie_key, usable
from oauthproxy.crypto.nonce import hash_nonce
from oauthproxy.crypto.signed_value import SignedValueError, sign, verify
from oauthproxy.errors import NoSession, SessionRefused
from oauthproxy.session import codec, lz4frame
from oauthproxy.session.claims import claim_values
from oauthproxy.session.cookie_store import CookieStore, part_name
from oauthproxy.session.csrf import CSRF, CSRFJar
from oauthproxy.session.lz4frame import FrameError
from oauthproxy.session.memory import MemoryVault
from oauthproxy.session.msgpack import MessagePackError, unpack
from oauthproxy.session.session import Session
from oauthproxy.session.ticket import Ticket
from oauthproxy.session.ticket_store import TicketStore
from oauthproxy.session.times import age, expired
from oauthproxy.wire.cookies import Cookies, CookieWriter
from tests.conformance.session_vectors import (
    GIGA,
    Drawn,
    b64,
    clock,
    cookie_store,
    cookies,
    groups,
    nanoseconds,
    options,
    secrets,
    session,
    spelled,
    vectors,
    written_session,
)
from tests.unit.driver import FakeClock, run

Vector = dict[str, Any]

TESTED = {
    "secret_bytes", "sign", "validate", "cipher_enc", "cipher_dec", "msgpack_enc",
    "msgpack_dec", "lz4_enc", "lz4_dec", "cookie_attrs", "split_name", "split_value",
    "cookie_parse", "cookie_save", "cookie_load", "cookie_clear", "ticket_save",
    "ticket_load", "ticket_decode", "ticket_clear", "csrf_make", "csrf_load",
    "csrf_name", "csrf_limit", "hash_nonce", "session_time", "get_claim",
}  # fmt: skip
ELSEWHERE = {"state_encode", "state_decode", "htpasswd", "emails", "redis_url"}


def test_every_group_is_tested() -> None:
    """
    No group of vectors is left out, here and in the files beside this one.
    """
    assert set(groups()) == TESTED | ELSEWHERE


@vectors("secret_bytes")
def test_secret_bytes(vector: Vector) -> None:
    """
    A cookie secret becomes the key that the reference makes of it.
    """
    key = cookie_key(vector["in"]["secret"])

    assert key.hex() == vector["out"]["key_hex"]
    assert usable(key) == vector["out"]["usable"]


@vectors("sign")
def test_sign(vector: Vector) -> None:
    """
    A value is signed to the byte.
    """
    given = vector["in"]

    value = sign(
        given["seed"].encode(),
        given["cookie_name"],
        b64(given["payload_b64"]),
        given["timestamp"],
    )

    assert value == vector["out"]["value"]


@vectors("validate")
def test_validate(vector: Vector) -> None:
    """
    A signed value is accepted exactly when the reference accepts it.
    """
    given, expected = vector["in"], vector["out"]
    arguments = (
        given["seed"].encode(),
        given["cookie_name"],
        given["value"],
        given["now_unix"] * GIGA,
        round(given["expire_s"] * GIGA),
    )

    if not expected["ok"]:
        with pytest.raises(SignedValueError):
            verify(*arguments)
    else:
        signed = verify(*arguments)

        assert signed.payload == b64(expected["payload_b64"])
        assert signed.timestamp == expected["timestamp"]


@vectors("cipher_enc")
def test_cipher_enc(vector: Vector) -> None:
    """
    Ciphertexts carry the random bytes in front and are right to the byte.
    """
    given, expected = vector["in"], vector["out"]
    encrypt = cfb_encrypt if given["alg"] == "aes-cfb" else gcm_encrypt

    ciphertext = encrypt(
        bytes.fromhex(given["key_hex"]),
        bytes.fromhex(given["plaintext_hex"]),
        bytes.fromhex(expected["iv_or_nonce_hex"]),
    )

    assert ciphertext.hex() == expected["ciphertext_hex"]


@vectors("cipher_dec")
def test_cipher_dec(vector: Vector) -> None:
    """
    Ciphertexts are read, or refused, as the reference does.
    """
    given, expected = vector["in"], vector["out"]
    decrypt = cfb_decrypt if given["alg"] == "aes-cfb" else gcm_decrypt
    arguments = bytes.fromhex(given["key_hex"]), bytes.fromhex(given["ciphertext_hex"])

    if not expected["ok"]:
        with pytest.raises(CipherError):
            decrypt(*arguments)
    else:
        assert decrypt(*arguments).hex() == expected["plaintext_hex"]


@vectors("msgpack_enc")
def test_msgpack_enc(vector: Vector) -> None:
    """
    A session is encoded to the byte; where the order of claims is random in the
    reference, to the same content.
    """
    given = written_session(vector)
    expected = b64(vector["out"]["msgpack_b64"])

    encoded = codec.encode(given)

    if vector["out"]["deterministic"]:
        assert encoded == expected
    assert unpack(encoded) == unpack(expected)


@vectors("msgpack_dec")
def test_msgpack_dec(vector: Vector) -> None:
    """
    Odd encodings are read, or refused, as the reference does.
    """
    octets, expected = b64(vector["in"]["msgpack_b64"]), vector["out"]

    if not expected["ok"]:
        with pytest.raises(MessagePackError):
            codec.decode(octets)
    else:
        assert codec.decode(octets) == session(expected["session"])


@vectors("lz4_enc")
def test_lz4_enc(vector: Vector) -> None:
    """
    Frames of the reference are read.
    """
    payload = lz4frame.decompress(b64(vector["in"]["frame_b64"]))

    assert len(payload) == vector["out"]["payload_len"]
    assert hashlib.sha256(payload).hexdigest() == vector["out"]["payload_sha256"]


def _lz4_dec_expected() -> list[Any]:
    return [
        pytest.param(each, id=each["id"].split("/")[1])
        for each in groups()["lz4_dec"]["vectors"]
        # Decoders differ on the others, and nobody writes such frames.
        if each.get("normative", True)
    ]


@pytest.mark.parametrize("vector", _lz4_dec_expected())
def test_lz4_dec(vector: Vector) -> None:
    """
    Frames of other settings are read, broken ones refused.
    """
    frame, expected = b64(vector["in"]["frame_b64"]), vector["out"]

    if not expected["ok"]:
        with pytest.raises(FrameError):
            lz4frame.decompress(frame)
    else:
        payload = lz4frame.decompress(frame)

        assert len(payload) == expected["payload_len"]
        assert hashlib.sha256(payload).hexdigest() == expected["payload_sha256"]


@vectors("cookie_attrs")
def test_cookie_attrs(vector: Vector) -> None:
    """
    A `Set-Cookie` value is written to the byte.
    """
    given = vector["in"]
    forwarded = given.get("x_forwarded_host") if given.get("trust") else None
    writer = CookieWriter(options(given["opts"]))

    line = writer.set(
        given["cookie_name"],
        given["cookie_value"],
        round(given["expiration_s"] * GIGA),
        forwarded or given["host"],
    )

    lines = [line] if line else []
    assert lines == vector["out"]["set_cookie"]


@vectors("split_name")
def test_split_name(vector: Vector) -> None:
    """
    Parts of a cookie are named as the reference names them.
    """
    given = vector["in"]

    assert part_name(given["name"], given["index"]) == vector["out"]["result"]


@vectors("split_value")
def test_split_value(vector: Vector) -> None:
    """
    A long value is cut where the reference cuts it.
    """
    given = vector["in"]
    store = cookie_store(given)

    lines = dict(store._cut(given["value"], given["host"]))

    assert [
        {
            "name": name,
            "set_cookie_len": len(line),
            "value_len": len(line.split(";")[0]) - len(name) - 1,
        }
        for name, line in lines.items()
    ] == vector["out"]["parts"]


@vectors("cookie_parse")
def test_cookie_parse(vector: Vector) -> None:
    """
    `Cookie` fields are read as Go reads them.
    """
    given, expected = vector["in"], vector["out"]
    headers = given.get("headers")
    if headers is None:
        headers = ["; ".join(f"c{i}=1" for i in range(given["count"]))]

    pairs = [list(pair) for pair in cookies(headers).pairs]

    if "count" in expected:
        assert len(pairs) == expected["count"]
    else:
        assert pairs == expected["cookies"]


@vectors("cookie_save")
def test_cookie_save(vector: Vector) -> None:
    """
    A session is written into the same cookies, to the byte wherever the compressed
    form has one spelling only, and else to the same content.
    """
    given, expected = vector["in"], vector["out"]
    store = cookie_store(given, expected["iv_hex"])

    lines = list(run(store.save(written_session(vector), Cookies(), given["host"])))

    if "lz4_frame_b64" in expected:
        frame = b64(expected["lz4_frame_b64"])
        if lz4frame.compress(lz4frame.decompress(frame)) == frame:
            assert lines == expected["set_cookie"]
    assert [_without_value(line) for line in lines] == [
        _without_value(line) for line in expected["set_cookie"]
    ]
    assert _reload(given, lines) == _reload(given, expected["set_cookie"])


def _without_value(line: str) -> tuple[str, str]:
    pair, _, attributes = line.partition(";")
    return pair.partition("=")[0], attributes


def _reload(given: Any, lines: list[str]) -> Session:
    request = cookies([line.partition(";")[0] for line in lines])
    store = cookie_store({**given, "opts": {**given["opts"], "expire_s": 0}})
    return run(store.load(request))


def _refused(vector: Vector) -> type[Exception]:
    return NoSession if vector["out"]["error"] == "no_cookie" else SessionRefused


@vectors("cookie_load")
def test_cookie_load(vector: Vector) -> None:
    """
    Cookies are read, or refused, as the reference does; "no cookie" is told apart.
    """
    given, expected = vector["in"], vector["out"]
    store = cookie_store(given)
    request = cookies(given["cookie_headers"])

    if not expected["ok"]:
        with pytest.raises(SessionRefused) as refusal:
            run(store.load(request))
        assert isinstance(refusal.value, NoSession) == (_refused(vector) is NoSession)
    else:
        assert run(store.load(request)) == session(expected["session"])


@vectors("cookie_clear")
def test_cookie_clear(vector: Vector) -> None:
    """
    Signing out deletes the cookies that came, in their order.
    """
    given = vector["in"]
    store: CookieStore = cookie_store(given)

    lines = run(store.clear(cookies(given["cookie_headers"]), given["host"]))

    assert list(lines) == vector["out"]["set_cookie"]


class RecordingVault(MemoryVault):
    """
    A vault that tells what was done to it.
    """

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.stored: list[tuple[str, bytes, int]] = []
        self.deleted: list[str] = []

    async def set(self, key: str, value: bytes, lifetime: int) -> None:
        self.stored.append((key, value, lifetime))
        await super().set(key, value, lifetime)

    async def delete(self, key: str) -> None:
        self.deleted.append(key)
        await super().delete(key)


def _ticket_store(given: Any, recorded: str = "") -> tuple[TicketStore, RecordingVault]:
    vault = RecordingVault(clock(given))
    store = TicketStore(
        vault,
        options(given["opts"]),
        secrets(given["opts"]),
        clock(given),
        Drawn(recorded),
    )
    return store, vault


@vectors("ticket_save")
def test_ticket_save(vector: Vector) -> None:
    """
    A ticket, its cookie and what is stored are written to the byte; where the order
    of claims is random in the reference, to the same content.
    """
    given, expected = vector["in"], vector["out"]
    store, vault = _ticket_store(given, expected.get("random_hex", "00" * 64))
    saving = store.save(
        written_session(vector), cookies(given["cookie_headers"]), given["host"]
    )

    if not expected["ok"]:
        with pytest.raises(SessionRefused):
            run(saving)
    else:
        assert list(run(saving)) == expected["set_cookie"]
        assert [
            {"key": key, "ttl_ms": lifetime // 1_000_000, "value": value}
            for key, value, lifetime in vault.stored
        ] == [
            {
                "key": each["key"],
                "ttl_ms": each["ttl_ms"],
                "value": b64(each["value_b64"]),
            }
            for each in expected["store"]
        ]


@vectors("ticket_load")
def test_ticket_load(vector: Vector) -> None:
    """
    Tickets are read, or refused, as the reference does, and name their lock.
    """
    given, expected = vector["in"], vector["out"]
    store, vault = _ticket_store(given)
    for key, value in given["store"].items():
        run(vault.set(key, b64(value), 0))
    request = cookies(given["cookie_headers"])

    if not expected["ok"]:
        with pytest.raises(SessionRefused) as refusal:
            run(store.load(request))
        assert isinstance(refusal.value, NoSession) == (_refused(vector) is NoSession)
    else:
        assert run(store.load(request)) == session(expected["session"])
        assert store.tag(request) == expected["lock_object_for_key"]


@vectors("ticket_decode")
def test_ticket_decode(vector: Vector) -> None:
    """
    Both forms of a ticket are read, all others refused.
    """
    expected = vector["out"]

    if not expected["ok"]:
        with pytest.raises(SessionRefused):
            Ticket.decode(vector["in"]["encoded"])
    else:
        ticket = Ticket.decode(vector["in"]["encoded"])

        assert ticket.id.encode().hex() == expected["ticket_id_hex"]
        assert ticket.secret.hex() == expected["secret_hex"]


@vectors("ticket_clear")
def test_ticket_clear(vector: Vector) -> None:
    """
    Signing out deletes the cookie, and the stored session of a valid ticket.
    """
    given, expected = vector["in"], vector["out"]
    store, vault = _ticket_store(given)

    lines = run(store.clear(cookies(given["cookie_headers"]), given["host"]))

    assert list(lines) == expected["set_cookie"]
    assert vault.deleted == expected["deleted_keys"]


def _jar(given: Any, recorded: str = "") -> CSRFJar:
    return CSRFJar(
        options(given["opts"]),
        secrets(given["opts"]),
        CookieWriter(options(given["opts"])),
        clock(given),
        Drawn(recorded),
    )


@vectors("csrf_make")
def test_csrf_make(vector: Vector) -> None:
    """
    The CSRF cookie is written, and cleared, to the byte.
    """
    given, expected = vector["in"], vector["out"]
    csrf = CSRF(
        bytes.fromhex(given["state_hex"]),
        bytes.fromhex(given["nonce_hex"]),
        given["code_verifier"],
    )
    iv = expected["iv_hex"]

    lines = _jar(given, iv).cookies(csrf, Cookies(), given["host"])
    cleared = _jar(given).clear(csrf, given["host"])

    assert list(lines) == expected["set_cookie"]
    assert [cleared] == expected["clear_set_cookie"]
    assert csrf.state_hash == expected["state_hash"]
    assert csrf.nonce_hash == expected["nonce_hash"]
    assert _jar(given).name(csrf.state_hash) == expected["cookie_name"]


@vectors("csrf_load")
def test_csrf_load(vector: Vector) -> None:
    """
    The first readable cookie of the name is used.
    """
    given, expected = vector["in"], vector["out"]
    jar = _jar(given)
    state_nonce = given["cookie_name"].removeprefix(given["opts"]["name"] + "_")

    csrf = jar.load(cookies(given["cookie_headers"]), state_nonce)

    if not expected["ok"]:
        assert csrf is None
    else:
        assert csrf is not None
        assert csrf.state.hex() == expected["state_hex"]
        assert csrf.nonce.hex() == expected["nonce_hex"]
        assert csrf.code_verifier == expected["code_verifier"]
        assert csrf.nonce_hash == expected["nonce_hash"]


@vectors("csrf_name")
def test_csrf_name(vector: Vector) -> None:
    """
    The CSRF cookie's name follows from the state.
    """
    assert _jar(vector["in"]).name(vector["in"]["state"]) == vector["out"]["name"]


@vectors("csrf_limit")
def test_csrf_limit(vector: Vector) -> None:
    """
    The oldest logins beyond the limit are given up when a new one starts.
    """
    given = vector["in"]
    csrf = CSRF(bytes(32), bytes(32))

    *deletions, _ = _jar(given, "00" * 16).cookies(
        csrf, cookies(given["cookie_headers"]), given["host"]
    )

    assert deletions == vector["out"]["set_cookie"]


@vectors("hash_nonce")
def test_hash_nonce(vector: Vector) -> None:
    """
    A nonce is hashed for the provider; an absent one is the empty text.
    """
    digits = vector["in"]["nonce_hex"]

    hashed = hash_nonce(None if digits is None else bytes.fromhex(digits))

    assert hashed == vector["out"]["hash"]


@vectors("session_time")
def test_session_time(vector: Vector) -> None:
    """
    Age and expiry are computed to the nanosecond.
    """
    given, expected = vector["in"], vector["out"]
    now = nanoseconds(given["now"]) or 0
    aged = Session(
        created_at=nanoseconds(given["created_at"]),
        expires_on=nanoseconds(given["expires_on"]),
    )
    period = given["refresh_s"] * GIGA

    assert age(aged, now) == expected["age_ns"]
    assert expired(aged, now) == expected["expired"]
    assert (period > 0 and age(aged, now) > period) == expected["needs_refresh"]


@vectors("get_claim")
def test_get_claim(vector: Vector, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Claims become the texts that the reference puts into headers; where it aborts the
    request, there is no value.
    """
    given, expected = vector["in"], vector["out"]
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    known = codec.decode(b64(given["msgpack_b64"]))

    values = list(claim_values(known, given["claim"]))

    assert values == expected.get("values", [])


def test_spelled_numbers_are_what_the_file_says() -> None:
    """
    Number claims of the vectors reach the codec as they are spelled in the file.
    """
    claims = spelled()["msgpack_enc/claims_number_str"]["in"]["session"]

    assert all(isinstance(each, str) for each in claims["additional_claims"].values())
