"""
Section E: signatures, and the keys that they need, mostly of bearer tokens, which need
no login.

E08, E12, E16, E20, E24, E28: no numbers of the list. E14 and E15 are in
`test_bad_provider` as well.
"""

import base64
import hmac
import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from tests.attacks.bearers import BEARERS, claims_of, part, refused, shown_to, signed
from tests.conftest import OpenStage
from tests.integration.harness.provider import Provider, reply_json
from tests.integration.harness.stage import Stage
from tests.integration.harness.tokens import SigningKey, encode, number

NULL = encode(bytes(32))


def test_e00_good_token(bearers: Stage) -> None:
    """
    The token that all attacks here vary is accepted.
    """
    key = bearers.provider.key

    assert shown_to(bearers, key.sign(claims_of(bearers))).status == 202
    header = {"alg": "RS256", "kid": key.kid}
    assert shown_to(bearers, signed(key, header, claims_of(bearers))).status == 202


NONES = [
    "none",
    "None",
    "NONE",
    "nOnE",
    "",
    "RS256 ",
    "rs256",
    " none",
    "HS256",
    "ES256",
]


@pytest.mark.parametrize("algorithm", [*NONES, None, 1, ["RS256"], {"a": 1}, True])
def test_e01_no_algorithm(bearers: Stage, algorithm: Any) -> None:
    """
    A token is signed by an algorithm of our list, or it is nothing, also with a right
    signature by another one.
    """
    header = {"alg": algorithm, "kid": "k1"}
    body = f"{part(header)}.{part(claims_of(bearers))}"

    for token in (f"{body}.", f"{body}.{NULL}"):
        refused(bearers, token)
    refused(bearers, signed(bearers.provider.key, header, claims_of(bearers)))


def _public_forms(key: SigningKey) -> list[bytes]:
    public = key._key.public_key()
    formats = serialization.PublicFormat
    pem, der = serialization.Encoding.PEM, serialization.Encoding.DER
    pems = [
        public.public_bytes(pem, formats.SubjectPublicKeyInfo),
        public.public_bytes(pem, formats.PKCS1),
    ]
    jwk = key.public()
    return [
        *pems,
        *(each.strip() for each in pems),
        public.public_bytes(der, formats.SubjectPublicKeyInfo),
        json.dumps(jwk).encode(),
        jwk["n"].encode(),
        base64.urlsafe_b64decode(jwk["n"] + "=="),
        b"the-client-secret",
        b"",
    ]


@pytest.mark.parametrize("size", ["256", "384", "512"])
def test_e02_public_key_as_a_secret(bearers: Stage, size: str) -> None:
    """
    A MAC made with what everybody knows is no signature.
    """
    header = {"alg": f"HS{size}", "kid": "k1"}
    body = f"{part(header)}.{part(claims_of(bearers))}"

    for secret in _public_forms(bearers.provider.key):
        mac = hmac.digest(secret, body.encode(), f"sha{size}")
        refused(bearers, f"{body}.{encode(mac)}")


def test_e02_symmetric_key_of_the_provider(open_stage: OpenStage) -> None:
    """
    Not even a key set that publishes a secret makes MACs signatures.
    """
    stage = open_stage(f'{BEARERS}request_id_header = "X-Octets"')
    secret = b"known to everybody who looks"
    key = {"kty": "oct", "kid": "oct", "alg": "HS256", "k": encode(secret)}
    stage.provider.behaviours["/keys"] = lambda _: reply_json(
        {"keys": [key, stage.provider.key.public()]}
    )
    body = f"{part({'alg': 'HS256', 'kid': 'oct'})}.{part(claims_of(stage))}"

    mac = hmac.digest(secret, body.encode(), "sha256")

    refused(stage, f"{body}.{encode(mac)}")


def test_e03_key_that_comes_with_the_token(bearers: Stage) -> None:
    """
    A header brings no key, and nobody fetches what it names.
    """
    own = SigningKey("own")
    place = f"{bearers.provider.origin}/evil-keys"
    bearers.provider.behaviours["/evil-keys"] = lambda _: reply_json(
        {"keys": [own.public()]}
    )
    brought: list[Mapping[str, Any]] = [
        {"jwk": own.public()},
        {"jku": place},
        {"x5u": place},
        {"x5c": ["AAAA"]},
        {"jku": place, "jwk": own.public(), "kid": "own"},
        {"kid": place},
        {"kid": "../../../../dev/null"},
        {"kid": "/proc/self/environ"},
        {"kid": "k1' OR '1'='1"},
        {"kid": "k" * 10_000},
        {"kid": ["k1"]},
        {"kid": {"k": 1}},
        {"kid": None},
    ]

    for header in brought:
        refused(bearers, own.sign(claims_of(bearers), **header))
    assert bearers.provider.called("/evil-keys") == []


def test_e03_critical_extensions(bearers: Stage) -> None:
    """
    What a token demands to be understood is not overlooked.
    """
    key = bearers.provider.key
    headers: tuple[dict[str, Any], ...] = (
        {"crit": ["b64"], "b64": False},
        {"crit": ["exp"]},
        {"crit": []},
        {"crit": ["http://other.test/x"], "http://other.test/x": 1},
    )
    for header in headers:
        token = signed(key, {"alg": "RS256", "kid": "k1", **header}, claims_of(bearers))
        refused(bearers, token)


def _flipped(signature: str) -> str:
    other = "B" if signature[10] == "A" else "A"
    return signature[:10] + other + signature[11:]


def _es256(stage: Stage) -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    body = f"{part({'alg': 'ES256', 'kid': 'k1'})}.{part(claims_of(stage))}"
    return f"{body}.{encode(key.sign(body.encode(), ec.ECDSA(hashes.SHA256())))}"


