"""Secrets between peers: one per party that reads our feed, two valid at once while one is replaced.

Kept as SHA-256 hashes in a file of the owner's only; the secrets are random, so a slow hash adds nothing.
"""

import hashlib
import hmac
import secrets
from pathlib import Path

import msgspec

MOST_VALID = 2


class PeerCredentials:
    """`{party: [hash, …]}`, the newest last."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def grant(self, party: str) -> str:
        """A new secret for a party, shown once; the one before the last stops working."""
        secret = secrets.token_urlsafe(32)
        known = self._read()
        known[party] = [*known.get(party, []), _hash(secret)][-MOST_VALID:]
        self._write(known)
        return secret

    def revoke(self, party: str) -> int:
        """Take back every secret of a party; returns how many there were."""
        known = self._read()
        revoked = len(known.pop(party, []))
        self._write(known)
        return revoked

    def party_of(self, secret: str) -> str | None:
        """Which party shows this secret, None when nobody does."""
        shown = _hash(secret)
        for party, hashes in self._read().items():
            if any(hmac.compare_digest(shown, known) for known in hashes):
                return party
        return None

    def _read(self) -> dict[str, list[str]]:
        if not self.path.exists():
            return {}
        return msgspec.json.decode(self.path.read_bytes(), type=dict[str, list[str]])

    def _write(self, known: dict[str, list[str]]) -> None:
        write_private(self.path, msgspec.json.encode(known))


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read; the old one stays whole until the new one is."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.touch(mode=0o600)
    fresh.chmod(0o600)
    fresh.write_bytes(content)
    fresh.replace(path)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
