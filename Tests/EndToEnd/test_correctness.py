"""What the worker sends equals what pyarrow reads, value for value."""
import os

import pytest
from support import tickets
from support.tables import assert_same

VARIANTS = ["snappy", "zstd", "none", "nulls", "v2", "nodict", "small", "delta", "lz4", "gzip", "brotli", "split", "indexed",
            "types", "types_plain", "types_v2", "types_nohint", "types_int96"]


@pytest.mark.parametrize("variant", VARIANTS)
def test_all_columns(worker, moto, data, scan, variant):
    assert_same(data.table(variant), scan(worker, moto, data.files(variant), file_sizes_bytes=data.sizes(variant)))


@pytest.mark.parametrize("columns", [
    ["l_orderkey"],
    ["l_comment"],
    ["l_extendedprice", "l_discount", "l_shipdate"],
    ["l_comment", "l_shipdate", "l_orderkey"],
    ["l_receiptdate", "l_tax", "l_returnflag", "l_partkey", "l_linenumber"],
], ids=lambda c: "-".join(n[2:] for n in c))
@pytest.mark.parametrize("variant", ["snappy", "nulls"])
def test_projections_in_the_order_asked(worker, nginx, data, scan, variant, columns):
    assert_same(data.table(variant).select(columns), scan(worker, nginx, data.files(variant), columns))


def test_every_type_alone(worker, nginx, data, scan):
    want = data.table("types")
    for name in want.column_names[::7]:
        assert_same(want.select([name]), scan(worker, nginx, data.files("types"), [name]))


def test_several_files_follow_the_tickets_order(worker, nginx, data, scan):
    one, two, three = data.files("snappy")
    import pyarrow as pa
    want = pa.concat_tables([data.table(three), data.table(one), data.table(two)])
    assert_same(want, scan(worker, nginx, [three, one, two]))


def test_every_message_is_below_four_mebibytes_and_one_schema_comes_first(worker, nginx, data, channel):
    from support import wire
    answer = channel.get(tickets.encoded(tickets.scan_task(nginx, data.files("snappy"))))
    assert answer.code.name == "OK", answer
    assert max(len(m) for m in answer.messages) < 4 << 20
    bodies = [wire.fields(m).get(wire.DATA_BODY, [b""])[0] for m in answer.messages]
    assert not bodies[0], "the schema message has a body"
    assert all(bodies[1:]), "a message without a body after the schema"


def test_rows_of_a_mebibyte_each(worker, origin, scan):
    import pyarrow as pa
    from support import files
    octets = files.parquet(pa.table({"s": pa.array(["%03d" % i * 349_000 for i in range(12)]), "n": pa.array(range(12))}))
    origin.put("b", "wide.parquet", octets)
    assert_same(files.read(octets), scan(worker, origin, ["b/wide.parquet"]))


@pytest.mark.full
@pytest.mark.timeout(900)
@pytest.mark.parametrize("variant", ["snappy", "zstd", "none", "nulls"])
def test_six_million_rows(worker, full_data, scan, scratch, variant):
    """All columns and two projections of the whole set, file by file, from the server that checks signatures."""
    from servers.moto import Moto
    origin = Moto(scratch)
    try:
        origin.make_bucket("bench")
        rows = 0
        for path in full_data.files(variant):
            with open(os.path.join(full_data.root, path), "rb") as body:
                origin.put(*path.split("/", 1), body)
            want = full_data.table(path)
            assert_same(want, scan(worker, origin, [path], seconds=300))
            for columns in (["l_comment", "l_orderkey"], ["l_shipdate", "l_extendedprice", "l_linenumber"]):
                assert_same(want.select(columns), scan(worker, origin, [path], columns, seconds=300))
            rows += want.num_rows
            full_data.forget(path)
        assert rows == 6_000_000
    finally:
        origin.stop()


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("variant", ["zstd", "types"])
def test_through_radosgw(worker, radosgw, data, scan, variant):
    for path in data.files(variant):
        with open(os.path.join(data.root, path), "rb") as f:
            bucket, _, key = path.partition("/")
            radosgw.put(bucket, key, f.read())
    assert_same(data.table(variant), scan(worker, radosgw, data.files(variant)))
