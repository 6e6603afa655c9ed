"""
Turn what was measured into a table with ratios.
"""

from collections import defaultdict
from collections.abc import Sequence
from statistics import median

from attrs import define, field, frozen

OURS = "oauthproxy"
WITH_REDIS = "with Redis"


@frozen(kw_only=True)
class Asked:
    """
    What a figure is to reach: alone, or divided by another program's or row's.
    """

    row: str
    program: str = OURS
    beside: str = ""
    beside_row: str = ""
    least: float | None = None
    most: float | None = None

    @property
    def divided(self) -> bool:
        """
        Tell whether it is about a ratio.
        """
        return bool(self.beside or self.beside_row)

    def name(self) -> str:
        """
        Return what is asked in words.
        """
        text = f"{self.row}: {self.program}" if self.program != OURS else self.row
        if self.beside:
            return f"{text} ÷ {'ours' if self.beside == OURS else self.beside}"
        if self.beside_row:
            return f"{text} ÷ {self.beside_row.rpartition(': ')[2]}"
        return text

    def holds(self, figure: float) -> bool:
        """
        Tell whether a figure is good enough.
        """
        if self.least is not None:
            return figure >= self.least
        return self.most is None or figure <= self.most


ASKED = (
    Asked(row="page, 32 conn.: requests/s", beside="apache", least=1.5),
    Asked(row="page, 32 conn.: p99, ms", beside="apache", most=0.5),
    Asked(row="page, 32 conn.: failed", most=0),
    Asked(row="page, 256 conn.: requests/s", beside="apache", least=1.5),
    Asked(row="page, 256 conn.: p99, ms", beside="apache", most=0.5),
    Asked(row="page, 256 conn.: failed", most=0),
    Asked(row="page, 32 conn.: requests/s", program=WITH_REDIS, beside=OURS, least=0.9),
    Asked(
        row="/oauth2/auth, 32 conn.: requests/s",
        program=WITH_REDIS,
        beside=OURS,
        least=0.9,
    ),
    Asked(
        row="session deleted elsewhere, refused after, ms", program=WITH_REDIS, most=50
    ),
    Asked(row="100 MiB down: MiB/s", beside="nginx", least=0.8),
    Asked(row="100 MiB up: MiB/s", beside="nginx", least=0.8),
    Asked(row="memory, slow long upload, MiB more", most=20),
    Asked(row="start, s", most=0.7),
    Asked(row="check --offline, s", most=1),
    Asked(
        row="page, 32 conn., logins at once: p99 meanwhile, ms",
        beside_row="page, 32 conn., logins at once: usual p99, ms",
        most=2,
    ),
    Asked(row="page, 32 conn., logins at once: failed", most=0),
)


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

    def asked(self) -> str:
        """
        Return what was asked for beside what was reached, as far as it was measured.
        """
        rows = [["asked for", "", "reached", ""]]
        for asked in ASKED:
            reached = self._reached(asked)
            if reached is None:
                continue
            limit = (
                f"≥ {asked.least:g}" if asked.least is not None else f"≤ {asked.most:g}"
            )
            sign = "yes" if asked.holds(reached) else "NO"
            rows.append([asked.name(), limit, _number(reached), sign])
        return _aligned(rows)

    def _reached(self, asked: Asked) -> float | None:
        figure = self._middle(asked.row, asked.program)
        if figure is None or not asked.divided:
            return figure
        row, program = asked.beside_row or asked.row, asked.beside or asked.program
        other = self._middle(row, program)
        return figure / other if other else None

    def _middle(self, row: str, program: str) -> float | None:
        figures = self._figures.get(row, {}).get(program)
        return median(figures) if figures else None


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
