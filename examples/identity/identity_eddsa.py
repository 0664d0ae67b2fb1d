"""Verifies identities that are signed by EdDSA, by the keys that the gate publishes: pip install "pyjwt[crypto]"."""

import json
import threading
import time
import urllib.request

import jwt

from bound import LEEWAY_SECONDS, MOST_CHARACTERS, TYPE, Refused, Unanswered, check_bound, check_times

KEPT_SECONDS = 300
PAUSE_SECONDS = 30
PAUSE_AFTER_FAILURE_SECONDS = 5
TIMEOUT_SECONDS = 5


class Identities:
    def __init__(self, audience, public_origin, jwks_url=None):
        self.audience = audience
        self.public_origin = public_origin
        self.keys = PublishedKeys(jwks_url or public_origin + "/_latchkey/identity/jwks.json")

    def of(self, method, target, token):
        """The claims of a request that passed the gate. Raises Refused for every other one, Unanswered without keys."""
        key = self.keys.of(_kid_of(token))
        if key is None:
            raise Refused("a key that is not published")
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=["EdDSA"],
                audience=self.audience,
                issuer=self.public_origin,
                leeway=LEEWAY_SECONDS,
                options={"require": ["exp", "iat", "sub", "jti"]},
            )
        # Not PyJWTError alone: a parser has errors of its own, such as RecursionError.
        except Exception as error:
            raise Refused(type(error).__name__) from None
        check_times(claims)
        check_bound(claims, method, target, self.public_origin)
        return claims


class PublishedKeys:
    """The keys of a gate, kept for 5 minutes.

    A kid that is not among them has the set fetched again, as a new key would be, but at most every 30 seconds: a
    stranger writes what kid they like. PyJWKClient of PyJWT 2.6.0 (Debian 12) fetches for each, without a timeout.
    """

    def __init__(self, url):
        self.url = url
        self.lock = threading.Lock()
        self.keys, self.kept_until, self.next_fetch = {}, 0, 0

    def of(self, kid):
        """The key of that kid, or None. Raises Unanswered where the set is not to be had."""
        with self.lock:
            now = time.monotonic()
            if now >= self.next_fetch and (now >= self.kept_until or kid not in self.keys):
                self.next_fetch = now + PAUSE_AFTER_FAILURE_SECONDS
                self.keys = self._fetched()
                self.next_fetch, self.kept_until = now + PAUSE_SECONDS, now + KEPT_SECONDS
            if now >= self.kept_until:
                raise Unanswered("no keys, a moment ago")
            return self.keys.get(kid)

    def _fetched(self):
        try:
            with urllib.request.urlopen(self.url, timeout=TIMEOUT_SECONDS) as answer:
                return keys_of(json.load(answer))
        # Whatever it is, without keys nobody is judged.
        except Exception as error:
            raise Unanswered(f"no keys: {error}") from None


def keys_of(jwks):
    """The keys of a JSON Web Key Set, by kid."""
    return {key.key_id: key.key for key in jwt.PyJWKSet.from_dict(jwks).keys}


def _kid_of(token):
    if len(token) > MOST_CHARACTERS:
        raise Refused("too long")
    try:
        header = jwt.get_unverified_header(token)
    except Exception as error:
        raise Refused(type(error).__name__) from None
    if header.get("typ") != TYPE or not isinstance(header.get("kid"), str):
        raise Refused("another typ, or no kid")
    # PyJWT before 2.12 reads over it.
    if "crit" in header:
        raise Refused("an extension that is not known")
    return header["kid"]
