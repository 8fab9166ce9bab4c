"""Damaged files: bits, lengths and whole spans of good ones changed.

Each is decoded to Arrow data that is valid, or refused; none hurts the worker.
"""
import collections
import os
import time

import numpy as np
import pytest
from data import corpus, corpus_duckdb, corpus_polars, legacy, mutations
from support.shelf import Died
from support.tables import invalid_data, table_of

# Codes that say something about the file.
VERDICTS = {"OK", "DATA_LOSS", "UNIMPLEMENTED", "RESOURCE_EXHAUSTED", "OUT_OF_RANGE"}
MUTANTS, FULL_MUTANTS = 600, 5000
SECONDS = 5
# A page may claim 256 MiB before it is found out; a call has one in hand.
PEAK = 512 << 20
OF_CASES = """
    encoding-plain-v1 encoding-rle-v1 encoding-delta_binary_packed-v1 encoding-delta_binary_packed-v2 encoding-delta_length_byte_array-v2
    encoding-delta_byte_array-v1 encoding-byte_stream_split-v1 dictionary-v1 dictionary-v2 dictionary-fallback-v1 codec-snappy-v1
    codec-gzip-v2 codec-brotli-v1 codec-lz4-v1 codec-zstd-v2 types-2.6-stored int96-unstored hints-stored-v1
    nested-v1-20-percent-null-tiny-pages nested-v2-20-percent-null nested-row-groups nested-delta-strings checksums-v1 page-index-v2
    bloom-filters many-row-groups one-value-pages duckdb-types-v2 duckdb-nested-v1 duckdb-own-types-v1 polars-nested polars-codec-lz4
""".split()
OF_LEGACY = """
    levels-bit-packed list-two-levels map-optional-keys lz4-hadoop-blocks lz4-frame gzip-members dictionary-then-every-other
    v2-not-compressed type-decimal-binary variant
""".split()


@pytest.fixture(scope="module")
def originals(shelf):
    """The octets of the files to damage."""
    found = []
    for case in (c for part in (corpus, corpus_duckdb, corpus_polars) for c in part.cases() if c.name in OF_CASES):
        path = shelf.path(case.name + ".parquet")
        if not os.path.exists(path):
            case.make(path)
        with open(path, "rb") as f:
            found.append((case.name, f.read()))
    found += [(c.name, c.octets) for c in legacy.cases() if c.name in OF_LEGACY]
    assert len(found) == len(OF_CASES) + len(OF_LEGACY)
    return found


def _verdict(shelf, file):
    """(status code or what is wrong instead, how long it took)."""
    began = time.monotonic()
    try:
        answer = shelf.get(file, timeout=SECONDS)
    except Died as death:
        return str(death), time.monotonic() - began
    seconds = time.monotonic() - began
    problem = invalid_data(table_of(answer.messages)) if answer.code.name == "OK" else None
    return "invalid Arrow data: %s" % problem if problem else answer.code.name, seconds


@pytest.mark.timeout(1200)
def test_mutants(shelf, originals, note, request):
    count = FULL_MUTANTS if request.config.getoption("--full") else MUTANTS
    codes, worst, wrong = collections.Counter(), 0.0, []
    for seed in range(count):
        r = np.random.default_rng([7, seed])
        name, octets = originals[seed % len(originals)]
        what, mutant = mutations.mutate(r, octets)
        file = "mutant-%d.parquet" % seed
        shelf.put(file, mutant)
        code, seconds = _verdict(shelf, file)
        codes[code] += 1
        worst = max(worst, seconds)
        if code not in VERDICTS:
            wrong.append("seed %d, %s of %s: %s after %.1f s" % (seed, what, name, code, seconds))
        else:
            os.remove(shelf.path(file))
    peak = shelf.peak_resident_bytes()
    note("mutants: %s; at most %.2f s and %d MiB" % (", ".join("%d %s" % (n, c) for c, n in codes.most_common()), worst, peak >> 20))
    assert not wrong, "\n".join(wrong)
    assert peak < PEAK
    shelf.worker.wait_for_metric("sqe_worker_open_calls", lambda n: n == 0)
