"""Plots of the measures, as SVG; needs matplotlib.

    plots.py FILE.jsonl BASE

Writes BASE-cpu.svg, BASE-throughput.svg, BASE-memory.svg and BASE-first.svg, and BASE-sizes.svg where sizes were measured.
"""
import json
import sys

import answers

_FILES = dict(zip(answers.MEASURES, ("cpu", "throughput", "memory", "first")))
_COLOURS = {"ours": "#c1121f", "pyarrow": "#386fa4", "datafusion": "#e9a03b", "duckdb": "#6a994e", "polars": "#8e5ea2",
            "inmem": "#9a9a9a", "ready": "#f4a3a8", "light": "#222222"}


def available():
    try:
        import matplotlib  # noqa: F401
        return True
    except ImportError:
        return False


def _axes(width, height, count=1):
    import matplotlib
    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "compare"  # the same numbers give the same file
    import matplotlib.pyplot as pyplot
    return pyplot.subplots(1, count, figsize=(width, height), layout="constrained")


def _save(figure, path):
    import matplotlib.pyplot as pyplot
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
    return path


def _bars(found, measure, path):
    """A group of bars for each query, a bar for each engine."""
    value_of = answers.MEASURES[measure]
    engines = [engine for engine in answers.engines_of(found) if measure != "ms to first batch" or engine != "light"]
    figure, axes = _axes(2 + 0.22 * len(found) * max(3, len(engines)), 4)
    for place, engine in enumerate(engines):
        spots, heights = [], []
        for number, by_engine in enumerate(found.values()):
            if engine in by_engine:
                spots.append(number + (place - (len(engines) - 1) / 2) * 0.8 / len(engines))
                heights.append(value_of(by_engine[engine], answers.gigabytes(by_engine)))
        axes.bar(spots, heights, 0.8 / len(engines), label=engine, color=_COLOURS.get(engine))
    labels = [name if streams == 1 else "%s\n%d streams" % (name, streams) for name, streams in found]
    axes.set_xticks(range(len(found)), labels)
    axes.set_ylabel(measure)
    if measure in ("peak resident MB", "ms to first batch"):
        axes.set_yscale("log")
    axes.legend(ncols=len(engines), loc="lower center", bbox_to_anchor=(0.5, 1), frameon=False)
    return _save(figure, path)


def _lines(sizes, path):
    """CPU of a byte and peak memory over size."""
    figure, both = _axes(10, 4, 2)
    for axes, measure in zip(both, ("CPU seconds per Arrow GB", "peak resident MB")):
        for engine in answers.engines_of(sizes):
            points = [(answers.gigabytes(by_engine), by_engine[engine]) for by_engine in sizes.values() if engine in by_engine]
            values = [answers.MEASURES[measure](records, size) for size, records in points]
            axes.plot([1e3 * size for size, _ in points], values, marker="o", label=engine, color=_COLOURS.get(engine))
        axes.set(xlabel="MB of Arrow", ylabel=measure, xscale="log", yscale="log")
    figure.legend(*both[0].get_legend_handles_labels(), ncols=8, loc="outside upper center", frameon=False)
    return _save(figure, path)


def draw(records, base):
    """Draws what there is to draw; returns the paths."""
    found, sizes = answers.by_query(records), answers.sizes_of(records)
    drawn = [_bars(found, measure, "%s-%s.svg" % (base, name)) for measure, name in _FILES.items()] if found else []
    return drawn + ([_lines(sizes, base + "-sizes.svg")] if sizes else [])


if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        print("\n".join(draw([json.loads(line) for line in file][1:], sys.argv[2])))
