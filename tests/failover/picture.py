"""One run as a timeline."""

from __future__ import annotations

from pathlib import Path

from .story import Request

_COLOURS = {"the address": "#1d3557", "Keystone": "#2a7f62", "fencing": "#b5651d", "corosync": "#6a4c93"}


def draw(title: str, asked: list[Request], run: dict, path: Path) -> None:
    """Draw each request (a dot for an answer, a cross for a failure), the outage, and what the nodes logged."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plot

    figure, axes = plot.subplots(figsize=(13, 4.8), layout="constrained")
    well = [(one.began, 1000 * one.took) for one in asked if one.is_answered]
    lost = [(one.began, 1000 * one.took) for one in asked if not one.is_answered]
    axes.semilogy(*zip(*well), ".", color="#2a7f62", markersize=3, label="answered")
    if lost:
        axes.semilogy(*zip(*lost), "x", color="#d1495b", markersize=4, label="failed")
    axes.axvspan(run["outage from"], run["outage until"], color="#d1495b", alpha=0.2, linewidth=0, label="longest gap")
    axes.axvline(0, color="#333333", linewidth=1.2)
    events = [(0.0, "begin"), *sorted((when, name) for name, when in run["marks"].items())]
    for number, (when, name) in enumerate(events):
        colour = next((colour for word, colour in _COLOURS.items() if name.startswith(word)), "#333333")
        axes.axvline(when, color=colour, linewidth=0.9, linestyle=":" if number else "-")
        axes.annotate(
            f"{name} {when:.2f}" if number else name, (when, 1), xycoords=("data", "axes fraction"),
            xytext=(4, -11 - 11 * (number % 8)), textcoords="offset points", fontsize=8, color=colour,
        )  # fmt: skip
    axes.set_xlabel("seconds after the begin")
    axes.set_ylabel("milliseconds until the end of a request")
    axes.set_title(f"{title}: {run['failed']} of {run['requests']} requests failed, longest gap {run['outage']:.2f} s")
    axes.margins(x=0.01)
    axes.set_ylim(top=axes.get_ylim()[1] * 30)
    figure.legend(loc="outside lower center", ncols=3, fontsize=9, markerscale=2)
    figure.savefig(path, dpi=90)
    plot.close(figure)
