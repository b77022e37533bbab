"""What the scripts of the benchmarks share: the machine's name, plots, and the parts of docs/performance.md they write.

Plain Python and nothing else, so that the figures of `make bench-scaling` need no environment.
"""

import html
import math
import os
import pathlib
import platform
import textwrap

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "performance.md"

# Colours that differ in brightness too, on the white box that every plot has.
COLOURS = ["#c2410c", "#1d4ed8", "#15803d", "#7e22ce", "#0e7490", "#a16207", "#475569"]
MARKS = ["circle", "square", "triangle", "diamond"]


def machine():
    """CPU, cores and memory in a sentence."""
    cpu, cores, memory = platform.processor() or platform.machine(), os.cpu_count(), 0
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            cpu = line.split(":", 1)[1].strip()
    for line in pathlib.Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemTotal"):
            memory = int(line.split()[1]) / 2**20
    features = cpu_features()
    return f"{cpu}, {cores} cores ({', '.join(features)}), {memory:.0f} GiB, Linux {platform.release().split('-')[0]}"


def cpu_features():
    """The vector instructions that decide the speed."""
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("flags"):
            flags = set(line.split(":", 1)[1].split())
            known = {"avx2": "AVX2", "fma": "FMA", "avx512f": "AVX-512", "avx512_vnni": "VNNI"}
            return [name for flag, name in known.items() if flag in flags] or ["no AVX2"]
    return ["unknown instructions"]


def number(value):
    """Three digits that mean something, with separators between thousands."""
    if value is None:
        return "-"
    if value == 0:
        return "0"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:,.{digits}f}"


def spread(values):
    """The median, and in brackets what the least and the greatest were."""
    values = sorted(value for value in values if value is not None)
    if not values:
        return "-"
    if len(values) == 1:
        return number(values[0])
    return f"{number(median(values))} ({number(values[0])} to {number(values[-1])})"


def median(values):
    """The middle value; the mean of two."""
    values = sorted(values)
    if not values:
        return None
    middle = len(values) // 2
    return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2


def table(head, rows, dense=False):
    """A table in Markdown; every column but the first to the right. A dense one has no blanks around its bars."""
    lines = [head, ["---"] + ["---:"] * (len(head) - 1)] + rows
    blank = "" if dense else " "
    bar = f"{blank}|{blank}"
    return "\n".join(f"|{blank}{bar.join(str(cell) for cell in line)}{blank}|" for line in lines)


def paragraph(words):
    """A paragraph in lines as long as the page's."""
    return textwrap.fill(" ".join(words.split()), 118, break_long_words=False, break_on_hyphens=False)


def publish(part, text, file=PAGE):
    """Puts a text between the markers of a part of the page; the last of its kind is followed by a new one."""
    begin, end = f"<!-- {part} -->", f"<!-- end of {part} -->"
    page = file.read_text()
    block = f"{begin}\n{text.strip()}\n{end}"
    if begin in page:
        before, rest = page.split(begin, 1)
        page = before + block + rest.split(end, 1)[1]
    else:
        # A data set that the page does not have yet goes to the end of its chapter.
        chapter = f"<!-- more {part.split()[0]} -->"
        if chapter not in page:
            raise SystemExit(f"{file} has neither {begin} nor {chapter}")
        page = page.replace(chapter, f"{block}\n\n{chapter}")
    file.write_text(page)
    print(f"wrote {part} into {file.relative_to(ROOT)}")


