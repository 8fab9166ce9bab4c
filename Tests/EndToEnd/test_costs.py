"""What a scan costs, by the worker's own counters."""
import shutil
import subprocess

import pyarrow as pa
import pytest
from servers.nginx import Nginx
from support import files, tickets, wire


def counted(worker, channel, ticket):
    before = worker.metrics()
    answer = channel.get(ticket, timeout=60)
    assert answer.code.name == "OK", answer
    worker.wait_for_metric("sqe_worker_open_calls", lambda n: n == 0)
    after = worker.metrics()
    return answer, {k: after[k] - before.get(k, 0) for k in after}


def test_no_body_byte_is_copied(worker, channel, nginx, data, note):
    ticket = tickets.encoded(tickets.scan_task(nginx, data.files("snappy"), file_sizes_bytes=data.sizes("snappy")))
    counted(worker, channel, ticket)
    answer, spent = counted(worker, channel, ticket)
    sent = sum(map(len, answer.messages))
    # What queries handed over, counted by them, against what sendmsg took from the decoder's own blocks, counted at the socket:
    # a layer in between that copied a body would send it from a block of its own.
    assert spent["sqe_worker_body_bytes_sent_total"] > 0.9 * sent
    assert spent["sqe_worker_body_bytes_in_place_total"] == spent["sqe_worker_body_bytes_sent_total"]
    assert spent["sqe_worker_bytes_sent_total"] >= sent
    note("%s: %d system calls for %.1f MiB sent, %.2f per MiB" % (
        worker.listening_line[:60], spent["sqe_worker_system_calls_total"], sent / 2**20, spent["sqe_worker_system_calls_total"] / (sent / 2**20)))


def test_a_hundred_scans_leave_nothing_behind(worker, channel, nginx, data, note):
    ticket = tickets.encoded(tickets.scan_task(nginx, data.files("small")))
    for _ in range(10):
        counted(worker, channel, ticket)
    lent, descriptors, resident = worker.metrics()["sqe_worker_pool_lent_bytes"], worker.descriptors(), worker.resident_bytes()
    for _ in range(100):
        assert channel.get(ticket).code.name == "OK"
    worker.wait_for_metric("sqe_worker_open_calls", lambda n: n == 0)
    worker.wait_for_metric("sqe_worker_pool_lent_bytes", lambda n: n <= lent)
    assert worker.descriptors() <= descriptors + 8
    assert worker.resident_bytes() <= resident + (64 << 20)
    note("resident after 110 scans: %.0f MiB" % (worker.resident_bytes() / 2**20))


def test_idle_cores_help_with_large_scans_only(worker, channel, nginx, origin, data, start_worker):
    large = tickets.encoded(tickets.scan_task(nginx, data.files("snappy") * 2))
    origin.put("b", "small", files.parquet(files.wide_table(3_000)))
    small = tickets.encoded(tickets.scan_task(origin, ["b/small"]))
    assert counted(worker, channel, small)[1]["sqe_worker_lent_turns_total"] == 0
    assert counted(worker, channel, large)[1]["sqe_worker_lent_turns_total"] > 0
    alone = start_worker(cores=1)
    with wire.Channel(alone.address) as other:
        assert counted(alone, other, large)[1]["sqe_worker_lent_turns_total"] == 0


@pytest.fixture
def wide(tmp_path):
    """A store with one file of 64 MB: more than is asked for before the first answer."""
    (tmp_path / "b").mkdir()
    octets = files.parquet(files.wide_table(1_000_000), row_group_size=100_000, compression="none", use_dictionary=False)
    (tmp_path / "b" / "wide.parquet").write_bytes(octets)
    store = Nginx(tmp_path, tmp_path)
    yield store
    store.stop()


