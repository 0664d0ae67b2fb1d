"""Verifies identities that are signed by EdDSA, by the keys that the gate publishes: pip install "pyjwt[crypto]"."""

import jwt

from bound import LEEWAY_SECONDS, TYPE, Refused, check_bound, check_times


class Identities:
    def __init__(self, audience, public_origin, jwks_url=None):
        self.audience = audience
        self.public_origin = public_origin
        self.keys = jwt.PyJWKClient(jwks_url or public_origin + "/_latchkey/identity/jwks.json", lifespan=300)

    def of(self, method, target, token):
        """The claims of a request that passed the gate. Raises Refused for every other one."""
        try:
            header = jwt.get_unverified_header(token)
            if header.get("typ") != TYPE or not isinstance(header.get("kid"), str):
                raise Refused("another typ, or no kid")
            # PyJWT before 2.12 reads over it.
            if "crit" in header:
                raise Refused("an extension that is not known")
            claims = jwt.decode(
                token,
                self.keys.get_signing_key_from_jwt(token).key,
                algorithms=["EdDSA"],
                audience=self.audience,
                issuer=self.public_origin,
                leeway=LEEWAY_SECONDS,
                options={"require": ["exp", "iat", "sub", "jti"]},
            )
        except jwt.PyJWTError as error:
            raise Refused(type(error).__name__) from None
        check_times(claims)
        check_bound(claims, method, target, self.public_origin)
        return claims