def _ps256(stage: Stage) -> str:
    body = f"{part({'alg': 'PS256', 'kid': 'k1'})}.{part(claims_of(stage))}"
    scheme = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    made = stage.provider.key._key.sign(body.encode(), scheme, hashes.SHA256())
    return f"{body}.{encode(made)}"


def _zero(stage: Stage, algorithm: str, size: int) -> str:
    body = f"{part({'alg': algorithm, 'kid': 'k1'})}.{part(claims_of(stage))}"
    return f"{body}.{encode(bytes(size))}"


def _changed(stage: Stage, change: Callable[[str, str, str], str]) -> str:
    return change(*stage.provider.key.sign(claims_of(stage)).split("."))


BAD_SIGNATURES: dict[str, Callable[[Stage], str]] = {
    "flipped": lambda s: _changed(s, lambda h, p, x: f"{h}.{p}.{_flipped(x)}"),
    "cut": lambda s: _changed(s, lambda h, p, x: f"{h}.{p}.{x[:-8]}"),
    "empty": lambda s: _changed(s, lambda h, p, _: f"{h}.{p}."),
    "none": lambda s: _changed(s, lambda h, p, _: f"{h}.{p}"),
    "twice": lambda s: _changed(s, lambda h, p, x: f"{h}.{p}.{x}.{x}"),
    "padded": lambda s: _changed(s, lambda h, p, x: f"{h}.{p}.{x}=="),
    "other payload": lambda s: _changed(
        s, lambda h, _, x: f"{h}.{part(claims_of(s, sub='root'))}.{x}"
    ),
    "swapped": lambda s: _changed(s, lambda h, p, x: f"{p}.{h}.{x}"),
    "other key, same id": lambda s: SigningKey("k1").sign(claims_of(s)),
    "elliptic": _es256,
    "pss": _ps256,
    "zero es256": lambda s: _zero(s, "ES256", 64),
    "zero rs256": lambda s: _zero(s, "RS256", 256),
    "encrypted": lambda s: _changed(s, lambda h, p, x: f"{h}.{p}.{x}.{p}.{x}"),
}


@pytest.mark.parametrize("kind", BAD_SIGNATURES)
def test_e05_bad_signatures(bearers: Stage, kind: str) -> None:
    """
    A signature that is not exactly right is none.
    """
    refused(bearers, BAD_SIGNATURES[kind](bearers))


def test_e13_flood_of_unknown_keys(open_stage: OpenStage) -> None:
    """
    Tokens with keys that nobody knows bring a handful of calls; the good one goes on.
    """
    stage = open_stage(f'{BEARERS}request_id_header = "X-Flood"')
    own = SigningKey("own")
    assert shown_to(stage, stage.provider.key.sign(claims_of(stage))).status == 202
    before = len(stage.provider.called("/keys"))

    with ThreadPoolExecutor(8) as threads:
        tokens = [own.sign(claims_of(stage), kid=f"x{n}") for n in range(60)]
        answers = list(threads.map(lambda token: shown_to(stage, token), tokens))

    assert {answer.status for answer in answers} == {401}
    assert len(stage.provider.called("/keys")) - before <= 6
    assert shown_to(stage, stage.provider.key.sign(claims_of(stage))).status == 202


def _rsa(bits: int, exponent: int) -> dict[str, Any]:
    if exponent == 1:
        numbers = (1 << bits) - 159, 1
    else:
        public = rsa.generate_private_key(65537, bits).public_key().public_numbers()
        numbers = public.n, public.e
    return {
        "kty": "RSA",
        "kid": "weak",
        "n": number(numbers[0]),
        "e": number(numbers[1]),
    }


def test_e15_weak_keys_are_left_out(open_stage: OpenStage) -> None:
    """
    A modulus that can be factored, or an exponent that signs everything, is no key; the
    others stay good.
    """
    stage = open_stage(f'{BEARERS}request_id_header = "X-Weak"')
    trivial = _rsa(2048, 1)
    broken = [
        {"kty": "RSA", "kid": "b"},
        {"kty": 1},
        "x",
        None,
        {"kty": "EC", "crv": "P"},
    ]
    stage.provider.behaviours["/keys"] = lambda _: reply_json(
        {"keys": [*broken, trivial, _rsa(1024, 65537), stage.provider.key.public()]}
    )
    body = f"{part({'alg': 'RS256', 'kid': 'weak'})}.{part(claims_of(stage))}"
    digest = hashes.Hash(hashes.SHA256())
    digest.update(body.encode())
    info = bytes.fromhex("3031300d060960864801650304020105000420") + digest.finalize()
    padded = b"\0\1" + b"\xff" * (256 - len(info) - 3) + b"\0" + info

    refused(stage, f"{body}.{encode(padded)}")
    assert shown_to(stage, stage.provider.key.sign(claims_of(stage))).status == 202


PLACES = [
    "file:///etc/passwd",
    "/keys",
    "http://user:secret@127.0.0.1/",
    "http://a\r\nX: 1/",
]


@pytest.mark.parametrize("number", range(len(PLACES)))
def test_e17_places_that_are_not_called(
    open_stage: OpenStage, the_provider: Provider, number: int
) -> None:
    """
    Keys come from http and https only; anything else is an answer, not a crash.
    """
    the_provider.metadata["jwks_uri"] = PLACES[number]
    stage = open_stage(f'{BEARERS}request_id_header = "X-Place-{number}"')

    refused(stage, the_provider.key.sign(claims_of(stage)))
    assert "secret@" not in stage.program.output()
