#!/usr/bin/env python3
"""The profiles of hashing-1.knd: every kind of field, texts of several scripts, entities, numbers beside text."""

import json

WORDS = ["tea", "Größe", "naïve", "rock-n-roll", "5 cats", "don&rsquo;t", "www.a.de/b see", "i", "Люблю горы", "日本", "ÜBER", "½"]
for n in range(260):
    profile = {"_id": n, "age": n * n % 83, "g": ["f", "M", "&amp;", True, None, 3][n % 6]}
    if n % 3 == 0:
        profile["l"] = [WORDS[n % 12], 0.5, n % 4]
    if n % 5 == 0:
        profile["m"] = {"h": n / 7, "x": "Ä" + str(n % 7)}
    profile["t"] = WORDS[n % 12] + " " + chr(97 + n % 26) + chr(97 + n // 26) + WORDS[n * 7 % 12]
    if n == 70:
        profile["age"] = None
    if n % 50 == 0:
        profile["mixed"] = "NA"
    elif n % 4 == 0:
        profile["mixed"] = n
    print(json.dumps(profile, ensure_ascii=False, separators=(",", ":")))
