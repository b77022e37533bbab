"""Runs a notebook against the programs and compares what it prints with what is stored in it.

usage: notebook.py PROGRAMS NOTEBOOK [--write]

PROGRAMS is the directory of the two programs. Texts and tables have to be the stored ones; a picture has to be made,
and may differ. `--write` stores what came out instead.
"""

import os
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from traitlets.config import Config

# A notebook is read on a page and kept in the repository: pictures in it are small.
MAX_BYTES = 100_000
# Far longer than any cell takes on a busy machine.
PATIENCE_SECONDS = 600


def outputs(cell) -> list:
    """What a cell printed and showed, without what differs from run to run: texts and tables as they are, pictures by their kind."""
    shown = []
    for output in cell.get("outputs", []):
        if output.output_type == "stream":
            shown.append((output.name, output.text))
        elif output.output_type == "error":
            shown.append(("error", output.ename))
        elif any(kind.startswith("image/") for kind in output.data):
            shown.append(("picture", sorted(kind for kind in output.data if kind.startswith("image/"))))
        else:
            shown.append(("value", output.data["text/plain"]))
    return shown


def executed(notebook, programs: Path, directory: str):
    """A copy of the notebook after all its cells have run in a directory of their own; a cell that fails is an exception."""
    os.environ |= {
        "PATH": f"{programs}:{os.environ['PATH']}",
        # Nothing is written into the home of the person who runs it.
        "MPLCONFIGDIR": f"{directory}/matplotlib",
        "IPYTHONDIR": f"{directory}/ipython",
        "JUPYTER_RUNTIME_DIR": f"{directory}/jupyter",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    }
    copy = nbformat.from_dict(notebook)
    # Sockets in a directory: with ports of the machine, others on it could read what goes over them.
    sockets = Config({"KernelManager": {"transport": "ipc", "ip": f"{directory}/kernel"}})
    NotebookClient(
        copy, config=sockets, timeout=PATIENCE_SECONDS, resources={"metadata": {"path": directory}}
    ).execute()
    return copy


def store(notebook, path: Path) -> None:
    """Writes it without what differs from run to run or names the machine."""
    for cell in notebook.cells:
        cell.metadata = {}
        for output in cell.get("outputs", []):
            # The tables are shown as text as well, and that is what is compared.
            output.get("data", {}).pop("text/html", None)
            if any(kind.startswith("image/") for kind in output.get("data", {})):
                output.data["text/plain"] = "a picture"
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    nbformat.write(notebook, path)


def differences(stored, fresh, path: Path) -> list[str]:
    """What is wrong with the stored notebook."""
    wrong = []
    for number, (before, after) in enumerate(zip(stored.cells, fresh.cells), 1):
        if outputs(before) != outputs(after):
            wrong.append(f"{path}: cell {number} shows\n{outputs(after)}\nand not\n{outputs(before)}")
    if not any(kind == "picture" for cell in fresh.cells for kind, _ in outputs(cell)):
        wrong.append(f"{path}: no cell shows a picture")
    text = path.read_text(encoding="utf-8")
    if len(text) > MAX_BYTES:
        wrong.append(f"{path}: {len(text)} bytes, more than {MAX_BYTES}")
    for place in (tempfile.gettempdir() + "/", str(Path.home()) + "/", str(Path(__file__).resolve().parents[2])):
        if place != "//" and place in text:
            wrong.append(f"{path}: names {place}, a place of one machine")
    return wrong


def main() -> int:
    """Runs the notebook that is named."""
    programs, name, *options = sys.argv[1:]
    path = Path(name)
    stored = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory(prefix="kindred-notebook-") as directory:
        fresh = executed(stored, Path(programs).resolve(), directory)
    if options == ["--write"]:
        store(fresh, path)
        stored = fresh
    wrong = differences(stored, fresh, path)
    print("\n".join(wrong) or f"{path}: {sum(cell.cell_type == 'code' for cell in stored.cells)} cells show what is stored")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
