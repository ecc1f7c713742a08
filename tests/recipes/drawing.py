"""The drawing of a recipe: what runs where before a fault, after it, and after its end."""

from __future__ import annotations

from .book import Recipe
from .placement import PROMOTED, Step

# What each shade of a box means, in the order of the legend: face, edge, text.
SHADES = {
    "copy of a clone": ("#dbe7f3", "#7a9cc0", "black"),
    "single instance": ("#fbe3b5", "#c98f1b", "black"),
    "promoted copy": ("#2f6690", "#16425b", "white"),
    "has just moved": ("#f4a6a0", "#b3261e", "black"),
}
TALL = 22
"""Boxes below each other in one column; the boxes of a node that has more stand in several."""
WIDTH, HEIGHT, GAP = 1.75, 0.26, 0.35
"""Inches: a column of boxes, a box, the gap between nodes."""


def write(recipe: Recipe, steps: list[Step]) -> None:
    """Draw the fault that moves most into placement.png."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plot

    panels = chosen(steps)
    nodes = _nodes(panels, recipe)
    boxes = {(step.title, node): _boxes(step, node, steps[0]) for step in panels for node in nodes}
    most = max(len(found) for found in boxes.values())
    across = -(-most // TALL)
    # Rows are counted where most boxes stand, so that all panels have the same scale.
    rows = max(3, -(-most // across))
    wide = len(nodes) * (across * WIDTH + GAP) + GAP
    figure, axes = plot.subplots(len(panels), figsize=(wide, len(panels) * ((rows + 2.4) * HEIGHT + 0.35) + 0.5))
    for axis, step in zip(axes, panels):
        axis.set(xlim=(0, wide), ylim=(rows + 1.6, -1.4))
        axis.axis("off")
        axis.set_title(_title(step), loc="left", fontsize=11, fontweight="bold")
        for number, node in enumerate(nodes):
            left = GAP + number * (across * WIDTH + GAP)
            _node(axis, (left, across, rows), node, node in _off(step, panels))
            for place, (label, shade) in enumerate(boxes[step.title, node]):
                _box(axis, left + place // rows * WIDTH, place % rows, label, SHADES[shade])
    used = {shade for found in boxes.values() for _, shade in found}
    figure.legend(
        handles=[
            plot.Rectangle((0, 0), 1, 1, facecolor=face, edgecolor=edge, label=name)
            for name, (face, edge, _) in SHADES.items()
            if name in used
        ],
        loc="lower center", ncols=2 if wide < 8 else 4, fontsize=9, frameon=False,
    )  # fmt: skip
    figure.tight_layout(rect=(0, 0.55 / figure.get_figheight(), 1, 1))
    # Without the version of the library, the same placement makes the same file.
    figure.savefig(recipe.folder / "placement.png", dpi=100, metadata={"Software": None})
    plot.close(figure)


def chosen(steps: list[Step]) -> list[Step]:
    """All up; the fault that moves most; and its end, if then anything moves again."""
    faults = [number for number, step in enumerate(steps) if step.before == steps[0].where]
    worst = max(faults, key=lambda number: len(_moved(steps[number])))
    after = [step for step in steps[worst + 1 : worst + 2] if step.before == steps[worst].where]
    return [steps[0], steps[worst], *after]


def _moved(step: Step) -> list[str]:
    return [name for name in step.where if step.came_from(name) and name != "power"]


def _nodes(panels: list[Step], recipe: Recipe) -> list[str]:
    """The nodes of the cluster, and then others on which something runs."""
    found = [node.partition(" ")[0] for step in panels for nodes in step.where.values() for node in nodes]
    return [*recipe.names, *sorted(set(found) - set(recipe.names))]


def _off(step: Step, panels: list[Step]) -> list[str]:
    """The nodes that are fenced, and not yet back."""
    return step.fenced if step is panels[1] else []


def _title(step: Step) -> str:
    moved = len(_moved(step))
    said = f"; {moved} of the single instances move" if moved > 1 else "; one instance moves" if moved else ""
    return f"{step.title}{said}"


def _boxes(step: Step, node: str, first: Step) -> list[tuple[str, str]]:
    """(label, shade) of everything that runs on a node, clones last; the fencing device is no part of a recipe."""
    found = []
    for name, nodes in step.where.items():
        if name == "power" or node not in [one.partition(" ")[0] for one in nodes]:
            continue
        copies = max(len(nodes), len(first.where.get(name, [])))
        shade = "copy of a clone" if copies > 1 else "single instance"
        if f"{node}{PROMOTED}" in nodes:
            shade = "promoted copy"
        elif name in _moved(step):
            shade = "has just moved"
        found.append((name.removeprefix("p_"), shade))
    return sorted(found, key=lambda box: (box[1] == "copy of a clone", box))


def _node(axis, place: tuple[float, int, int], name: str, off: bool) -> None:
    """The frame of a node with its name."""
    left, across, rows = place
    wide, tall = across * WIDTH + GAP * 0.5, rows + 1.2
    axis.add_patch(_rectangle((left - GAP * 0.25, -1.1), wide, tall + 0.4, "#eeeeee" if off else "white", "#888888"))
    axis.text(
        left - GAP * 0.25 + wide / 2, -0.5, f"{name}: fenced" if off else name,
        ha="center", va="center", fontsize=10, fontweight="bold", color="#777777" if off else "black",
    )  # fmt: skip


def _box(axis, left: float, row: int, label: str, shade: tuple[str, str, str]) -> None:
    face, edge, ink = shade
    axis.add_patch(_rectangle((left + 0.04, row + 0.08), WIDTH - 0.08, 0.84, face, edge))
    size = 8.5 if len(label) <= 20 else 8.5 * 20 / len(label)
    axis.text(left + WIDTH / 2, row + 0.5, label, ha="center", va="center", fontsize=size, color=ink)


def _rectangle(corner: tuple[float, float], wide: float, tall: float, face: str, edge: str):
    from matplotlib.patches import Rectangle

    return Rectangle(corner, wide, tall, facecolor=face, edgecolor=edge, linewidth=1)
