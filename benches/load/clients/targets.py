#!/usr/bin/env python3
"""targets.py ADDRESS N <IDS >TARGETS: targets for vegeta, a GET for each id.

With KINDRED_KEY, the key stands in every target: keep the file to yourself."""

import os
import sys
from urllib.parse import quote


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    address, n, key = sys.argv[1].rstrip("/"), int(sys.argv[2]), os.environ.get("KINDRED_KEY")
    for line in sys.stdin:
        print(f"GET {address}/recommend/{quote(line.rstrip(chr(10)), safe='')}/{n}")
        if key:
            print(f"Authorization: Bearer {key}")
        print()


if __name__ == "__main__":
    main()
