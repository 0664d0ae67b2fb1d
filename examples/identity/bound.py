"""What every verified identity must be, whichever library has verified its signature."""

import re
import time

TYPE = "latchkey-identity+jwt"
LIFETIME_SECONDS = 60
LEEWAY_SECONDS = 5
# No server takes a longer field without being told to.
MOST_CHARACTERS = 16384


class Refused(Exception):
    """A request that did not pass the gate. Its text is for the log."""


class Unanswered(Exception):
    """A request that nobody can judge just now, as the keys are not to be had. Its text is for the log."""


def check_bound(claims, method, target, public_origin):
    """Refuses an identity of another request. target: path and query as they were sent, never decoded."""
    path = target.split("?", 1)[0]
    if not path.startswith("/") or "#" in path:
        raise Refused("no path")
    path = re.sub(r"%[0-9A-Fa-f]{2}", lambda escape: escape.group().upper(), path)
    if claims.get("htm") != method:
        raise Refused("of another method")
    if claims.get("htu") != public_origin + path:
        raise Refused("of another path")


def check_times(claims):
    """Refuses an identity that is older than a minute, whatever it says of itself."""
    now = time.time()
    issued, ends = claims.get("iat"), claims.get("exp")
    if type(issued) is not int or type(ends) is not int:
        raise Refused("no times")
    if now < issued - LEEWAY_SECONDS:
        raise Refused("not yet")
    if now >= min(ends, issued + LIFETIME_SECONDS) + LEEWAY_SECONDS:
        raise Refused("too late")