@pytest.mark.skipif(not shutil.which("h2load"), reason="h2load is not installed")
def test_a_busy_core_lends_reads(start_worker, wide, tmp_path, note):
    """Eight scans on one connection, whose client drops what it gets: their core is busy, the others are at times asleep."""
    worker = start_worker(cores=4)
    ticket = wire.ticket_message(tickets.encoded(tickets.scan_task(wide, ["b/wide.parquet"])))
    body = tmp_path / "ticket"
    body.write_bytes(b"\0" + len(ticket).to_bytes(4, "big") + ticket)
    windows, scans = ["--window-bits", "22", "--connection-window-bits", "24"], 0
    while scans < 200 and worker.metrics()["sqe_worker_lent_reads_total"] == 0:
        done = subprocess.run(
            ["h2load", "-n", "16", "-c", "1", "-m", "8", *windows, "-d", str(body), "-H", "te: trailers", "-H",
             "content-type: application/grpc", "http://%s%sDoGet" % (worker.address, wire.SERVICE)],
            capture_output=True, text=True, timeout=60)
        assert "16 succeeded, 0 failed" in done.stdout, done.stdout
        scans += 16
    worker.wait_for_metric("sqe_worker_open_calls", lambda n: n == 0)
    after = worker.metrics()
    assert after["sqe_worker_lent_reads_total"] > 0
    assert (after["sqe_worker_fragments_executed_total"], after["sqe_worker_fragments_failed_total"]) == (scans, 0)
    worker.wait_for_metric("sqe_worker_pool_lent_bytes", lambda n: n == 0)
    note("%d of %d requests were lent, in %d scans" % (
        after["sqe_worker_lent_reads_total"], after["sqe_worker_store_requests_total"], scans))


@pytest.mark.parametrize("columns, requests", [
    ([], 1 + 5),                  # neighbours are fetched together, up to 4 MiB
    (["c1", "c2"], 1 + 5),
    (["c0", "c3", "c7"], 1 + 5 * 3),  # what lies between costs more than a request
])
def test_requests_are_those_of_the_plan(worker, channel, origin, columns, requests):
    """One for the footer, then one for each part of each row group."""
    octets = files.parquet(files.wide_table(250_000), row_group_size=50_000, compression="none", use_dictionary=False)
    origin.put("b", "wide.parquet", octets)
    ticket = tickets.encoded(tickets.scan_task(origin, ["b/wide.parquet"], columns, file_sizes_bytes=[len(octets)]))
    assert counted(worker, channel, ticket)[1]["sqe_worker_store_requests_total"] == requests
    assert len(origin.requests) == requests


def test_small_row_groups_are_fetched_together(worker, channel, origin):
    """Ten of 350 KB each: the footer, the first one, and of the other nine as many at once as 4 MiB hold."""
    table = files.wide_table(50_000)
    octets = files.parquet(table, row_group_size=5_000, compression="none", use_dictionary=False)
    origin.put("b", "groups.parquet", octets)
    ticket = tickets.encoded(tickets.scan_task(origin, ["b/groups.parquet"], file_sizes_bytes=[len(octets)]))
    assert counted(worker, channel, ticket)[1]["sqe_worker_store_requests_total"] == 1 + 2
    assert worker.read(ticket).equals(table)


@pytest.mark.parametrize("columns", [[], ["c0", "c3", "c7"]])
def test_larger_requests_are_fewer(start_worker, origin, columns):
    """Where asking is dear: the footer, the first row group, and the other four at once, with all that lies between."""
    table = files.wide_table(250_000)
    octets = files.parquet(table, row_group_size=50_000, compression="none", use_dictionary=False)
    origin.put("b", "wide.parquet", octets)
    ticket = tickets.encoded(tickets.scan_task(origin, ["b/wide.parquet"], columns, file_sizes_bytes=[len(octets)]))
    alone = start_worker(env={"SQE_STORAGE__REQUEST_SIZE": "32MB", "SQE_STORAGE__REQUEST_GAP_SIZE": "4MB"})
    with wire.Channel(alone.address) as channel:
        assert counted(alone, channel, ticket)[1]["sqe_worker_store_requests_total"] == 1 + 2
    assert alone.read(ticket).equals(table.select(columns) if columns else table)


def test_a_small_file_takes_one_request(worker, channel, origin):
    octets = files.parquet(files.wide_table(3_000))
    assert 65_536 < len(octets) < 262_144
    for name in ("one", "two", "three"):
        origin.put("b", name, octets)
    paths = ["b/one", "b/two", "b/three"]
    ticket = tickets.encoded(tickets.scan_task(origin, paths, file_sizes_bytes=[len(octets)] * 3))
    assert counted(worker, channel, ticket)[1]["sqe_worker_store_requests_total"] == 3
    # Without the size it takes another for what lies before the end.
    ticket = tickets.encoded(tickets.scan_task(origin, paths))
    assert counted(worker, channel, ticket)[1]["sqe_worker_store_requests_total"] == 6


FOOTERS = "sqe_worker_footer_cache_"


