"""Many scans of a store of whose requests one in ten fails: no wrong row, nothing left behind, and no more retries than the budget.

    pytest test_storm.py --soak 30

What a request meets follows from the seed, what it asks for and how often that was asked before.
"""
import random
import threading
import time
from collections import Counter

import grpc
import pytest
from servers.faulty_store import faults
from support import files, tickets, wire
from support.rig import assert_at_rest, retries
from support.tables import differences, table_of

SEED, CHANCE, CLIENTS = 20_240_601, 0.1, 4
STORM = [
    faults.slow_down(), faults.slow_down(retry_after="0"), faults.internal_error(), faults.too_many_requests(), faults.request_timeout(),
    faults.Reset("head", 0), faults.Reset("head", None), faults.Reset("body", None), faults.Close("head", None), faults.Close("body", None),
    faults.Close("body", -1), faults.Stall("body", None, 0.05), faults.Stall("head", 0, 0.05), faults.Drip(size=20_000),
    faults.CloseUnannounced(), faults.ConnectionClose(), faults.CloseDelimited(), faults.Chunked(5000),
    faults.Together((faults.Chunked(3000), faults.Close("body", None))), faults.ShorterRange(1000), faults.Interim(3), faults.LongBody(),
]


def objects():
    """Names, tables and files: small and large, plain and with dictionaries, one row group and many."""
    shapes = [
        (files.wide_table(1_000, seed=1), {}), (files.wide_table(20_000, seed=2), {"row_group_size": 4_000}),
        (files.wide_table(60_000, seed=3), {"row_group_size": 30_000, "compression": "zstd"}), (files.sample_table(50_000, seed=4), {}),
        (files.wide_table(9_000, columns=3, seed=5), {"row_group_size": 500, "compression": "none"}),
    ]
    return {"f%d.parquet" % i: (table, files.parquet(table, **how)) for i, (table, how) in enumerate(shapes)}


class Client:
    """Scans one object after the other until time is up; gives some scans up in their middle."""

    def __init__(self, worker, store, made, seed, until):
        self._worker, self._store, self._made, self._dice, self._until = worker, store, made, random.Random(seed), until
        self.ends, self.wrong = Counter(), []
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def join(self):
        self._thread.join()

    def _run(self):
        try:
            while time.monotonic() < self._until and not self.wrong:
                with wire.Channel(self._worker.address) as channel:
                    for _ in range(20):
                        self._scan(channel)
        except Exception as why:  # noqa: BLE001: shown by the test
            self.wrong.append(repr(why))

    def _scan(self, channel):
        name = self._dice.choice(sorted(self._made))
        table, octets = self._made[name]
        columns = self._dice.sample(table.schema.names, self._dice.randint(1, table.num_columns)) if self._dice.random() < 0.5 else []
        sizes = {"file_sizes_bytes": [len(octets)]} if self._dice.random() < 0.5 else {}
        ticket = tickets.encoded(tickets.scan_task(self._store, ["b/" + name], columns, **sizes))
        if self._dice.random() < 0.05:
            return self._give_up(channel.start("DoGet", wire.ticket_message(ticket)))
        answer = channel.get(ticket, timeout=60)
        self.ends[answer.code.name] += 1
        if answer.code.name == "OK":
            self.wrong += differences(table.select(columns) if columns else table, table_of(answer.messages))
        elif answer.code.name != "UNAVAILABLE":
            self.wrong.append(repr(answer))

    def _give_up(self, call):
        time.sleep(self._dice.random() * 0.02)
        call.cancel()
        self.ends["given up"] += 1
        try:
            for _ in call:
                pass
        except grpc.RpcError:
            pass


@pytest.mark.soak
@pytest.mark.parametrize("hedging", [False, True], ids=["plain", "hedging"])
@pytest.mark.parametrize("reactor", ["io_uring", "epoll"])
def test_a_storm(request, start_worker, start_store, note, reactor, hedging):
    worker = start_worker(reactor=reactor, env={"SQE_STORAGE__HEDGING": str(hedging).lower()})
    store, made = start_store(), objects()
    for name, (_, octets) in made.items():
        store.put("b", name, octets)
    settle(worker, store)
    descriptors, resident = worker.descriptors(), worker.resident_bytes()

    store.storm(SEED, CHANCE, *STORM)
    before, began = worker.metrics(), time.monotonic()
    lasts = request.config.getoption("--soak") * 60 / 4
    clients = [Client(worker, store, made, SEED + i, began + lasts) for i in range(CLIENTS)]
    for client in clients:
        client.join()
    seconds, after = time.monotonic() - began, worker.metrics()
    assert [w for client in clients for w in client.wrong][:5] == []
    ends = sum((client.ends for client in clients), Counter())
    assert ends["OK"] > 20 and ends["UNAVAILABLE"] <= 0.01 * ends["OK"] + 1, ends

    hedges = int(after["sqe_worker_store_hedges_total"] - before["sqe_worker_store_hedges_total"])
    assert (hedges > 0) == hedging
    counts, again = store.counts(), sum(retries(worker).values()) + hedges
    requests = int(after["sqe_worker_store_requests_total"] - before["sqe_worker_store_requests_total"])
    met = sum(counts["faults"].values())
    assert 0.5 * CHANCE < met / requests < 2 * CHANCE and len(counts["faults"]) >= 15
    assert 0 < again <= 0.2 * requests + 10 + 10 * seconds
    assert counts["refused"] == 0 and counts["defects"] == []

    assert_at_rest(worker)
    store.clear_faults()
    settle(worker, store, until=lambda: worker.descriptors() <= descriptors)
    assert worker.resident_bytes() <= resident + (64 << 20)
    note("%s: %d scans %s, %d requests, %d met a fault, %d sent again, %d of them hedges, in %.0f s" % (
        reactor, sum(ends.values()), dict(ends), requests, met, again, hedges, seconds))


@pytest.mark.parametrize("reactor", ["io_uring", "epoll"])
def test_calls_given_up_at_any_moment(start_worker, origin, reactor):
    """Also while a file is being opened, when what it will need is just being asked for."""
    worker = start_worker(reactor=reactor)
    octets = files.parquet(files.wide_table(20_000), row_group_size=4_000, compression="none", use_dictionary=False)
    origin.put("b", "k", octets)
    message = wire.ticket_message(origin.ticket(*["b/k"] * 3))

    def run(seed):
        dice = random.Random(seed)
        with wire.Channel(worker.address) as channel:
            for _ in range(60):
                calls = [channel.start("DoGet", message) for _ in range(4)]
                time.sleep(dice.random() * 0.03)
                for call in calls:
                    call.cancel()
    threads = [threading.Thread(target=run, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert_at_rest(worker)


def settle(worker, store, until=lambda: True, seconds=10):
    """Leaves each core with the connections to the store that one scan needs: those that have ended go when one is looked for."""
    end = time.monotonic() + seconds
    while True:
        store.drop_connections()
        for _ in range(8):
            with wire.Channel(worker.address) as channel:
                assert channel.get(store.ticket("b/f0.parquet")).code.name == "OK"
        assert_at_rest(worker)
        worker.wait_for_metric("sqe_worker_open_connections", lambda n: n == 0)
        if until():
            return
        assert time.monotonic() < end, "%d descriptors" % worker.descriptors()
