"""
Turn what was measured into a table with ratios.
"""

from collections import defaultdict
from collections.abc import Sequence
from statistics import median

from attrs import define, field

OURS = "oauthproxy"


@define
class Report:
    """
    Figures by what was measured and by program; the median of several counts.
    """

    programs: Sequence[str]
    _figures: dict[str, dict[str, list[float]]] = field(
        factory=lambda: defaultdict(lambda: defaultdict(list))
    )

    def add(self, measured: str, program: str, figure: float) -> None:
        """
        Note one figure.
        """
        self._figures[measured][program].append(figure)

    def table(self) -> str:
        """
        Return all figures, and ours divided by each of the others'.
        """
        others = [name for name in self.programs if name != OURS]
        ratios = [f"ours/{name}" for name in others] if OURS in self.programs else []
        rows = [["", *self.programs, *ratios]]
        for measured, found in self._figures.items():
            middle = {name: median(figures) for name, figures in found.items()}
            rows.append(
                [
                    measured,
                    *(_number(middle.get(name)) for name in self.programs),
                    *(_ratio(middle, name) for name in others if ratios),
                ]
            )
        return _aligned(rows)


def _number(figure: float | None) -> str:
    if figure is None:
        return "–"
    if abs(figure) >= 100:
        return f"{figure:,.0f}"
    return f"{figure:.1f}" if abs(figure) >= 10 else f"{figure:.2f}"


def _ratio(figures: dict[str, float], other: str) -> str:
    if OURS not in figures or not figures.get(other):
        return "–"
    return f"{figures[OURS] / figures[other]:.2f}"


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    lines = [
        "  ".join(
            [row[0].ljust(widths[0])]
            + [
                cell.rjust(width)
                for cell, width in zip(row[1:], widths[1:], strict=True)
            ]
        )
        for row in rows
    ]
    lines.insert(1, "-" * len(lines[0]))
    return "\n".join(lines)
