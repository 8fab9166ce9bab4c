"""The shared secret and the signature over the ticket's octets."""
import grpc
import pytest
from support import tickets, wire

SECRET = "shared-secret"


@pytest.fixture(scope="module", params=["io_uring", "epoll"])
def guarded(request, server_program, scratch):
    from support.worker import Worker, io_uring_denied
    if request.param == "io_uring" and io_uring_denied():
        pytest.skip("no io_uring on this machine")
    running = Worker(server_program, scratch, reactor=request.param, secret=SECRET)
    yield running
    running.stop()


@pytest.fixture
def door(guarded):
    with wire.Channel(guarded.address) as channel:
        yield channel


def test_the_vector_of_the_contract():
    assert tickets.signature(SECRET, b'{"fragment_id":"f"}') == "a6366e66e9a2b33ee9c9b8328983c50b75241de9dab1f63eddcb847e158d25eb"


def test_the_vector_passes_the_door(door):
    answer = door.get(b'{"fragment_id":"f"}', metadata=tickets.signed_headers(SECRET, b'{"fragment_id":"f"}'))
    assert answer.code == grpc.StatusCode.INVALID_ARGUMENT, answer


def test_signed_scan(door, origin, sample):
    origin.put("b", "k", sample[1])
    # White space counts: the octets are signed, not their meaning.
    ticket = tickets.encoded(tickets.scan_task(origin, ["b/k"])).replace(b": ", b" :  ")
    assert door.get(ticket, metadata=tickets.signed_headers(SECRET, ticket)).code == grpc.StatusCode.OK


@pytest.mark.parametrize("secret", [None, "", "wrong", "shared-secre", "shared-secret2", "SHARED-SECRET"])
def test_wrong_secret(door, secret):
    # Authentication comes before parsing: the ticket is not even JSON.
    metadata = [("x-sqe-scan-signature", tickets.signature(SECRET, b"{"))] + ([("x-sqe-worker-secret", secret)] if secret is not None else [])
    answer = door.get(b"{", metadata=metadata)
    assert (answer.code, answer.details) == (grpc.StatusCode.UNAUTHENTICATED, "Invalid worker secret")


def test_wrong_signature(door):
    right = tickets.signature(SECRET, b"{")
    for signature in (None, "", right[:-1], right + "0", right[:-1] + ("0" if right[-1] != "0" else "1"), "z" * 64, tickets.signature("other", b"{"),
                      tickets.signature(SECRET, b"{ ")):
        metadata = [("x-sqe-worker-secret", SECRET)] + ([("x-sqe-scan-signature", signature)] if signature is not None else [])
        answer = door.get(b"{", metadata=metadata)
        assert (answer.code, answer.details) == (grpc.StatusCode.UNAUTHENTICATED, "Invalid scan task signature"), signature


def test_health_check_needs_no_secret(door):
    assert door.action("health_check").messages == [wire.field(1, b"ok")]
    assert door.finish(door.start("ListActions")).code == grpc.StatusCode.OK


def test_headers_are_ignored_without_a_configured_secret(channel, origin, sample):
    origin.put("b", "k", sample[1])
    ticket = tickets.encoded(tickets.scan_task(origin, ["b/k"]))
    assert channel.get(ticket, metadata=tickets.signed_headers("another", b"x")).code == grpc.StatusCode.OK


def test_no_secret_and_no_permission_refuses_to_start(server_program, scratch):
    import os
    from support.processes import Process, free_port
    process = Process([server_program, "--mode", "worker", "--port", free_port()], os.path.join(scratch, "refuses.log"),
                      env={"SQE_METRICS__PROMETHEUS_PORT": "0"})
    try:
        assert process.wait(20) != 0
        assert "secret" in process.log().lower() or "unauthenticated" in process.log().lower(), process.log()
    finally:
        process.stop()


def test_the_secret_is_not_in_the_log(guarded):
    assert SECRET not in guarded.process.log()
