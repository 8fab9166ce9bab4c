"""Start, the choice of reactor, and the end."""
import re
import time

import pyarrow as pa
import pyarrow.flight as flight
import pytest
from support import tickets, wire
from support.tables import assert_same
from support.worker import io_uring_denied


@pytest.mark.parametrize("reactor", ["io_uring", "epoll"])
def test_the_first_line_says_port_and_reactor(start_worker, reactor):
    if reactor == "io_uring" and io_uring_denied():
        pytest.skip("no io_uring on this machine")
    worker = start_worker(reactor=reactor)
    assert str(worker.port) in worker.listening_line and reactor in worker.listening_line


def test_io_uring_is_the_choice_where_it_is_allowed(start_worker):
    if io_uring_denied():
        pytest.skip("no io_uring on this machine")
    assert "io_uring" in start_worker().listening_line


def test_without_io_uring_it_starts_on_epoll_and_says_so(start_worker, origin, sample, scan):
    origin.put("b", "k", sample[1])
    worker = start_worker(deny_io_uring=True)
    assert "epoll" in worker.listening_line, worker.listening_line
    lines = [line for line in worker.process.log().splitlines() if "epoll" in line]
    assert len(lines) <= 2, "one line says it (and the one that says listening):\n" + "\n".join(lines)
    assert_same(sample[0], scan(worker, origin, ["b/k"]))


def test_io_uring_asked_for_by_name_and_denied(server_program, scratch):
    """Either a clear refusal or epoll with a line that says so; never silence."""
    from support.worker import Worker
    try:
        worker = Worker(server_program, scratch, reactor="io_uring", deny_io_uring=True)
    except RuntimeError as refused:
        assert "io_uring" in str(refused)
    else:
        assert "epoll" in worker.process.log()
        worker.stop()


def test_the_port_comes_from_the_environment_too(server_program, scratch):
    import os
    from support.processes import Process, free_port
    port = free_port()
    process = Process([server_program, "--mode", "worker"], os.path.join(scratch, "environment.log"), env={
        "SQE_WORKER__FLIGHT_PORT": str(port), "SQE_WORKER__ALLOW_UNAUTHENTICATED": "true", "SQE_METRICS__PROMETHEUS_PORT": "0"})
    try:
        process.wait_for_line("listening", 20)
        with wire.Channel("127.0.0.1:%d" % port) as channel:
            assert channel.action("health_check").messages == [wire.field(1, b"ok")]
    finally:
        assert process.stop(40) == 0


@pytest.mark.parametrize("reactor", ["io_uring", "epoll"])
def test_sigterm_lets_the_scan_finish(start_worker, nginx, data, reactor):
    if reactor == "io_uring" and io_uring_denied():
        pytest.skip("no io_uring on this machine")
    worker = start_worker(reactor=reactor)
    # Three times over: far more than any window or socket buffer holds.
    ticket = flight.Ticket(tickets.encoded(tickets.scan_task(nginx, data.files("snappy") * 3)))
    with worker.client() as client:
        reader = client.do_get(ticket, flight.FlightCallOptions(timeout=60))
        batches = [reader.read_chunk().data]
        worker.process.terminate()
        time.sleep(0.5)
        assert worker.alive(), "ended under a running scan"
        assert worker.http_status("/readyz") == 503
        while True:
            try:
                batches.append(reader.read_chunk().data)
            except StopIteration:
                break
    assert worker.process.wait(45) == 0
    assert_same(pa.concat_tables([data.table("snappy")] * 3), pa.Table.from_batches(batches))


@pytest.mark.parametrize("reactor", ["io_uring", "epoll"])
def test_a_client_that_never_reads_holds_nothing_up(start_worker, nginx, data, reactor):
    """What it was sent may still be read from the decoder's blocks by the kernel, whose notifications stay out."""
    if reactor == "io_uring" and io_uring_denied():
        pytest.skip("no io_uring on this machine")
    worker = start_worker(
        reactor=reactor, env={"SQE_COORDINATOR__SHUTDOWN_DRAIN_SECS": "1", "SQE_WORKER__ZERO_COPY_SENDS": "true"})
    ticket = tickets.encoded(tickets.scan_task(nginx, data.files("snappy") * 5))

    def stall():
        sent = worker.metric("sqe_worker_bytes_sent_total")
        unread = wire.unread_get(worker.address, ticket)
        worker.wait_for_metric("sqe_worker_bytes_sent_total", lambda n: n > sent)
        return unread

    stall().close()
    worker.wait_for_metric("sqe_worker_open_connections", lambda n: n == 0)
    worker.wait_for_metric("sqe_worker_pool_lent_bytes", lambda n: n == 0)
    with stall():
        assert worker.metric("sqe_worker_pool_lent_bytes") > 0
        assert worker.stop() == 0


def test_sigterm_when_idle_is_quick_and_clean(start_worker):
    worker = start_worker()
    began = time.monotonic()
    assert worker.stop() == 0
    assert time.monotonic() - began < 45
    with pytest.raises(OSError):
        import socket
        socket.create_connection(("127.0.0.1", worker.port), 1)


def test_a_port_in_use_is_a_clear_error(worker, server_program, scratch):
    import socket
    from support.worker import Worker
    from support import worker as module
    taken = socket.create_server(("127.0.0.1", 0))
    ports = iter([taken.getsockname()[1], module.free_port(2)])
    original, module.free_port = module.free_port, lambda width=1: next(ports)
    try:
        with pytest.raises(RuntimeError, match=r"(?i)address|in use|bind|port"):
            Worker(server_program, scratch)
    finally:
        module.free_port = original
        taken.close()


def test_no_secret_ends_up_in_a_log(worker):
    for word in ("s3_secret_key", "AKIDORIGIN", "origin/secret", "AWS4-HMAC"):
        assert not re.search(re.escape(word), worker.process.log())


@pytest.mark.parametrize("reactor", ["io_uring", "epoll"])
def test_the_end_takes_nothing_from_a_client_that_has_not_read_yet(start_worker, origin, sample, reactor):
    """All of the answer lies in the kernel when the worker is told to stop, and the client still talks."""
    if reactor == "io_uring" and io_uring_denied():
        pytest.skip("no io_uring on this machine")
    worker = start_worker(reactor=reactor, cores=1)
    paths = ["b/%d" % n for n in range(30)]
    for path in paths:
        origin.put(*path.split("/"), sample[1])
    ticket = tickets.encoded(tickets.scan_task(origin, paths))
    with wire.unread_get(worker.address, ticket) as client:
        worker.wait_for_metric("sqe_worker_fragments_executed_total", lambda n: n == 1)
        worker.wait_for_metric("sqe_worker_open_calls", lambda n: n == 0)
        worker.process.terminate()
        for _ in range(20):
            client.sendall(b"\0\0\x08\x06\0\0\0\0\0are here")  # PING
            time.sleep(0.02)
        answer = b""
        while octets := client.recv(1 << 16):
            answer += octets
    kinds, body = [], 0
    while answer:
        length = int.from_bytes(answer[:3], "big")
        kinds.append((answer[3], answer[4]))
        body += length if answer[3] == 0 else 0
        answer = answer[9 + length:]
    assert body > 30 * 1000 * 8 and (7, 0) in kinds, (body, kinds[-3:])
    # The trailers: headers that end the stream.
    assert (1, 5) in kinds
    assert worker.process.wait(10) == 0
