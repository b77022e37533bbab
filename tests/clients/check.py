#!/usr/bin/env python3
"""check.py PROGRAM...: runs a program that asks with a generated client, asks the same with curl, and compares.

Every operation of the document has to be asked, so that a new route is not forgotten. Members that are null and members
that are not there are the same, and times are the same however they are written: types of dates write them their way."""

import datetime
import json
import re
import subprocess
import sys
from urllib.parse import quote

from questions import ADDRESS, ID, KEY, OTHER, PROFILE, VECTOR, in_base64

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def curl(path, method="GET", body=None):
    command = ["curl", "--silent", "--show-error", "--request", method, "--header", f"Authorization: Bearer {KEY}"]
    if body is not None:
        command += ["--header", "Content-Type: application/json", "--data", json.dumps(body)]
    return subprocess.run([*command, ADDRESS + path], check=True, capture_output=True, timeout=60).stdout


def asked_with_curl():
    by_id = f"/recommend/{quote(ID, safe='')}/3"
    to_many = {
        "ids": {"ids": [ID, 7], "n": 3, "distances": True},
        "vectors": {"vectors": [VECTOR], "n": 2},
        "profiles": {"profiles": [PROFILE], "n": 2, "exclude": [OTHER]},
    }
    answers = {
        "get_recommend_by_id_by_n": curl(by_id),
        "get_recommend_by_id_by_n distances": curl(f"{by_id}?distances=true&exact=true"),
        "get_recommend": curl(f"/recommend?id={quote(ID)}&n=3&ef=1"),
        **{f"post_recommend {name}": curl("/recommend", "POST", body) for name, body in to_many.items()},
        "get_profiles_by_id": curl(f"/profiles/{quote(ID, safe='')}"),
        "get_profiles_by_id nobody": curl("/profiles/nobody"),
        "get_profiles id": curl(f"/profiles?id={quote(ID)}"),
        "get_profiles prefix": curl(f"/profiles?prefix={quote(ID[:1])}&limit=2"),
        "get_distance": curl(f"/distance?from={quote(ID)}&to={quote(OTHER)}"),
        "get_search": curl("/search?prefix=a&limit=2"),
        "get_map_fields": curl("/map/fields"),
        "get_map_place": curl(f"/map/place?id={quote(ID)}"),
        "get_map_by_place": curl("/map/0"),
        "get_health_live": curl("/health/live"),
        "get_health_ready": curl("/health/ready"),
        "get_health_status": curl("/health/status"),
        "get_index": curl("/index"),
        "get_index_versions": curl("/index/versions"),
        "get_index_events": curl("/index/events"),
        "post_index_pin_by_version": curl("/index/pin/1", "POST"),
        "delete_index_pin": curl("/index/pin", "DELETE"),
        "get_openapi_json": curl("/openapi.json"),
    }
    answers = {name: json.loads(answer) for name, answer in answers.items()}
    texts = {
        "get_docs": "/docs",
        "get_docs_by_asset": "/docs/start.js",
        "get_explorer": "/",
        "get_explorer_by_asset": "/explorer/explorer.css",
        "get_metrics": "/metrics",
    }
    answers.update({name: curl(path).decode() for name, path in texts.items()})
    answers["get_map"] = in_base64(curl("/map"))
    answers["get_map_values"] = in_base64(curl("/map/values?field=age"))
    return answers


def alike(value):
    """The same for what means the same."""
    if isinstance(value, dict):
        return {name: alike(member) for name, member in value.items() if member is not None}
    if isinstance(value, list):
        return [alike(member) for member in value]
    if isinstance(value, str) and TIME.fullmatch(value):
        return datetime.datetime.fromisoformat(value).timestamp()
    # JavaScript and Go read every number as a double.
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def same(name, found, expected):
    if name == "get_random":
        return found == json.loads(curl(f"/profiles/{quote(str(found['_id']), safe='')}"))
    if name == "get_metrics":
        # The numbers go on.
        kinds = [sorted(line for line in text.splitlines() if line.startswith("# TYPE")) for text in (found, expected)]
        return kinds[0] == kinds[1] and len(kinds[0]) > 10
    return alike(found) == alike(expected)


def main():
    program = subprocess.run(sys.argv[1:], capture_output=True, text=True, check=False, timeout=300)
    if program.returncode != 0:
        sys.exit(f"{' '.join(sys.argv[1:])} has ended with {program.returncode}:\n{program.stdout}{program.stderr}")
    found, expected = json.loads(program.stdout), asked_with_curl()
    operations = json.loads(curl("/openapi.json"))["paths"].values()
    names = {operation["operationId"] for item in operations for operation in item.values()}
    problems = [f"{name} was not asked" for name in sorted(names - {name.split()[0] for name in found})]
    problems += [f"{name} was not answered" for name in expected if name not in found]
    for name, answer in found.items():
        if not same(name, answer, expected.get(name)):
            problems.append(f"{name}: {json.dumps(answer)[:500]} instead of {json.dumps(expected.get(name))[:500]}")
    if problems:
        sys.exit("\n".join(problems))


if __name__ == "__main__":
    main()
