"""One measurement: an engine reads one whole Parquet file into Arrow, on one thread, and prints what that cost as JSON.

    engines.py ENGINE PASSES FILE [--count]

A first pass warms up, and counts rows and bits of values if asked to, as `decode-file --json` does; then PASSES passes are
timed as one.
CPU is that of the whole process, in the program and in the kernel.
"""
import json
import os
import resource
import sys

# Read when the libraries are loaded: allocators keep memory that was freed, so that every pass but the first finds it warm.
KEEP_MEMORY = {
    "MALLOC_TRIM_THRESHOLD_": str(1 << 40), "MALLOC_MMAP_THRESHOLD_": str(32 << 20), "MALLOC_TOP_PAD_": str(64 << 20),
    # A reserve makes mimalloc serve large buffers from it too, in place of asking the kernel for each.
    "MIMALLOC_PURGE_DELAY": "-1", "MIMALLOC_RESERVE_OS_MEMORY": str(3 << 20),
    "_RJEM_MALLOC_CONF": "dirty_decay_ms:-1,muzzy_decay_ms:-1,oversize_threshold:0", "POLARS_MAX_THREADS": "1",
}


def _pyarrow(path):
    import pyarrow as pa
    import pyarrow.parquet as pq
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    with open(path, "rb") as file:
        memory = pa.py_buffer(file.read())
    return lambda: pq.ParquetFile(pa.BufferReader(memory)).iter_batches(128 << 10, use_threads=False)


def _datafusion(views):
    def engine(path):
        import datafusion
        import pyarrow as pa
        settings = {"datafusion.execution.target_partitions": "1",
                    "datafusion.execution.parquet.schema_force_view_types": str(views).lower()}

        def read():
            context = datafusion.SessionContext(datafusion.SessionConfig(settings))
            return pa.RecordBatchReader.from_stream(context.read_parquet(path))
        return read
    return engine


def _duckdb(path):
    import duckdb
    connection = duckdb.connect(config={"threads": 1})
    return lambda: connection.sql("SELECT * FROM read_parquet('%s')" % path).to_arrow_reader(120 << 10)


def _polars(path):
    import polars
    with open(path, "rb") as file:
        memory = file.read()
    return lambda: polars.scan_parquet(memory).collect_batches(engine="streaming", maintain_order=False)


def _read(path):
    """No decoder: what it costs to bring the file's bytes from the page cache into memory."""
    memory = memoryview(bytearray(1 << 20))

    def read():
        with open(path, "rb", buffering=0) as file:
            while file.readinto(memory):
                pass
        return ()
    return read


ENGINES = {
    "pyarrow": _pyarrow, "datafusion": _datafusion(False), "datafusion-views": _datafusion(True), "duckdb": _duckdb,
    "polars": _polars, "read": _read,
}
# Those that give strings as views: cheaper to make, as short ones are in the view and others may stay where they are.
VIEWS = ("datafusion-views", "polars")


def value_bits(array):
    """Bits of fixed-width values, and of the bytes of strings; the same whoever made the array."""
    import pyarrow as pa
    import pyarrow.compute as pc
    kind = array.type
    if pa.types.is_dictionary(kind):
        return value_bits(array.dictionary_decode())
    if pa.types.is_struct(kind):
        return sum(value_bits(child) for child in array.flatten())
    if pa.types.is_map(kind):
        first, last = array.offsets[0].as_py(), array.offsets[-1].as_py()
        return sum(value_bits(child.slice(first, last - first)) for child in (array.keys, array.items))
    if pa.types.is_nested(kind):
        return value_bits(array.flatten())
    if pa.types.is_string_view(kind):
        array = array.cast(pa.large_string())
    if not pa.types.is_primitive(kind) and not pa.types.is_decimal(kind):
        return 8 * (pc.sum(pc.binary_length(array)).as_py() or 0)
    return kind.bit_width * len(array)


def _counted(batches):
    rows = bits = 0
    for batch in batches:
        arrow = batch if hasattr(batch, "num_rows") else batch.to_arrow().combine_chunks()
        rows += arrow.num_rows
        for column in arrow.columns:
            bits += sum(value_bits(chunk) for chunk in getattr(column, "chunks", [column]))
    return rows, bits


def _cpu():
    """Seconds in the program and in the kernel."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime, used.ru_stime


def main():
    name, passes, path = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    assert all(os.environ.get(key) == value for key, value in KEEP_MEMORY.items()), "started without KEEP_MEMORY"
    read = ENGINES[name](path)
    answer = dict(zip(("rows", "value_bits"), _counted(read()))) if "--count" in sys.argv else {}
    for _ in read():
        pass
    began = _cpu()
    for _ in range(passes):
        for _ in read():
            pass
    user, system = ((after - before) / passes for before, after in zip(began, _cpu()))
    print(json.dumps({**answer, "cpu": [user + system], "system": system}))


if __name__ == "__main__":
    main()
