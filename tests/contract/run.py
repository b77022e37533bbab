#!/usr/bin/env python3
"""Holds the server against its own OpenAPI document, with schemathesis: the programs that cargo has built in debug, on
free ports, with the beginning of the sample, without keys and with one that may do everything.

Ends with a line of the form that cargo prints; exit 0 only if nothing failed. Needs what requirements.txt lists."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
import xml.etree.ElementTree
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT / "data"))
import generate_profiles as sample  # noqa: E402

# Few, because a debug build makes the index.
PROFILES = 300
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()
PROGRAMS = TARGET / "debug"
# The same requests every time, and as many of them for an operation as take a second or two.
SEED = "20240229"
EXAMPLES = "40"
PATIENCE_SECONDS = 120
KEY = "contract-tests-only"


def run(*command, **more):
    return subprocess.run([str(part) for part in command], check=True, text=True, capture_output=True, **more).stdout


def build_index(work):
    """Two versions, so that one can be pinned. Ids that paths stumble over come first, and one profile is empty."""
    odd = [{"_id": id_, "bio": "I collect identifiers."} for id_ in ["!a/b", "!%2F", "!😀", "!?b=c&d#e", 7]]
    profiles = [*odd, {"_id": "empty"}, *sample.generate(PROFILES, sample.SEED)]
    source = work / "profiles.jsonl"
    source.write_text("".join(json.dumps(profile) + "\n" for profile in profiles))
    index = work / "index"
    run(PROGRAMS / "index-builder", "build", "--profiles", source, "--out", index)
    shutil.copyfile(index / "index-00000001.knd", index / "index-00000002.knd")
    return index


def await_address(log, server):
    """Where the server says that it listens."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        found = re.search(r"listening on (http://[0-9.]+:\d+)", log.read_text())
        if found:
            return found.group(1)
        if server.poll() is not None:
            break
        time.sleep(0.1)
    sys.exit(f"the server does not listen:\n{log.read_text()}")


def await_ready(address):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{address}/health/ready", timeout=PATIENCE_SECONDS):
                return
        except OSError:
            time.sleep(0.1)
    sys.exit("the server does not become ready")


def environment(address, headers):
    """Two ids of the sample that have a vector, for the hooks."""
    request = urllib.request.Request(f"{address}/profiles?prefix=&limit=50", headers=headers)
    with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
        ids = [str(profile["_id"]) for profile in json.load(answer)]
    return {
        **os.environ,
        "PYTHONPATH": str(HERE),
        "SCHEMATHESIS_HOOKS": "hooks",
        "CONTRACT_ID": ids[0],
        "CONTRACT_OTHER_ID": ids[1],
    }


def contract(name, index, work, arguments, headers):
    """Runs every check against one server, and gives how many operations passed and how many failed."""
    log = work / f"{name}.log"
    command = [PROGRAMS / "kindred", "--index-dir", index, "--bind", "127.0.0.1:0", *arguments]
    with log.open("w") as errors:
        server = subprocess.Popen(command, stderr=errors, stdin=subprocess.DEVNULL)
    try:
        address = await_address(log, server)
        await_ready(address)
        report = work / f"{name}.xml"
        print(f"== contract: {name}", flush=True)
        tests = subprocess.run(
            [
                Path(sys.executable).with_name("schemathesis"), "--config-file", HERE / "schemathesis.toml",
                "run", f"{address}/openapi.json",
                "--checks", "all", "--phases", "examples,coverage,fuzzing,stateful", "--mode", "all",
                "--seed", SEED, "--max-examples", EXAMPLES, "--generation-database", "none",
                "--request-timeout", str(PATIENCE_SECONDS), "--continue-on-failure", "--no-color",
                "--report", "junit", "--report-junit-path", report,
                *(part for header in headers.items() for part in ("--header", ": ".join(header))),
            ],
            env=environment(address, headers), cwd=work, check=False,
        )
        if server.poll() is not None:
            print(f"the server has ended with {server.returncode}:\n{log.read_text()}")
        return counted(report, tests.returncode, server.poll() is None)
    finally:
        server.terminate()
        server.wait()


def counted(report, code, lives):
    """Operations that passed and that did not. A run that ends badly is a failure by itself."""
    if not report.exists():
        return 0, 1
    cases = list(xml.etree.ElementTree.parse(report).iter("testcase"))
    failed = sum(1 for case in cases if case.find("failure") is not None or case.find("error") is not None)
    skipped = sum(1 for case in cases if case.find("skipped") is not None)
    failed += skipped + (not lives)
    return len(cases) - failed, failed or int(code != 0)


def main():
    with tempfile.TemporaryDirectory() as directory:
        work = Path(directory)
        index = build_index(work)
        keys = work / "keys"
        scopes = ["--name", "contract", "--scopes", "read,observe,admin"]
        keys.write_text(run(PROGRAMS / "kindred", "hash-key", *scopes, input=KEY))
        results = [
            contract("without keys", index, work, [], {}),
            contract("with keys", index, work, ["--api-keys", keys], {"Authorization": f"Bearer {KEY}"}),
        ]
    passed, failed = (sum(column) for column in zip(*results))
    verdict = "ok" if failed == 0 and passed > 0 else "FAILED"
    print(f"test result: {verdict}. {passed} passed; {failed} failed")
    sys.exit(verdict != "ok")


if __name__ == "__main__":
    main()
