"""One peer as a Flight server on loopback; each answers the tickets that our worker answers.

    peers.py ENGINE PORT

Prints READY and stays until it is ended. Start it with KEEP_MEMORY of Whole/engines.py in its environment, as those
are read when the libraries are loaded, and on one core. Streams are handed to Flight as Arrow C++ readers where the engine
has one, so no Python runs for each batch; Polars has none. Every peer gets one thread to compute with.
"""
import glob
import json
import os
import sys
import threading

import pyarrow as pa
import pyarrow.flight as flight

ROWS_OF_BATCH = 120 << 10
SMALL_ROWS_OF_BATCH = 8 << 10


class Task:
    """What a ticket asks for."""

    def __init__(self, ticket):
        task = json.loads(ticket)
        self.urls, self.columns = task["data_file_paths"], task["projected_columns"] or None
        self.endpoint, self.region = task["s3_endpoint"], task["s3_region"]
        self.key, self.secret = task["s3_access_key"], task["s3_secret_key"]

    @property
    def host(self):
        return self.endpoint.removeprefix("http://")

    @property
    def bucket(self):
        return self.urls[0].removeprefix("s3://").split("/")[0]

    def select(self, source):
        return "SELECT %s FROM %s" % (", ".join('"%s"' % name for name in self.columns) if self.columns else "*", source)


class Arrow:
    """Arrow C++: a data set's scanner."""

    def __init__(self):
        self._stores, self._lock = {}, threading.Lock()

    def _store(self, task):
        import pyarrow.fs
        with self._lock:
            key = task.endpoint, task.key, task.secret
            if key not in self._stores:
                self._stores[key] = pyarrow.fs.S3FileSystem(
                    access_key=task.key, secret_key=task.secret, endpoint_override=task.host, scheme="http", region=task.region)
            return self._stores[key]

    def reader(self, task):
        import pyarrow.dataset
        paths = [url.removeprefix("s3://") for url in task.urls]
        found = pyarrow.dataset.dataset(paths, filesystem=self._store(task), format="parquet")
        return found.scanner(columns=task.columns, use_threads=False).to_reader()

    def stream(self, task):
        return flight.RecordBatchStream(self.reader(task))


class Memory(Arrow):
    """No scan at all: the first DoGet of a ticket reads it, those that follow only send the batches."""

    def __init__(self):
        super().__init__()
        self._tables, self._loading = {}, threading.Lock()

    def stream(self, task):
        key = json.dumps([task.urls, task.columns])
        with self._loading:
            if key not in self._tables:
                # About as large as ours; sixteen times larger ones cost as much, and the client of 64 streams 9 GB.
                self._tables[key] = pa.Table.from_batches(self.reader(task).read_all().to_batches(SMALL_ROWS_OF_BATCH))
        return flight.RecordBatchStream(self._tables[key])


class DataFusion:
    """A session of its own for every ticket, for credentials come with it."""

    def stream(self, task):
        import datafusion
        from datafusion.object_store import AmazonS3
        settings = {"datafusion.execution.target_partitions": "1",
                    "datafusion.execution.parquet.schema_force_view_types": "false"}
        context = datafusion.SessionContext(datafusion.SessionConfig(settings))
        store = AmazonS3(bucket_name=task.bucket, region=task.region, access_key_id=task.key, secret_access_key=task.secret,
                         endpoint=task.endpoint, allow_http=True)
        context.register_object_store("s3://", store, task.bucket)
        # Its Python has no door for a list of files, and the origin lists none: a table each, and the schema looked at once.
        schema = None
        for number, url in enumerate(task.urls):
            context.register_parquet("t%d" % number, url, schema=schema)
            schema = schema or context.table("t0").schema()
        frame = context.sql(" UNION ALL ".join(task.select("t%d" % number) for number in range(len(task.urls))))
        return flight.RecordBatchStream(pa.RecordBatchReader.from_stream(frame))


class DuckDB:
    """One database, a cursor for every ticket; its extension for HTTP comes as a Python package."""

    def __init__(self):
        import duckdb
        import duckdb_extension_httpfs
        folder = os.path.dirname(duckdb_extension_httpfs.__file__)
        extension, = glob.glob(os.path.join(folder, "**", "httpfs.duckdb_extension"), recursive=True)
        # It would keep what it has read, and not ask the origin again.
        settings = {"threads": 1, "autoinstall_known_extensions": "false", "enable_external_file_cache": "false"}
        self._database, self._known, self._lock = duckdb.connect(config=settings), set(), threading.Lock()
        self._database.execute("LOAD '%s'" % extension)

    def _learn(self, task):
        """Makes a store's keys known."""
        with self._lock:
            if task.endpoint not in self._known:
                self._database.execute(
                    "CREATE SECRET (TYPE s3, URL_STYLE 'path', USE_SSL false, KEY_ID '%s', SECRET '%s', ENDPOINT '%s',"
                    " REGION '%s')" % (task.key, task.secret, task.host, task.region))
                self._known.add(task.endpoint)

    def stream(self, task):
        self._learn(task)
        source = "read_parquet([%s])" % ", ".join("'%s'" % url for url in task.urls)
        return flight.RecordBatchStream(self._database.cursor().sql(task.select(source)).to_arrow_reader(ROWS_OF_BATCH))


class Polars:
    """Its frames pass through a Python generator, one step a frame, and leave as offsets and bytes, as everybody's do."""

    def stream(self, task):
        import polars
        options = {"aws_access_key_id": task.key, "aws_secret_access_key": task.secret, "aws_region": task.region,
                   "aws_endpoint_url": task.endpoint, "aws_allow_http": "true"}
        lazy = polars.scan_parquet(task.urls, storage_options=options)
        frames = (lazy.select(task.columns) if task.columns else lazy).collect_batches(engine="streaming", maintain_order=False)
        oldest = polars.CompatLevel.oldest()
        first = next(frames).to_arrow(compat_level=oldest)

        def batches():
            yield from first.to_batches()
            for frame in frames:
                yield from frame.to_arrow(compat_level=oldest).cast(first.schema).to_batches()
        return flight.GeneratorStream(first.schema, batches())


PEERS = {"pyarrow": Arrow, "datafusion": DataFusion, "duckdb": DuckDB, "polars": Polars, "inmem": Memory}
MODULES = {"datafusion": "datafusion", "duckdb": "duckdb_extension_httpfs", "polars": "polars"}  # beside pyarrow


class Server(flight.FlightServerBase):
    def __init__(self, engine, port):
        super().__init__("grpc://127.0.0.1:%d" % port)
        self._peer = PEERS[engine]()

    def do_get(self, context, ticket):
        return self._peer.stream(Task(ticket.ticket))


def main():
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
    pa.set_cpu_count(1)
    server = Server(sys.argv[1], int(sys.argv[2]))
    print("READY", flush=True)
    server.serve()


if __name__ == "__main__":
    main()