def test_a_known_file_costs_no_request_for_its_footer(worker, channel, nginx, data):
    """Both cores know it; only the size in the ticket tells which file it is."""
    paths, sizes = data.files("snappy"), data.sizes("snappy")
    assert min(sizes) > 262_144
    whole = tickets.encoded(tickets.scan_task(nginx, paths, file_sizes_bytes=sizes))
    first, _ = counted(worker, channel, whole)
    again, spent = counted(worker, channel, whole)
    assert again.messages[0] == first.messages[0]
    assert (spent[FOOTERS + "hits_total"], spent[FOOTERS + "misses_total"]) == (len(paths), 0)
    assert worker.metric(FOOTERS + "bytes") > 1024 * len(paths)
    _, unknown = counted(worker, channel, tickets.encoded(tickets.scan_task(nginx, paths)))
    assert (unknown[FOOTERS + "hits_total"], unknown[FOOTERS + "misses_total"]) == (0, 0)
    # A tail also brings the parts that lie in it.
    assert spent["sqe_worker_store_requests_total"] <= unknown["sqe_worker_store_requests_total"]


@pytest.mark.parametrize("fields, requests, rows", [
    ({}, 5, 250_000), ({"row_group_start": 1, "row_group_end": 2}, 1, 50_000),
    # Nothing to fetch: one byte, to learn that the file is still there and may be read.
    ({"start_byte": 5, "end_byte": 6}, 1, 0),
])
def test_requests_of_a_known_file(worker, channel, origin, fields, requests, rows):
    octets = files.parquet(files.wide_table(250_000), row_group_size=50_000, compression="none", use_dictionary=False)
    origin.put("b", "wide.parquet", octets)
    known = tickets.scan_task(origin, ["b/wide.parquet"], file_sizes_bytes=[len(octets)])
    assert counted(worker, channel, tickets.encoded(known))[1]["sqe_worker_store_requests_total"] == 1 + 5
    ticket = tickets.encoded({**known, **fields})
    assert counted(worker, channel, ticket)[1]["sqe_worker_store_requests_total"] == requests
    assert worker.read(ticket).num_rows == rows


def test_nothing_is_kept_when_told_so(start_worker, origin):
    octets = files.parquet(files.wide_table(50_000), compression="none", use_dictionary=False)
    origin.put("b", "k", octets)
    ticket = tickets.encoded(tickets.scan_task(origin, ["b/k"], file_sizes_bytes=[len(octets)]))
    alone = start_worker(env={"SQE_STORAGE__FOOTER_CACHE_SIZE": "0"})
    with wire.Channel(alone.address) as channel:
        costs = [counted(alone, channel, ticket)[1]["sqe_worker_store_requests_total"] for _ in range(3)]
    assert costs == [2, 2, 2]
    assert alone.metric(FOOTERS + "misses_total") == alone.metric(FOOTERS + "bytes") == 0


def test_a_replaced_file_gives_its_new_rows(worker, origin):
    """Whether its size tells or only its version: the old rows, then the new ones, never some of each."""
    def table(first, rows=40_000):
        return pa.table({"id": range(first, first + rows), "twice": [2 * n for n in range(first, first + rows)]})
    plain = {"compression": "none", "use_dictionary": False, "row_group_size": 7_000}
    versions = [table(0), table(1_000_000), table(2_000_000, rows=50_000), table(3_000_000)]
    sizes = []
    before = worker.metrics()
    for version in versions:
        octets = files.parquet(version, **plain)
        sizes.append(len(octets))
        origin.put("b", "k", octets)
        ticket = tickets.encoded(tickets.scan_task(origin, ["b/k"], file_sizes_bytes=[len(octets)]))
        for _ in range(2):
            assert worker.read(ticket).equals(version)
        # A coordinator that has not heard of it yet.
        old = tickets.encoded(tickets.scan_task(origin, ["b/k"], file_sizes_bytes=[sizes[0]]))
        assert worker.read(old).equals(version)
    assert sizes[0] == sizes[1] == sizes[3] != sizes[2] > 262_144
    after = worker.metrics()
    assert after[FOOTERS + "changes_total"] > before[FOOTERS + "changes_total"]


def test_what_a_client_may_not_read_it_is_not_told(worker, channel, moto, data):
    task = tickets.scan_task(moto, data.files("snappy"), file_sizes_bytes=data.sizes("snappy"))
    assert counted(worker, channel, tickets.encoded(task))[0].code.name == "OK"
    assert counted(worker, channel, tickets.encoded(task))[1][FOOTERS + "hits_total"] == len(task["data_file_paths"])
    # The same access key, so that the footer is known; also an empty selection, which no page is fetched for.
    for fields in ({}, {"start_byte": 5, "end_byte": 6}):
        answer = channel.get(tickets.encoded({**task, **fields, "s3_secret_key": "guessed"}))
        assert answer.code.name == "UNAUTHENTICATED" and answer.messages == []
