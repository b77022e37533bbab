"""Runs a vectorizer function for the index builder: batches of profiles come in, one answer a profile goes out.

Started as `python3 -c <this text> PATH FUNCTION MOST_NUMBERS`. The frames are described in frames.rs. Needs nothing
but the standard library of Python 3.7 or later.
"""

import array
import collections.abc
import importlib.machinery
import importlib.util
import io
import itertools
import json
import os
import signal
import struct
import sys
import traceback

LOADED, NOT_LOADED, SINGLES, DOUBLES, RAISED, NO_VECTOR = range(6)
GREETING = b"kindred python 1"
TEXT_CHARACTERS = 500


class Refused(Exception):
    """The function cannot be loaded: a reason of frames.rs and a text."""

    IMPORT_RAISED, MISSING, NOT_CALLABLE = range(3)


class Losing(io.RawIOBase):
    """Writes to a descriptor what can be written, and loses the rest: that a log is full, or that nobody reads it any
    more, is no reason for a function to fail."""

    def __init__(self, descriptor):
        super().__init__()
        self.descriptor = descriptor

    def writable(self):
        return True

    def fileno(self):
        return self.descriptor

    def isatty(self):
        return os.isatty(self.descriptor)

    def write(self, data):
        try:
            return os.write(self.descriptor, data)
        except OSError:
            return len(data)


def losing(stream):
    # Lines appear when they are printed, and a character that the terminal's encoding lacks is no reason to fail.
    binary = io.BufferedWriter(Losing(stream.fileno()))
    return io.TextIOWrapper(binary, stream.encoding, "backslashreplace", line_buffering=True)


def main():
    if sys.version_info < (3, 7):
        sys.exit("the vectorizer needs Python 3.7 or later, this is " + sys.version)
    path, function, most_numbers = sys.argv[1], sys.argv[2], int(sys.argv[3])
    sys.argv[:] = [path]
    source, sink = take_pipes()
    die_with_the_builder()
    try:
        vectorize = load(path, function)
    except Refused as refused:
        reason, text = refused.args
        send(sink, NOT_LOADED, bytes([reason]) + encoded(text))
        return
    send(sink, LOADED, GREETING)
    while True:
        profiles = receive(source)
        if profiles is None:
            return
        for profile in profiles:
            send(sink, *answer(vectorize, profile, most_numbers))


def take_pipes():
    """Moves the pipes away from descriptors 0 and 1, so that nothing the function prints or reads, from C either,
    meets a frame: it reads nothing, and prints to standard error."""
    source, sink = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    sys.stdout, sys.stderr = losing(sys.stdout), losing(sys.stderr)

    def cut_off():
        os.dup2(nothing, source)
        os.dup2(nothing, sink)

    # A process that the function forks must neither answer in our place nor keep the pipes open when we are gone.
    os.register_at_fork(after_in_child=cut_off)
    # We are in a process group of our own, in the background: printing must not stop us on a terminal with `tostop`.
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    return open(source, "rb", closefd=False), open(sink, "wb", closefd=False)


def die_with_the_builder():
    """Between two batches the end of the input ends us; this is for a builder that is killed while the function
    hangs. Linux only, and only where Python has ctypes."""
    pr_set_pdeathsig = 1
    try:
        import ctypes

        ctypes.CDLL(None).prctl(pr_set_pdeathsig, int(signal.SIGKILL), 0, 0, 0)
    except Exception:
        pass


