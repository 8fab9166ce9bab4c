"""The objects that a query reads, and its ticket: everybody gets the scan task that a coordinator would send."""
import json
import os

import pyarrow.parquet as pq

import dataset
import places
import queries


def _small_folder(rows):
    whole = os.path.basename(dataset.path_of("lineitem-snappy", rows))
    return os.path.join(places.FILES, "small-%d-of-%s" % (queries.small_files(rows), whole.removesuffix(".parquet")))


def _small_paths(rows):
    return [os.path.join(_small_folder(rows), "part-%04d.parquet" % number) for number in range(queries.small_files(rows))]


def paths_of(query, rows):
    return _small_paths(rows) if query.shape == queries.SMALL else [dataset.path_of(query.shape, rows)]


def make(names, rows):
    """Writes what is missing of the files that these queries read."""
    dataset.make(queries.shapes_of(names), rows)
    if not any(queries.QUERIES[name].shape == queries.SMALL for name in names) or os.path.exists(_small_paths(rows)[-1]):
        return
    os.makedirs(_small_folder(rows), exist_ok=True)
    table = pq.read_table(dataset.path_of("lineitem-snappy", rows))
    for number, path in enumerate(_small_paths(rows)):
        piece = table.slice(number * queries.SMALL_ROWS % len(table), queries.SMALL_ROWS)
        pq.write_table(piece, path + ".part", version="2.6", compression="snappy", store_decimal_as_integer=True)
        os.replace(path + ".part", path)


def ticket(query, rows, origin):
    """The path of a file with the ticket, which may be too long for a command line."""
    paths = paths_of(query, rows)
    task = {
        "version": 1, "fragment_id": "compare", "projected_columns": list(query.columns),
        "data_file_paths": ["s3://%s/%s" % (places.BUCKET, os.path.relpath(path, places.FILES)) for path in paths],
        "file_sizes_bytes": [os.path.getsize(path) for path in paths], "s3_endpoint": origin.endpoint,
        "s3_region": origin.region, "s3_access_key": origin.key, "s3_secret_key": origin.secret, "s3_path_style": True,
        "s3_allow_http": True,
    }
    path = os.path.join(places.SCRATCH, "ticket-%s-%d.json" % (task_name(query), rows))
    os.makedirs(places.SCRATCH, exist_ok=True)
    with open(path, "w") as file:
        json.dump(task, file)
    return path


def task_name(query):
    return "-".join((query.shape,) + query.columns)
