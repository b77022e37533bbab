"""Prints which crates both programs are linked with, and the texts of their licences, for a release.

usage: third_party.py TARGET
"""

import json
import os
import pathlib
import re
import subprocess
import sys

NAMES = re.compile(r"(licen[sc]e|copying|notice|copyright|unlicense)", re.IGNORECASE)


def linked(target):
    """The crates that are compiled into the programs, without those that only build or test them."""
    command = [os.environ.get("CARGO", "cargo"), "metadata", "--format-version=1", "--locked", f"--filter-platform={target}"]
    metadata = json.loads(subprocess.check_output(command))
    packages = {package["id"]: package for package in metadata["packages"]}
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    found, waiting = set(), list(metadata["workspace_members"])
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        for dependency in nodes[name]["deps"]:
            if any(kind["kind"] is None for kind in dependency["dep_kinds"]):
                waiting.append(dependency["pkg"])
    others = found - set(metadata["workspace_members"])
    return sorted((packages[name] for name in others), key=lambda package: (package["name"], package["version"]))


def texts_of(package):
    """What a crate has of licences, line ends and blanks at the ends of lines aside."""
    place = pathlib.Path(package["manifest_path"]).parent
    files = [path for path in place.iterdir() if path.is_file() and NAMES.match(path.name)]
    for path in sorted(files):
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        yield "\n".join(line.rstrip() for line in lines).strip()


def main(target):
    texts = {}
    print("Both programs are linked with these crates:\n")
    for package in linked(target):
        title = f"{package['name']} {package['version']}"
        own_texts = dict.fromkeys(texts_of(package))
        authors = ", ".join(package["authors"]) or "authors that it does not name"
        without_text = "" if own_texts else f"; its sources have no text of it; by {authors}"
        print(f"{title}: {package['license'] or 'see its text below'}{without_text}")
        for text in own_texts:
            texts.setdefault(text, []).append(title)
    for text, titles in texts.items():
        print(f"\n{'=' * 80}\n{', '.join(titles)}\n{'=' * 80}\n\n{text}")


if __name__ == "__main__":
    main(*sys.argv[1:])
