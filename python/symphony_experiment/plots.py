"""Pictures of an experiment, drawn by matplotlib without a screen."""

from typing import Any, Dict, List, Optional, Sequence

try:
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator
except ModuleNotFoundError as error:
    if error.name != "matplotlib":
        raise
    raise ImportError("Pictures of an experiment need matplotlib: pip install matplotlib") from None

# Okabe and Ito's colours, which the colour-blind can tell apart, and lines that differ in print.
COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"]
DASHES: List[Any] = ["-", (0, (5, 1.5)), (0, (1.2, 1.2)), (0, (6, 1.5, 1.2, 1.5))]


def curves(file: str, groups: Sequence[Dict[str, Any]], options: Dict[str, Any]) -> None:
    """Lines over steps with their bands: groups of label, mean, low, high."""
    with _style():
        figure, axes = _figure(options, len(groups))
        for i, group in enumerate(groups):
            steps = range(1, len(group["mean"]) + 1)
            colour = COLOURS[i % len(COLOURS)]
            axes.fill_between(
                steps, group["low"], group["high"], color=colour, alpha=0.18, linewidth=0, gid="band-%d" % i
            )
            axes.plot(
                steps,
                group["mean"],
                color=colour,
                linestyle=DASHES[i // len(COLOURS) % len(DASHES)] if len(groups) > len(COLOURS) else DASHES[i % 2],
                linewidth=1.8,
                label=group["label"],
                gid="series-%d" % i,
            )
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.margins(x=0.01)
        if options.get("threshold") is not None:
            axes.axhline(options["threshold"], color="#777777", linewidth=1, linestyle=(0, (2, 2)), gid="threshold")
            if options.get("thresholdLabel"):
                axes.annotate(
                    options["thresholdLabel"],
                    (0.995, options["threshold"]),
                    xycoords=("axes fraction", "data"),
                    xytext=(0, -3),
                    textcoords="offset points",
                    ha="right",
                    va="top",
                    fontsize=8.5,
                    color="#555555",
                )
        _finish(figure, axes, file, options, legend=len(groups) > 1)


def comparison(file: str, groups: Sequence[Dict[str, Any]], options: Dict[str, Any]) -> None:
    """A dot with its interval for each group, the single values beside it: groups of label, values, mean, low, high."""
    with _style():
        figure, axes = _figure({"height": 1.4 + 0.42 * len(groups), **options}, len(groups))
        for i, group in enumerate(groups):
            colour = COLOURS[i % len(COLOURS)]
            values = group["values"]
            # Beside the interval and not on it; spread out, so that equal values can be counted.
            spread = [i + 0.18 + 0.14 * (j % 5) / 4 for j in range(len(values))]
            axes.plot(values, spread, "o", color=colour, alpha=0.35, markersize=3.2, gid="values-%d" % i)
            error = [[group["mean"] - group["low"]], [group["high"] - group["mean"]]]
            axes.errorbar(
                [group["mean"]], [i], xerr=error, fmt="o", color=colour, capsize=4, markersize=6, linewidth=1.8
            )[0].set_gid("mean-%d" % i)
        axes.set_yticks(range(len(groups)), [group["label"] for group in groups])
        axes.set_ylim(len(groups) - 0.4, -0.6)
        axes.grid(axis="y", visible=False)
        _finish(figure, axes, file, options, legend=False)


def _style() -> Any:
    return rc_context(
        {
            "svg.fonttype": "none",
            "svg.hashsalt": "symphony",
            "font.size": 10,
            "axes.titlesize": 12,
            "axes.titleweight": "bold",
            "axes.titlelocation": "left",
            "axes.titlepad": 10,
            "axes.grid": True,
            "grid.color": "#DDDDDD",
            "grid.linewidth": 0.7,
            "axes.axisbelow": True,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.edgecolor": "#555555",
        }
    )


def _figure(options: Dict[str, Any], count: int) -> Any:
    size = (options.get("width", 7.5), options.get("height", 4.4))
    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    return figure, figure.add_subplot()


def _finish(figure: Any, axes: Any, file: str, options: Dict[str, Any], legend: bool) -> None:
    axes.set_title(options["title"])
    axes.set_xlabel(options["x"])
    axes.set_ylabel(options["y"])
    if options.get("limits"):
        axes.set_ylim(*options["limits"])
    if legend:
        axes.legend(frameon=False, title=options.get("legend"), loc=options.get("legendPlace", "best"))
    note: Optional[str] = options.get("note")
    if note:
        figure.supxlabel(note, fontsize=8, color="#666666", x=0.99, ha="right")
    # Without the date: the same experiment gives the same file.
    metadata = {"Date": None} if file.endswith(".svg") else None
    figure.savefig(file, dpi=150, metadata=metadata)
