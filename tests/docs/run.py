"""Runs what a document shows.

usage: run.py PROGRAMS DOCUMENT...

PROGRAMS is the directory of the two programs. A document's blocks run in their order, in one temporary directory that
looks like a fresh clone. What is behind the language says how:

    ```sh            runs and must end with 0
    ```sh server     runs in the background until the document ends; goes on when the address answers
    ```sh unrun      does not run (it takes too long, or another machine): its syntax, the options of the two programs
                     and the targets of make are checked
    ```console       lines behind "$ " run, and must print what stands below; a line "..." stands for any lines,
                     and "..." within a line for the rest of a word or more
    ```python        runs, and so does ```js

Other blocks are only read. Ends with one line for each document, and with 1 if a block failed.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Documents say where the server listens by default; a test takes a port that is free.
DOCUMENTED_PORT = "5000"
# Far longer than any block takes on a busy machine: only a hang gets here.
PATIENCE_SECONDS = 600


@dataclass
class Block:
    """A fenced block, and the line it begins in."""

    line: int
    language: str
    how: str
    text: str


class Failed(Exception):
    """A block did not do what it shows."""


def blocks_of(document: Path) -> list[Block]:
    """The fenced blocks of a document."""
    blocks, current = [], None
    for number, line in enumerate(document.read_text(encoding="utf-8").splitlines(), 1):
        if current is not None and line.strip() == "```":
            blocks.append(current)
            current = None
        elif current is not None:
            current.text += line + "\n"
        elif fence := re.match(r"\s*```(\w+)\s*(.*)$", line):
            current = Block(number, fence[1], fence[2].strip(), "")
    if current is not None:
        raise Failed(f"{document}:{current.line}: this block does not end")
    return blocks


def free_port() -> str:
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return str(listener.getsockname()[1])


class Clone:
    """A directory with the files of the repository, where a document's blocks run."""

    def __init__(self, programs: Path):
        self.directory = Path(tempfile.mkdtemp(prefix="kindred-docs-"))
        for name in subprocess.check_output(["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, text=True).splitlines():
            top = name.split("/")[0]
            if not (self.directory / top).exists():
                (self.directory / top).symlink_to(ROOT / top)
        self.port = free_port()
        self.servers: list[subprocess.Popen] = []
        address = f"127.0.0.1:{self.port}"
        self.environment = os.environ | {
            "PATH": f"{programs}:{os.environ['PATH']}",
            "CARGO_TARGET_DIR": str(programs.parent),
            # The programs are built already; in another directory cargo would build them again.
            "CARGO": "true",
            "BIND": address,
            "KINDRED_BIND": address,
        }

    def text(self, block: Block) -> str:
        """What to run instead of what is written."""
        return re.sub(rf"\b{DOCUMENTED_PORT}\b", self.port, block.text)

    def run(self, command: list[str]) -> str:
        """Runs to the end, and gives what was printed."""
        done = subprocess.run(
            command,
            cwd=self.directory,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE_SECONDS,
        )
        if done.returncode != 0:
            raise Failed(f"ended with {done.returncode} and printed:\n{done.stdout}")
        return done.stdout

    def shell(self, text: str) -> str:
        """Runs a script, every line of which must end with 0."""
        return self.run(["bash", "-euo", "pipefail", "-c", text])

    def serve(self, text: str) -> None:
        """Runs in the background until the address answers."""
        log = tempfile.TemporaryFile("w+", encoding="utf-8")
        server = subprocess.Popen(
            ["bash", "-euo", "pipefail", "-c", text],
            cwd=self.directory,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        self.servers.append(server)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self.answers():
            if server.poll() is not None or time.monotonic() > deadline:
                log.seek(0)
                raise Failed(f"does not answer on port {self.port}; it printed:\n{log.read()}")
            time.sleep(0.1)

    def answers(self) -> bool:
        """Whether an index is served."""
        try:
            return urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health/ready", timeout=60).status == 200
        except urllib.error.HTTPError:
            # Live and not ready: an index may come later, by another block.
            return True
        except OSError:
            return False

    def close(self) -> None:
        """Ends what runs, and removes the directory."""
        for server in self.servers:
            if server.poll() is None:
                os.killpg(server.pid, signal.SIGTERM)
            server.wait(timeout=PATIENCE_SECONDS)
        shutil.rmtree(self.directory)


def console(clone: Clone, text: str) -> None:
    """Compares what commands print with what a document says that they do."""
    sessions = re.split(r"^\$ ", text, flags=re.MULTILINE)
    if sessions[0].strip():
        raise Failed("a console block begins with a command behind '$ '")
    for session in sessions[1:]:
        command, shown = re.match(r"((?:.*\\\n)*.*\n)((?:.*\n)*)", session).groups()
        printed = clone.shell(command).replace(clone.port, DOCUMENTED_PORT)
        pattern = "".join(
            r"(?:.*\n)*" if line.strip() == "..." else re.escape(line).replace(r"\.\.\.", ".+") + r"\n" for line in shown.splitlines()
        )
        if not re.fullmatch(pattern, printed if printed.endswith("\n") or not printed else printed + "\n"):
            raise Failed(f"{command.strip()} printed:\n{printed}\nand not:\n{shown}")


def check_unrun(clone: Clone, text: str) -> None:
    """Checks syntax, options and targets of what does not run."""
    clone.run(["bash", "-n", "-c", text])
    joined = text.replace("\\\n", " ")
    begins = r"(?:^|[;&|(])[ \t]*(?:sudo[ \t]+)?(?:[A-Z_]+=\S*[ \t]+)*(?:\S*/)?"
    called = re.compile(begins + r"(kindred|index-builder)[ \t]+(-[^\n|;&>]*|[a-z-]+ [^\n|;&>]*)", re.MULTILINE)
    for program, words in called.findall(joined):
        words = words.split(" #")[0].split()
        command = [words[0]] if re.fullmatch(r"[a-z][a-z-]*", words[0]) else []
        help_text = clone.run([program, *command, "--help"])
        for word in words:
            option = word.split("=")[0]
            if option.startswith("--") and len(option) > 2 and not re.search(rf"(?<![\w-]){option}(?![\w-])", help_text):
                raise Failed(f"{program} {' '.join(command)} has no option {option}")
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    for target in re.findall(r"(?:^|[;&|])\s*(?:sudo\s+)?make\s+([a-z-]+)", joined, flags=re.MULTILINE):
        if target not in targets:
            raise Failed(f"make has no target {target}")


def run_block(clone: Clone, block: Block) -> bool:
    """Whether the block is one that is checked; it is, then."""
    text = clone.text(block)
    match (block.language, block.how):
        case ("sh", ""):
            clone.shell(text)
        case ("sh", "server"):
            clone.serve(text)
        case ("sh", "unrun"):
            check_unrun(clone, text)
        case ("console", ""):
            console(clone, text)
        case ("python", ""):
            clone.run([sys.executable, "-c", text])
        case ("js", ""):
            clone.run(["node", "--input-type=module", "--eval", text])
        case ("sh" | "console" | "python" | "js", how):
            raise Failed(f"{how!r} is not known behind {block.language!r}")
        case _:
            return False
    return True


def run_document(document: Path, programs: Path) -> bool:
    """Runs a document; whether all of it did what it shows."""
    clone = Clone(programs)
    checked = 0
    try:
        for block in blocks_of(document):
            try:
                checked += run_block(clone, block)
            except (Failed, subprocess.TimeoutExpired) as failure:
                print(f"{document}:{block.line}: {failure}")
                return False
    finally:
        clone.close()
    print(f"{document}: {checked} blocks do what they show")
    return True


def main() -> int:
    """Runs every document that is named."""
    programs, *documents = sys.argv[1:]
    results = [run_document(Path(document), Path(programs).resolve()) for document in documents]
    return 0 if results and all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
