#!/usr/bin/env python3
"""ids.py ADDRESS [COUNT]: ids of a running server's index, one a line, chosen at random by the server.

With KINDRED_KEY, a key of the scope read is shown. What asks only a few ids measures the processor's caches: take as many
as there may be at work in production. An id that comes twice is printed once, so there may be fewer than COUNT."""

import http.client
import json
import os
import sys
import urllib.parse


def main():
    if not 2 <= len(sys.argv) <= 3:
        sys.exit(__doc__)
    address, count = urllib.parse.urlsplit(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) == 3 else 1000
    if address.scheme not in ("http", "https") or address.hostname is None:
        sys.exit(f"{sys.argv[1]} is no address like http://127.0.0.1:5000")
    kind = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
    connection = kind(address.hostname, address.port, timeout=30)
    key = os.environ.get("KINDRED_KEY")
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    ids = {}
    for _ in range(count):
        connection.request("GET", f"{address.path.rstrip('/')}/random", headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            sys.exit(f"/random answers {answer.status}: {body.decode(errors='replace')}")
        profile = json.loads(body)
        # The id has the name that it has in the source.
        ids[str(profile.get("_id", profile.get("id")))] = None
    ids.pop("None", None)
    if not ids:
        sys.exit("no profile shows its id in a field _id or id")
    print("\n".join(ids))


if __name__ == "__main__":
    main()
