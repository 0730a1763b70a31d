"""The client's side of SCRAM-SHA-256 (RFC 5802 and RFC 7677), as PostgreSQL asks for it.

The simulation logs in itself, outside of virtual time, so that a server with passwords can be used and the exchange,
whose nonces differ from run to run, is no part of the run. There is no channel binding, for there is no TLS.
"""

import base64
import hashlib
import hmac
import os

from scenarios.virtual.errors import Unsupported

MECHANISM = b"SCRAM-SHA-256"

# The tripwires give libraries seeded chance while a world runs; a nonce must not be guessable.
_urandom = os.urandom

_NONCE_BYTES = 18
_NO_CHANNEL_BINDING = b"n,,"


class ScramClient:
    """One log-in: `first`, then `final`, then `verify`."""

    def __init__(self, password: str) -> None:
        self._password = password.encode()
        self._nonce = base64.b64encode(_urandom(_NONCE_BYTES))
        self._bare = b"n=,r=" + self._nonce  # PostgreSQL takes the user from the start-up packet
        self._server_signature = b""

    def first(self) -> bytes:
        """Return the first message."""
        return _NO_CHANNEL_BINDING + self._bare

    def final(self, server_first: bytes) -> bytes:
        """Return the proof that we know the password.

        Raises:
            Unsupported: The server's nonce does not continue ours, so it is not the server that we spoke to.
        """
        fields = _fields(server_first)
        if not fields[b"r"].startswith(self._nonce):
            raise Unsupported("the database server answered with somebody else's nonce")
        salted = hashlib.pbkdf2_hmac("sha256", self._password, base64.b64decode(fields[b"s"]), int(fields[b"i"]))
        without_proof = b"c=" + base64.b64encode(_NO_CHANNEL_BINDING) + b",r=" + fields[b"r"]
        said = b",".join((self._bare, server_first, without_proof))
        client_key = _mac(salted, b"Client Key")
        signature = _mac(hashlib.sha256(client_key).digest(), said)
        self._server_signature = _mac(_mac(salted, b"Server Key"), said)
        proof = bytes(one ^ other for one, other in zip(client_key, signature, strict=True))
        return without_proof + b",p=" + base64.b64encode(proof)

    def verify(self, server_final: bytes) -> None:
        """Return if the server knows the password as well.

        Raises:
            Unsupported: It does not.
        """
        if not hmac.compare_digest(base64.b64decode(_fields(server_final)[b"v"]), self._server_signature):
            raise Unsupported("the database server does not know the password itself")


def _fields(message: bytes) -> dict[bytes, bytes]:
    return {part[:1]: part[2:] for part in message.split(b",")}


def _mac(key: bytes, text: bytes) -> bytes:
    return hmac.new(key, text, hashlib.sha256).digest()