def load(path, function):
    folder = os.path.dirname(os.path.realpath(path))
    # With -c the first entry is the working directory, unless Python was told to leave it out.
    if sys.path and sys.path[0] == "":
        sys.path[0] = folder
    else:
        sys.path.insert(0, folder)
    name = os.path.splitext(os.path.basename(path))[0]
    if name in sys.modules:
        # A file called like a module that Python itself has loaded must not replace that.
        name = "vectorizer_" + name
    loader = importlib.machinery.SourceFileLoader(name, path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    # Classes of the module are looked up here by pickle, dataclasses and typing.
    sys.modules[name] = module
    try:
        loader.exec_module(module)
        found = getattr(module, function, None)
        missing = not hasattr(module, function)
    except BaseException as error:
        traceback.print_exc()
        raise Refused(Refused.IMPORT_RAISED, last_line(error)) from None
    if missing:
        raise Refused(Refused.MISSING, "")
    if not callable(found):
        raise Refused(Refused.NOT_CALLABLE, "it is " + described(found))
    return found


def answer(vectorize, profile, most_numbers):
    """The kind and the body of the answer for one profile. Never raises: SystemExit, KeyboardInterrupt,
    RecursionError and MemoryError are a profile's failure like every other."""
    try:
        value = vectorize(json.loads(profile))
    except BaseException as error:
        return RAISED, encoded(last_line(error))
    try:
        return packed(value, most_numbers)
    except BaseException as error:
        return NO_VECTOR, encoded("{}: {}".format(described(value), last_line(error)))


def packed(value, most_numbers):
    """A vector's numbers as bytes. Anything that raises here was no vector."""
    if not isinstance(value, (list, tuple)):
        view, value = unwrapped(value)
        if view is not None and view.format in ("f", "d"):
            check_count(len(view), most_numbers)
            return SINGLES if view.format == "f" else DOUBLES, view.tobytes()
    check_count(len(value), most_numbers)
    try:
        # One more than allowed: `len` is the function's own and need not be true.
        numbers = array.array("d", itertools.islice(value, most_numbers + 1))
    except OverflowError:
        numbers = array.array("d", map(saturated, itertools.islice(value, most_numbers + 1)))
    check_count(len(numbers), most_numbers)
    return DOUBLES, numbers.tobytes()


def unwrapped(value):
    """A view of the value's numbers if it has the buffer protocol, and a sequence of them."""
    if isinstance(value, (str, bytes, bytearray, collections.abc.Mapping)):
        raise TypeError("not a sequence of numbers")
    if not hasattr(value, "tolist") and hasattr(value, "__array__"):
        value = value.__array__()
    try:
        view = memoryview(value)
    except (TypeError, ValueError, BufferError):
        view = None
    if view is not None and view.ndim != 1:
        raise TypeError("it has the shape {}, a vector has one dimension".format(view.shape))
    if view is not None and view.format in ("f", "d"):
        return view, view
    if hasattr(value, "tolist"):
        value = value.tolist()
    if not (hasattr(type(value), "__len__") and hasattr(type(value), "__getitem__")):
        raise TypeError("not a sequence of numbers")
    return None, value


def check_count(count, most_numbers):
    if not 1 <= count <= most_numbers:
        raise ValueError("it has {} numbers, allowed are 1 to {}".format(count, most_numbers))


def saturated(number):
    """An integer beyond every float is infinite; everything else is as it is."""
    try:
        return float(number) if isinstance(number, int) else number
    except OverflowError:
        return float("inf") if number > 0 else float("-inf")


def last_line(error):
    """The exception as the last line of its traceback shows it, in one line, where its text has more."""
    kind = type(error)
    name = kind.__qualname__
    if kind.__module__ not in ("builtins", "__main__"):
        name = "{}.{}".format(kind.__module__, name)
    try:
        text = str(error)
    except BaseException:
        text = "<its text cannot be shown>"
    return "{}: {}".format(name, text) if text else name


def described(value):
    return "a value of type {}".format(type(value).__qualname__)


def encoded(text):
    # Cut first: a text can be of any length, and nobody reads more.
    line = " ".join(text[: 4 * TEXT_CHARACTERS].split())[:TEXT_CHARACTERS]
    shown = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in line)
    return shown.encode("utf-8", "backslashreplace")


def receive(source):
    """The next batch, or None when there is no more."""
    count = receive_length(source)
    if count is None:
        return None
    profiles = []
    for _ in range(count):
        length = receive_length(source)
        if length is None:
            return None
        profiles.append(source.read(length))
    return profiles


def receive_length(source):
    length = source.read(4)
    return struct.unpack("<I", length)[0] if len(length) == 4 else None


def send(sink, kind, body):
    sink.write(struct.pack("<IB", len(body), kind))
    sink.write(body)
    # Every answer on its own: when the function breaks this process, the builder knows at which profile.
    sink.flush()


if __name__ == "__main__":
    try:
        main()
    except BrokenPipeError:
        # The builder is gone, and nobody is left to be told.
        os._exit(1)