class Axis:
    """One direction of a plot: a scale and its ticks."""

    def __init__(self, values, start, end, scale="linear"):
        self.scale, self.start, self.end = scale, start, end
        forward = self.forward
        low, high = min(map(forward, values)), max(map(forward, values))
        room = (high - low) * 0.04 or 0.5
        self.low, self.high = low - room, high + room

    def forward(self, value):
        if self.scale == "log":
            return math.log10(value)
        if self.scale == "recall":
            # Halfway from here to 1 is always the same step, down to one answer in ten thousand.
            return -math.log10(max(1 - value, 1e-4))
        return value

    def place(self, value):
        share = (self.forward(value) - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def ticks(self):
        if self.scale == "log":
            exponents = range(math.floor(self.low), math.ceil(self.high) + 1)
            factors = (1, 2, 5) if self.high - self.low < 4 else (1,)
            values = [factor * 10.0**exponent for exponent in exponents for factor in factors]
        elif self.scale == "recall":
            values = [0.1, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9999]
        else:
            step = 10 ** math.floor(math.log10((self.high - self.low) / 4 or 1))
            values = [step * index for index in range(math.floor(self.low / step), math.ceil(self.high / step) + 1)]
        return [value for value in values if self.low <= self.forward(value) <= self.high]


def plot(path, title, x_label, y_label, series, x_scale="linear", y_scale="log"):
    """Writes a plot as an SVG: series with a name and points (x, y) joined by lines.

    Dashed ones have no marks; `like` gives the number of the series whose colour one has.
    """
    width, height, left, right, top, bottom = 760, 470, 78, 178, 44, 56
    points = [point for line in series for point in line["points"]]
    if not points:
        return
    x = Axis([point[0] for point in points], left, width - right, x_scale)
    y = Axis([point[1] for point in points], height - bottom, top, y_scale)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{html.escape(title)}" font-family="system-ui, sans-serif" font-size="13">',
        f'<rect width="{width}" height="{height}" rx="6" fill="#ffffff"/>',
        text(left, 26, title, size=16, weight="600"),
        text((left + width - right) / 2, height - 14, x_label, anchor="middle"),
        text(0, 0, y_label, anchor="middle", move=f"translate(20 {(top + height - bottom) / 2}) rotate(-90)"),
    ]
    for value in x.ticks():
        at = x.place(value)
        parts.append(line(at, top, at, height - bottom, "#e5e7eb"))
        parts.append(text(at, height - bottom + 18, tick(value), anchor="middle"))
    for value in y.ticks():
        at = y.place(value)
        parts.append(line(left, at, width - right, at, "#e5e7eb"))
        parts.append(text(left - 8, at + 4, tick(value), anchor="end"))
    parts.append(line(left, height - bottom, width - right, height - bottom, "#6b7280"))
    parts.append(line(left, top, left, height - bottom, "#6b7280"))
    legend = top + 8
    for index, one in enumerate(series):
        if not one["points"]:
            continue
        index = one.get("like", index)
        colour, mark = COLOURS[index % len(COLOURS)], MARKS[index % len(MARKS)]
        placed = [(x.place(a), y.place(b)) for a, b in sorted(one["points"])]
        path_data = " ".join(f"{a:.1f},{b:.1f}" for a, b in placed)
        dash = ' stroke-dasharray="5 4"' if one.get("dashed") else ""
        parts.append(f'<polyline points="{path_data}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>')
        if not one.get("dashed"):
            parts.extend(marker(mark, a, b, colour) for a, b in placed)
        parts.append(line(width - right + 16, legend, width - right + 40, legend, colour, 2, dash))
        if not one.get("dashed"):
            parts.append(marker(mark, width - right + 28, legend, colour))
        parts.append(text(width - right + 48, legend + 4, one["name"]))
        legend += 22
    parts.append("</svg>")
    path.write_text("\n".join(parts) + "\n")
    print(f"wrote {path.relative_to(ROOT) if path.is_relative_to(ROOT) else path}")


def tick(value):
    """A number on an axis, short."""
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if value >= size:
            return f"{value / (1e3 if unit == 'k' else size):g}{unit}"
    return f"{value:g}"


def text(x, y, words, anchor="start", size=None, weight=None, move=None):
    extra = f' font-size="{size}"' if size else ""
    extra += f' font-weight="{weight}"' if weight else ""
    extra += f' transform="{move}"' if move else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="#1f2937"{extra}>{html.escape(words)}</text>'


def line(x1, y1, x2, y2, colour, width=1, extra=""):
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
        f'stroke="{colour}" stroke-width="{width}"{extra}/>'
    )


def marker(kind, x, y, colour):
    corners = {
        "square": [(-4, -4), (4, -4), (4, 4), (-4, 4)],
        "triangle": [(0, -5), (5, 4), (-5, 4)],
        "diamond": [(0, -5.5), (5.5, 0), (0, 5.5), (-5.5, 0)],
    }.get(kind)
    if corners is None:
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>'
    points = " ".join(f"{x + dx:.1f},{y + dy:.1f}" for dx, dy in corners)
    return f'<polygon points="{points}" fill="{colour}"/>'
