"""Verifies identities that are signed by HS256, with nothing but Python."""

import base64
import hashlib
import hmac
import json
import re

from bound import MOST_CHARACTERS, TYPE, Refused, check_bound, check_times


class Identities:
    def __init__(self, audience, public_origin, secrets):
        """secrets: those that count, newest first, each of 32 bytes or more."""
        self.audience = audience
        self.public_origin = public_origin
        self.secrets = [secret.encode() for secret in secrets]
        if not self.secrets or any(len(secret) < 32 for secret in self.secrets):
            raise ValueError("secrets of 32 bytes or more are needed")

    def of(self, method, target, token):
        """The claims of a request that passed the gate. Raises Refused for every other one."""
        header, claims = self._verified(token)
        if header.get("typ") != TYPE or "crit" in header:
            raise Refused("another typ")
        if claims.get("aud") != self.audience or claims.get("iss") != self.public_origin:
            raise Refused("for somebody else")
        check_times(claims)
        check_bound(claims, method, target, self.public_origin)
        return claims

    def _verified(self, token):
        if len(token) > MOST_CHARACTERS or not re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+", token, re.ASCII):
            raise Refused("no token")
        signed, _, signature = token.rpartition(".")
        # The signature first: what a stranger wrote is not even parsed.
        expected = [hmac.new(secret, signed.encode(), hashlib.sha256).digest() for secret in self.secrets]
        try:
            shown = _decoded(signature)
            if not any([hmac.compare_digest(each, shown) for each in expected]):
                raise Refused("a wrong signature")
            header, claims = (json.loads(_decoded(part)) for part in signed.split("."))
        except (ValueError, RecursionError):
            raise Refused("no token") from None
        if not isinstance(header, dict) or not isinstance(claims, dict) or header.get("alg") != "HS256":
            raise Refused("another alg")
        return header, claims


def _decoded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
