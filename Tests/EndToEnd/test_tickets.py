"""Forms a ScanTask comes in."""
import json

import pyarrow as pa
import pytest
from support import files, tickets
from support.tables import assert_same

SEED_FIELDS = ["fragment_id", "data_file_paths", "projected_columns", "s3_endpoint", "s3_region", "s3_access_key", "s3_secret_key", "s3_path_style"]


@pytest.fixture
def one(origin, sample):
    """The sample as b/k.parquet at our origin."""
    origin.put("b", "k.parquet", sample[1])
    return origin


def test_only_the_eight_first_fields(worker, one, sample):
    full = tickets.scan_task(one, ["b/k.parquet"])
    got = worker.read(json.dumps({k: full[k] for k in SEED_FIELDS}).encode())
    assert_same(sample[0], got)


@pytest.mark.parametrize("fields", [
    dict(some_later_field={"deep": [1, 2, {"x": None}]}, another=True),
    dict(version=None), dict(version=2),
    dict(morsel_id="b/k.parquet#file"), dict(predicate_proto=None),
    dict(projected_field_ids=[]),
    dict(s3_path_style=False),
    dict(s3_region=""),
], ids=lambda f: "-".join("%s=%s" % (k, str(v)[:12]) for k, v in f.items()))
def test_accepted_forms(worker, one, sample, scan, fields):
    if fields.get("s3_region") == "":
        assert one.region == "us-east-1"
    assert_same(sample[0], scan(worker, one, ["b/k.parquet"], **fields))


def test_explicit_nulls(worker, one, sample):
    task = tickets.scan_task(one, ["b/k.parquet"])
    task.update(morsel_id=None, row_group_start=None, row_group_end=None, start_byte=None, end_byte=None, predicate_proto=None, limit=None)
    assert_same(sample[0], worker.read(json.dumps(task).encode()))


def test_keys_in_any_order_and_white_space(worker, one, sample):
    task = dict(reversed(tickets.scan_task(one, ["b/k.parquet"]).items()))
    assert_same(sample[0], worker.read(b" \r\n\t" + json.dumps(task, indent=3).encode() + b"\n"))


def test_escaped_text_in_the_ticket(worker, origin, sample):
    origin.put("b", "é\U0001f642.parquet", sample[1])
    task = json.dumps(tickets.scan_task(origin, ["b/é\U0001f642.parquet"]), ensure_ascii=True)
    assert "\\ud83d\\ude42" in task
    assert_same(sample[0], worker.read(task.encode()))


@pytest.mark.parametrize("known", [True, False], ids=["sizes", "no-sizes"])
def test_file_sizes(worker, one, sample, scan, known):
    sizes = [len(sample[1])] if known else None
    assert_same(sample[0], scan(worker, one, ["b/k.parquet"], file_sizes_bytes=sizes))
    if known:
        assert "HEAD" not in {r.method for r in one.requests}, "a HEAD although the size was in the ticket"


def test_some_sizes_missing(worker, one, sample, scan):
    got = scan(worker, one, ["b/k.parquet", "b/k.parquet"], file_sizes_bytes=[len(sample[1])])
    assert_same(pa.concat_tables([sample[0]] * 2), got)


def test_duplicate_paths_are_read_twice(worker, one, sample, scan):
    assert_same(pa.concat_tables([sample[0]] * 3), scan(worker, one, ["b/k.parquet"] * 3))


def test_empty_projection_is_all_columns(worker, one, sample, scan):
    assert scan(worker, one, ["b/k.parquet"], []).column_names == sample[0].column_names


def test_unknown_columns_are_dropped(worker, one, sample, scan):
    assert_same(sample[0].select(["name", "id"]), scan(worker, one, ["b/k.parquet"], ["name", "nobody", "id"]))


def test_only_unknown_columns_means_the_whole_file(worker, one, sample, scan):
    assert_same(sample[0], scan(worker, one, ["b/k.parquet"], ["nobody", "nothing"]))


def test_zero_rows_still_send_the_schema(worker, origin, scan):
    octets = files.parquet(files.sample_table(0))
    origin.put("b", "empty.parquet", octets)
    got = scan(worker, origin, ["b/empty.parquet"])
    assert_same(files.read(octets), got)
    assert got.num_columns == 3


def test_a_file_without_row_groups_among_others(worker, one, sample, scan):
    one.put("b", "empty.parquet", files.parquet(sample[0].slice(0, 0)))
    assert_same(sample[0], scan(worker, one, ["b/empty.parquet", "b/k.parquet"]))


def test_s3a_is_s3(worker, one, sample, scan):
    assert_same(sample[0], scan(worker, one, ["s3a://b/k.parquet"]))


class TestFieldIds:
    """Columns bound by Iceberg field id."""

    @pytest.fixture
    def renamed(self, origin):
        def column(name, number):
            return pa.field(name, pa.int64(), metadata={"PARQUET:field_id": str(number)})
        table = pa.table([pa.array(range(100)), pa.array(range(100, 200))], schema=pa.schema([column("old", 1), column("other", 2)]))
        origin.put("b", "ids.parquet", files.parquet(table))
        return origin

    def test_the_id_wins_over_the_name(self, worker, renamed, scan):
        # "other" was renamed "new" and an unrelated "old" has id 9 by now: the name must not bind.
        got = scan(worker, renamed, ["b/ids.parquet"], ["new", "old"], projected_field_ids=[2, 9])
        assert got.num_columns == 1
        assert got.column(0).to_pylist() == list(range(100, 200))

    def test_files_without_ids_are_matched_by_name(self, worker, one, sample, scan):
        got = scan(worker, one, ["b/k.parquet"], ["name", "id"], projected_field_ids=[7, 8])
        assert_same(sample[0].select(["name", "id"]), got)


class TestRowGroups:
    """Which row groups belong to a morsel: the start counts, nothing else."""

    @pytest.fixture
    def grouped(self, origin):
        octets = files.parquet(files.sample_table(1000), row_group_size=100)
        origin.put("b", "g.parquet", octets)
        return origin, files.read(octets), octets

    def test_tiled_byte_ranges_cover_each_row_once(self, worker, grouped, scan):
        origin, want, octets = grouped
        for step in (1000, 4096, len(octets)):
            parts = [scan(worker, origin, ["b/g.parquet"], ["id"], version=2, start_byte=start, end_byte=min(start + step, len(octets)),
                          file_sizes_bytes=[len(octets)]) for start in range(0, len(octets), step)]
            assert_same(want.select(["id"]), pa.concat_tables(parts))

    def test_a_sliver_at_the_tail_is_schema_and_no_rows(self, worker, grouped, scan):
        origin, want, octets = grouped
        got = scan(worker, origin, ["b/g.parquet"], version=2, start_byte=len(octets) - 1, end_byte=len(octets))
        assert_same(want.slice(0, 0), got)

    def test_row_group_indices(self, worker, grouped, scan):
        origin, want, _ = grouped
        assert_same(want.slice(200, 300), scan(worker, origin, ["b/g.parquet"], row_group_start=2, row_group_end=5))
        assert_same(want.slice(800), scan(worker, origin, ["b/g.parquet"], row_group_start=8))

    def test_a_limit_never_loses_rows_below_it(self, worker, grouped, scan):
        origin, want, _ = grouped
        for limit in (1, 150, 1000, 5000):
            got = scan(worker, origin, ["b/g.parquet"], limit=limit)
            assert got.num_rows >= min(limit, 1000)
            assert_same(want.slice(0, got.num_rows), got)
