"""The shared collections of odd and broken files: each has a stated fate, and meets it to the letter."""
import collections
import glob
import json
import os
import sys

import pytest
from support import paths
from support.tables import table_of

TOOLS, CORPUS = os.path.join(paths.SHARED, "tools"), os.path.join(paths.SHARED, "testdata")
# Below CORPUS, each with a manifest of its own.
COLLECTIONS = {"shared": "", "generated": "generated"}
MAY_DECODE, MAY_FAIL, UNCHECKED = {"decode", "decode_or_error"}, {"error", "decode_or_error"}, {"any", "error_or_decode_unchecked"}
# Codes that say something about the file.
VERDICTS = {"DATA_LOSS", "UNIMPLEMENTED", "RESOURCE_EXHAUSTED", "OUT_OF_RANGE"}


def _entries():
    found = {}
    for name, folder in COLLECTIONS.items():
        manifest = os.path.join(CORPUS, folder, "manifest.json")
        if os.path.exists(manifest):
            with open(manifest) as f:
                stated = json.load(f)
            files = stated["files"] if isinstance(stated, dict) else stated
            found.update({"%s/%s" % (name, e["file"]): (folder, e) for e in files})
    return found


ENTRIES = _entries()
pytestmark = pytest.mark.skipif(not ENTRIES, reason="no shared corpus beside the repository (../shared/testdata)")


@pytest.fixture(scope="module")
def checker():
    """The collection's own comparison, strict."""
    sys.path.insert(0, TOOLS)
    import check_flight
    import parquet_canon
    options = type("Options", (), dict(loose=False, ignore_names=False, ignore_nullability=False))

    def problems(folder, entry, columns, table):
        golden = check_flight.load_golden(os.path.join(CORPUS, folder), entry)
        return check_flight.compare(entry, columns, parquet_canon.strip_extensions(table), options, golden)
    yield problems
    sys.path.remove(TOOLS)


@pytest.fixture(scope="module")
def linked(shelf):
    """The collections below the shelf's folder."""
    os.makedirs(os.path.dirname(shelf.path("corpus")), exist_ok=True)
    os.symlink(CORPUS, shelf.path("corpus"))
    return shelf


@pytest.mark.parametrize("name", ENTRIES or ["none"])
def test_fate(linked, checker, name):
    folder, entry = ENTRIES[name]
    path, fate = os.path.join("corpus", folder, entry.get("path", entry["file"])), entry["expect"]
    assert fate in MAY_DECODE | MAY_FAIL | UNCHECKED, "no fate is stated"
    answer = linked.get(path)
    if answer.code.name != "OK":
        assert answer.code.name in VERDICTS, answer
        assert fate in MAY_FAIL | UNCHECKED, answer
        return
    if fate in UNCHECKED:
        return
    assert fate in MAY_DECODE, "decoded, though it should fail (%s)" % entry.get("error_class")
    columns = [dict(c, _i=i) for i, c in enumerate(entry["columns"])]
    wrong = checker(folder, entry, columns, table_of(answer.messages))
    assert not wrong, "\n".join(wrong[:5])
    if fate == "decode":
        _by_column(linked, checker, folder, entry, columns, path)


def _by_column(linked, checker, folder, entry, columns, path):
    count = collections.Counter(c["name"] for c in columns)
    for column in columns:
        if count[column["name"]] == 1:
            wrong = checker(folder, entry, [column], linked.table(path, [column["name"]]))
            assert not wrong, "by itself: %s" % "\n".join(wrong[:5])


def test_every_file_has_a_fate():
    stated = {os.path.join(folder, e.get("path", e["file"])) for folder, e in ENTRIES.values()}
    there = {os.path.relpath(f, CORPUS) for end in ("parquet", "parquet.encrypted")
             for f in glob.glob(os.path.join(CORPUS, "**", "*." + end), recursive=True)}
    assert there <= stated
