"""What a scan costs, by the worker's own counters."""
import pytest
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
