"""What is asked of every engine. A query is a shape of Whole, or many small files, and the columns that are wanted."""
import dataclasses

import places  # noqa: F401
from shapes import ROWS, SHAPES

SMALL = "small"                   # in place of a shape: lineitem in many files
SMALL_FILES = 1000                # at ROWS rows, fewer with fewer rows
SMALL_ROWS = 2750                 # about 100 KB each


@dataclasses.dataclass(frozen=True)
class Query:
    shape: str
    columns: tuple = ()           # none is all
    passes: int = 1               # scans within one measurement, so that short ones are long enough
    many: bool = False            # whether more than one stream is asked for by default


# A scan task cannot ask for no columns: an empty projection means all of them. One narrow column is the cheapest it can say.
QUERIES = {
    "full": Query("lineitem-snappy", many=True),
    "full-zstd": Query("lineitem-zstd"),
    "full-none": Query("lineitem-none"),
    "full-lz4": Query("lineitem-lz4_raw"),
    "columns-3": Query("lineitem-snappy", ("l_orderkey", "l_extendedprice", "l_shipdate"), passes=3),
    "columns-1": Query("lineitem-snappy", ("l_linenumber",), passes=10),
    "strings": Query("strings-snappy", passes=3),
    "taxi": Query("taxi-zstd"),
    "taxi-split": Query("taxi-zstd-split"),
    "hits": Query("hits-snappy", passes=3),
    "nested": Query("nested-snappy", passes=3),
    "small-files": Query(SMALL),
}

# Shares of ROWS for --sizes: 10 MB to 1.2 GB of Arrow, the same schema.
SIZES = (1 / 80, 1 / 20, 1 / 5, 1 / 2, 1, 3 / 2)


def sizes(rows):
    """(query, rows) of the size scan."""
    counts = [max(1000, int(rows * share)) for share in SIZES]
    return [(Query("lineitem-snappy", passes=max(1, min(8, 600_000 // count))), count) for count in counts]


def small_files(rows):
    return max(8, SMALL_FILES * rows // ROWS)


def shapes_of(names):
    """The shapes whose files these queries read."""
    found = [QUERIES[name].shape for name in names]
    return list(dict.fromkeys("lineitem-snappy" if shape == SMALL else shape for shape in found))


assert all(query.shape in SHAPES or query.shape == SMALL for query in QUERIES.values())
