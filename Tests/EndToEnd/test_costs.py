"""What a scan costs, by the worker's own counters."""
from support import tickets


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
