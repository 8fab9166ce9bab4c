"""What we want to hold between us and others, and whether it does."""
import statistics

BEST = "best peer"
NO_PEERS = ("ours", "light", "inmem", "ready")  # these scan nothing, or are we

# (query, factor, whom): our CPU is at most the factor of theirs, one stream.
RATIOS = (
    ("full", 0.5, "datafusion"), ("full", 0.6, "polars"), ("full", 0.35, "pyarrow"),
    ("full", 1.4, "light"), ("full", 2.2, "inmem"),
    ("full-none", 1.7, "inmem"), ("full-lz4", 1.7, "inmem"),
    ("hits", 0.6, BEST), ("taxi", 0.6, BEST), ("taxi-split", 0.6, BEST), ("strings", 0.6, BEST), ("nested", 0.6, BEST),
    ("columns-3", 0.6, BEST), ("small-files", 0.25, BEST),
)
# (query, factor): CPU of our sending batches that are ready against the same by Arrow C++ and its gRPC, one stream.
SENDING = (("full", 0.75),)
# (query, factor, whom): our requests to the origin against theirs, one stream.
REQUESTS = tuple((query, 0.5, whom) for query in ("full", "columns-3", "small-files") for whom in ("pyarrow", "datafusion"))
STREAMS = (("full", 8, 1.05), ("full", 64, 1.05))  # (query, streams, factor): CPU of a byte against that with one stream
FIRST_BATCH_MS = 10.0                              # of every query with one stream


def median_of(records, key):
    return statistics.median(record[key] for record in records)


def first_ms(records):
    """Median of rounds; of many streams the middle one."""
    return 1e3 * statistics.median(statistics.median(record["first"]) for record in records)


def best_peer(by_engine):
    peers = [engine for engine in by_engine if engine not in NO_PEERS]
    return min(peers, key=lambda engine: median_of(by_engine[engine], "cpu"), default=None)


def _against(by_engine, whom, key="cpu", who="ours"):
    """(our CPU over theirs, who they are), or (None, None) when either was not measured."""
    engine = best_peer(by_engine) if whom == BEST else whom
    if any(key not in by_engine.get(name, [{}])[0] for name in (engine, who)):
        return None, None
    return median_of(by_engine[who], key) / median_of(by_engine[engine], key), engine


def outcomes(found):
    """(what, value, bound, unit) of each goal; `found` is (query, streams) -> engine -> records; a value may be None."""
    for query, factor, whom in RATIOS:
        value, engine = _against(found.get((query, 1), {}), whom)
        who = "%s (%s)" % (whom, engine) if engine and engine != whom else whom
        yield "%s: CPU of ours / %s" % (query, who), value, factor, "×"
    for query, factor in SENDING:
        value, _ = _against(found.get((query, 1), {}), "inmem", who="ready")
        yield "%s: CPU of ready / inmem" % query, value, factor, "×"
    for query, factor, whom in REQUESTS:
        value, _ = _against(found.get((query, 1), {}), whom, "requests")
        yield "%s: requests of ours / %s" % (query, whom), value, factor, "×"
    for query, streams, factor in STREAMS:
        many, one = (found.get((query, count), {}).get("ours") for count in (streams, 1))
        value = None
        if many and one:
            value = median_of(many, "cpu") / median_of(one, "cpu") / (median_of(many, "bytes") / median_of(one, "bytes"))
        yield "%s: CPU of a byte, %d streams / 1" % (query, streams), value, factor, "×"
    ours = {query: by_engine["ours"] for (query, streams), by_engine in found.items() if streams == 1 and "ours" in by_engine}
    value, query = max(((first_ms(records), query) for query, records in ours.items()), default=(None, None))
    yield "time to first batch, worst query%s" % (" (%s)" % query if query else ""), value, FIRST_BATCH_MS, "ms"
