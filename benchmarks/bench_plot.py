"""Plots as SVG, of rectangles, lines and text alone: the same bytes for the same figures, readable light or dark."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from math import log10

INK, PALE, OURS, THEIRS, PAPER = "#1f2328", "#d0d7de", "#0969da", "#8c959f", "#ffffff"
FONT = 'font-family="Helvetica, Arial, sans-serif" font-size="13"'
Series = tuple[str, Sequence[float], Sequence[float]]


def text(x: float, y: float, said: str, anchor: str = "start", weight: str = "normal") -> str:
    """A line of text, whose baseline begins (or has its middle or end) at a point."""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-weight="{weight}" fill="{INK}" {FONT}>'
        f"{escape(said)}</text>"
    )


def canvas(width: int, height: int, title: str, parts: Sequence[str]) -> str:
    """A picture of its parts, on paper."""
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
            f'role="img">',
            f"<title>{escape(title)}</title>",
            f'<rect width="{width}" height="{height}" fill="{PAPER}"/>',
            *parts,
            "</svg>\n",
        ]
    )


def bars(title: str, rows: Sequence[tuple[str, float]]) -> str:
    """A bar for each name; the first is ours."""
    left, wide, step, top = 130, 470, 34, 44
    longest = max((value for _, value in rows), default=1)
    parts = [text(16, 26, title, weight="bold")]
    for number, (name, value) in enumerate(rows):
        y, width = top + number * step, wide * value / longest
        colour = THEIRS if number else OURS
        parts.append(text(left - 10, y + 16, name, "end"))
        parts.append(f'<rect x="{left}" y="{y}" width="{max(width, 1):.1f}" height="22" fill="{colour}"/>')
        parts.append(text(left + width + 8, y + 16, f"{value:.2f}" if value < 10 else f"{value:.1f}"))
    return canvas(left + wide + 80, top + step * len(rows) + 10, title, parts)


def lines(across: str, series: Sequence[Series]) -> str:
    """A panel for each series, side by side, from zero up; sizes are across, by their logarithm."""
    wide, high, left, top = 290, 190, 62, 44
    parts = []
    for number, (title, xs, ys) in enumerate(series):
        x0, y0 = left + number * (wide + left + 24), top + high
        limit = ceiling(max(ys))
        low, span = log10(min(xs)), log10(max(xs) / min(xs)) or 1
        parts.append(text(x0 - 46, 26, title, weight="bold"))
        for share in (0, 0.25, 0.5, 0.75, 1):
            y = y0 - high * share
            parts.append(f'<line x1="{x0}" y1="{y:.1f}" x2="{x0 + wide}" y2="{y:.1f}" stroke="{PALE}"/>')
            parts.append(text(x0 - 8, y + 4, f"{limit * share:g}", "end"))
        points = [
            (x0 + 14 + (wide - 28) * (log10(x) - low) / span, y0 - high * y / limit)
            for x, y in zip(xs, ys, strict=True)
        ]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{OURS}" stroke-width="2"/>')
        for (x, y), size, value in zip(points, xs, ys, strict=True):
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{OURS}"/>')
            parts.append(text(x, y - 10, f"{value:.0f}", "middle"))
            parts.append(text(x, y0 + 20, f"{size:.0f}", "middle"))
        parts.append(text(x0 + wide / 2, y0 + 42, across, "middle"))
    width = left + len(series) * (wide + left + 24) - left
    return canvas(width, top + high + 56, "; ".join(title for title, _, _ in series), parts)


def ceiling(value: float) -> float:
    """A round number over a value, with room for what is written over the highest point.

    >>> [ceiling(value) for value in (3, 7.2, 90, 412, 900)]
    [4.0, 8.0, 100.0, 600.0, 1000.0]
    """
    power = 10.0 ** int(log10(value)) if value >= 1 else 1.0
    return next(step * power for step in (1, 2, 4, 6, 8, 10, 20) if step * power >= 1.1 * value)
