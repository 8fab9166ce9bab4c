"""Many scans on one connection: all right, none waiting for another."""
import pyarrow.flight as flight
import pytest
from support import tickets, wire
from support.tables import assert_same

SCANS = 64


@pytest.mark.timeout(180)
def test_64_scans_on_one_connection_drained_one_after_another(worker_by_cores, nginx, data):
    path = data.files("zstd")[0]
    want = data.table("zstd")
    ticket = flight.Ticket(tickets.encoded(tickets.scan_task(nginx, [path])))
    with worker_by_cores.client() as client:
        # Each do_get returns with its first message: none of the 64 may wait for another to be drained.
        readers = [client.do_get(ticket, flight.FlightCallOptions(timeout=150)) for _ in range(SCANS)]
        for reader in readers:
            assert_same(want, reader.read_all())


@pytest.mark.timeout(180)
def test_health_check_answers_beside_64_stalled_scans(worker_by_cores, nginx, data):
    ticket = wire.ticket_message(tickets.encoded(tickets.scan_task(nginx, data.files("snappy"))))
    with wire.Channel(worker_by_cores.address) as busy, wire.Channel(worker_by_cores.address) as other:
        calls = [busy.start("DoGet", ticket, timeout=120) for _ in range(SCANS)]
        for call in calls:
            next(call)
        # The coordinator gives up after 3 s.
        answer = other.action("health_check", timeout=3)
        assert (answer.code.name, answer.messages) == ("OK", [wire.field(1, b"ok")])
        answer = busy.action("health_check", timeout=3)
        assert answer.code.name == "OK", answer
        for call in calls:
            call.cancel()
    assert worker_by_cores.wait_for_metric("sqe_worker_open_calls", lambda n: n == 0) == 0


@pytest.mark.timeout(120)
def test_scans_from_many_connections(worker_by_cores, nginx, data):
    from concurrent.futures import ThreadPoolExecutor
    path = data.files("zstd")[0]
    want = data.table("zstd")

    def one(_):
        with worker_by_cores.client(generic_options=[("grpc.use_local_subchannel_pool", 1)]) as client:
            ticket = tickets.encoded(tickets.scan_task(nginx, [path]))
            return client.do_get(flight.Ticket(ticket), flight.FlightCallOptions(timeout=90)).read_all()
    with ThreadPoolExecutor(8) as pool:
        for got in pool.map(one, range(16)):
            assert_same(want, got)
