"""OAuth 2.0 of the Salesforce stand-in: JWT bearer (RS256), client credentials, access tokens that end.

Source: Salesforce Help, "OAuth 2.0 JWT Bearer Flow for Server-to-Server Integration": the assertion is signed
with RS256, iss is the consumer key, sub the user's name, aud the login host (or this host), exp at most minutes
ahead; neither refresh token nor expires_in is answered. Errors are {error, error_description} with status 400
(401 for a wrong client in the credentials flow). The key is read and the signature checked with plain integers,
because the Python library has no RSA.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import re
import subprocess
import time

# SHA-256 inside DigestInfo, RFC 8017 section 9.2, note 1
SHA256_PREFIX = bytes.fromhex("3031300d060960864801650304020105000420")
RSA_OID = bytes.fromhex("06092a864886f70d010101")
EXP_MAX_S = 5 * 60  # the documented life of an assertion
SKEW_S = 30
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"


class OAuthError(Exception):
    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.status, self.body = status, {"error": error, "error_description": description}


def der(data: bytes, at: int) -> tuple[int, int, int]:
    """Tag, start and end of the value at `at`."""
    tag, size, at = data[at], data[at + 1], at + 2
    if size & 0x80:
        count = size & 0x7F
        size, at = int.from_bytes(data[at : at + count], "big"), at + count
    return tag, at, at + size


def rsa_numbers(pem: str) -> tuple[int, int]:
    """Modulus and exponent of an RSA public key or X.509 certificate in PEM."""
    match = re.search(r"-----BEGIN (PUBLIC KEY|CERTIFICATE)-----(.+?)-----END", pem, re.S)
    if not match:
        raise ValueError("neither a PEM public key nor a certificate")
    data = base64.b64decode("".join(match.group(2).split()))
    at = data.find(RSA_OID)
    if at < 0:
        raise ValueError("not an RSA key")
    at = data.index(b"\x03", at + len(RSA_OID))  # the BIT STRING after the algorithm
    _, start, _ = der(data, at)
    _, start, _ = der(data, start + 1)  # skip the unused-bits octet, enter RSAPublicKey
    _, n_start, n_end = der(data, start)
    _, e_start, e_end = der(data, n_end)
    return int.from_bytes(data[n_start:n_end], "big"), int.from_bytes(data[e_start:e_end], "big")


def rs256_ok(numbers: tuple[int, int], signed: bytes, signature: bytes) -> bool:
    modulus, exponent = numbers
    size = (modulus.bit_length() + 7) // 8
    value = int.from_bytes(signature, "big")
    if len(signature) != size or value >= modulus:
        return False
    digest = SHA256_PREFIX + hashlib.sha256(signed).digest()
    expected = b"\x00\x01" + b"\xff" * (size - len(digest) - 3) + b"\x00" + digest
    return hmac.compare_digest(pow(value, exponent, modulus).to_bytes(size, "big"), expected)


def unbase64(text: str) -> bytes:
    if not re.fullmatch(r"[A-Za-z0-9_-]*=*", text):
        raise ValueError("not base64url")
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def make_key_pair(folder: str) -> tuple[str, str]:
    """Paths of server.key and server.pub in folder, made with the openssl command when they are not there."""
    key, public = os.path.join(folder, "server.key"), os.path.join(folder, "server.pub")
    os.makedirs(folder, exist_ok=True)
    if not os.path.exists(public):
        for command in (
            ["openssl", "genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", key],
            ["openssl", "pkey", "-in", key, "-pubout", "-out", public],
        ):
            subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    return key, public


class Auth:
    """Checks grants, and hands out and knows access tokens. Tokens live in the store: they survive a restart."""

    def __init__(
        self,
        store,
        org_id: str,
        users: dict[str, str],
        consumer_key: str,
        consumer_secret: str,
        public_pem: str,
        token_ttl_s: float,
    ) -> None:
        self.store, self.org_id, self.users = store, org_id, users  # users: name → id
        self.consumer_key, self.consumer_secret = consumer_key, consumer_secret
        self.key, self.token_ttl_s = rsa_numbers(public_pem), token_ttl_s
        self.audiences = {"https://login.salesforce.com", "https://test.salesforce.com"}

    def grant(self, form: dict[str, str], basic: tuple[str, str] | None, base: str) -> dict:
        kind = form.get("grant_type")
        if kind == JWT_BEARER:
            user = self.jwt_user(form.get("assertion", ""), base)
        elif kind == "client_credentials":
            user = self.credentials_user(basic or (form.get("client_id", ""), form.get("client_secret", "")))
        elif not kind:
            raise OAuthError("invalid_request", "must provide grant type")
        else:
            raise OAuthError("unsupported_grant_type", "grant type not supported")
        return {
            "access_token": self.issue(user),
            "scope": "api",
            "instance_url": base,
            "token_type": "Bearer",
            "id": f"{base}/id/{self.org_id}/{user}",
        }

    def credentials_user(self, pair: tuple[str, str]) -> str:
        if pair[0] != self.consumer_key:
            raise OAuthError("invalid_client_id", "client identifier invalid")
        if not hmac.compare_digest(pair[1].encode(), self.consumer_secret.encode()):
            raise OAuthError("invalid_client", "invalid client credentials", 401)
        return next(iter(self.users.values()))

    def jwt_user(self, assertion: str, base: str) -> str:
        claims, signed, signature = self.split(assertion)
        if claims.get("iss") != self.consumer_key:
            raise OAuthError("invalid_client_id", "client identifier invalid")
        if not rs256_ok(self.key, signed, signature):
            raise OAuthError("invalid_grant", "invalid assertion")
        audience = claims.get("aud")
        if str(audience).rstrip("/") not in self.audiences | {base}:
            raise OAuthError("invalid_grant", "audience is invalid")
        self.check_time(claims.get("exp"))
        user = self.users.get(str(claims.get("sub") or claims.get("prn")))
        if user is None:
            raise OAuthError("invalid_grant", "user hasn't approved this consumer")
        return user

    @staticmethod
    def split(assertion: str) -> tuple[dict, bytes, bytes]:
        try:
            head, claims, signature = assertion.split(".")
            header = json.loads(unbase64(head))
            values = json.loads(unbase64(claims))
            if header.get("alg") != "RS256" or not isinstance(values, dict):
                raise ValueError("only RS256")
            return values, f"{head}.{claims}".encode(), unbase64(signature)
        except (ValueError, AttributeError):
            raise OAuthError("invalid_grant", "invalid assertion") from None

    @staticmethod
    def check_time(exp: object) -> None:
        if not re.fullmatch(r"\d{1,12}(\.\d+)?", str(exp)):
            raise OAuthError("invalid_grant", "invalid assertion")
        left = float(str(exp)) - time.time()
        if left < -SKEW_S:
            raise OAuthError("invalid_grant", "expired authorization code")
        if left > EXP_MAX_S + SKEW_S:
            raise OAuthError("invalid_grant", "assertion expiration time is too far in the future")

    def issue(self, user: str) -> str:
        secret = base64.urlsafe_b64encode(os.urandom(48)).decode().replace("-", ".")
        token = f"{self.org_id[:15]}!AQ{secret}"
        for old in [t for t, row in self.store.table("_token").items() if row["until"] < time.time()]:
            self.store.delete("_token", old)
        self.store.put("_token", token, {"user": user, "until": time.time() + self.token_ttl_s})
        return token

    def user_of(self, authorization: str) -> str | None:
        """The user id of a valid `Authorization` header."""
        kind, _, token = authorization.partition(" ")
        row = self.store.get("_token", token.strip()) if kind.lower() in ("bearer", "oauth") else None
        return row["user"] if row and row["until"] >= time.time() else None

    def revoke(self, token: str) -> bool:
        return self.store.delete("_token", token) is not None

    def expire_all(self) -> None:
        for token in list(self.store.table("_token")):
            self.store.delete("_token", token)
