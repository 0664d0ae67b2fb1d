"""What these files say to the test vectors: python3 vectors.py VECTORS.json EdDSA|HS256, one line of JSON for each row."""

import datetime
import json
import sys
import types
from unittest import mock

import bound


def identities_of(algorithm, given):
    if algorithm == "HS256":
        from identity_hs256 import Identities

        return Identities(given["audience"], given["publicOrigin"], given["secrets"])
    from identity_eddsa import Identities, keys_of

    identities = Identities(given["audience"], given["publicOrigin"])
    # All but the fetch.
    identities.keys = types.SimpleNamespace(of=keys_of(given["jwks"]).get)
    return identities


class Clock(datetime.datetime):
    at = 0

    @classmethod
    def now(cls, tz=None):
        return datetime.datetime.fromtimestamp(cls.at, tz)


def answer(algorithm, given):
    Clock.at = given["now"]
    patches = [mock.patch("time.time", lambda: given["now"])]
    if algorithm == "EdDSA":
        patches.append(mock.patch("jwt.api_jwt.datetime", Clock))
    for patch in patches:
        patch.start()
    try:
        # As origin.py does it.
        if len(given["values"]) != 1:
            raise bound.Refused("not one identity")
        identities_of(algorithm, given).of(given["method"], given["target"], given["values"][0])
        return "passes"
    except bound.Refused:
        return "refused"
    finally:
        for patch in patches:
            patch.stop()


if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        vectors = json.load(file)
    for row in vectors.pop("rows"):
        if row["algorithm"] == sys.argv[2]:
            print(json.dumps([row["title"], answer(sys.argv[2], {**vectors, **row})]))
