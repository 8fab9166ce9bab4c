"""Everything on the port that is not a scan."""
import re
import shutil
import subprocess
import tempfile

import grpc
import pytest
from support import wire
from support.nghttp import request


def test_health_check_is_exactly_one_ok(channel):
    answer = channel.action("health_check")
    assert answer.code == grpc.StatusCode.OK
    assert answer.messages == [wire.field(1, b"ok")]
    assert channel.action("health_check", body=b"whatever").messages == [wire.field(1, b"ok")]


def test_health_check_through_pyarrow(worker):
    import pyarrow.flight as flight
    with worker.client() as client:
        answer = client.do_action(flight.Action("health_check", b""), flight.FlightCallOptions(timeout=10))
        assert [r.body.to_pybytes() for r in answer] == [b"ok"]


def test_list_actions(channel):
    answer = channel.finish(channel.start("ListActions"))
    assert answer.code == grpc.StatusCode.OK
    kinds = {wire.fields(m)[1][0].decode(): wire.fields(m)[2][0].decode() for m in answer.messages}
    assert kinds["health_check"] == "Check worker health"
    for kind in set(kinds) - {"health_check"}:
        assert channel.action(kind).code != grpc.StatusCode.UNIMPLEMENTED, "listed but not there: " + kind


def test_unknown_action(channel):
    answer = channel.action("make_coffee")
    assert (answer.code, answer.details) == (grpc.StatusCode.UNIMPLEMENTED, "Unknown action type: make_coffee")


@pytest.mark.parametrize("method", ["Handshake", "ListFlights", "GetFlightInfo", "PollFlightInfo", "GetSchema", "DoPut", "DoExchange", "NoSuchMethod"])
def test_methods_not_served(channel, method):
    for requests in ([], [b""]):
        answer = channel.finish(channel.start_streaming(method, requests, timeout=10))
        assert answer.code == grpc.StatusCode.UNIMPLEMENTED, answer
    assert channel.action("health_check").code == grpc.StatusCode.OK


def test_unknown_service(worker):
    assert request(worker.port, "Get", b"", service="/no.such.Service/").field("grpc-status") == "12"


@pytest.mark.parametrize("service,status", [("", 1), ("arrow.flight.protocol.FlightService", 1)])
def test_grpc_health(channel, service, status):
    call = channel.channel.unary_unary("/grpc.health.v1.Health/Check", request_serializer=None, response_deserializer=None)
    assert wire.fields(call(wire.field(1, service.encode()) if service else b"", timeout=5)) == {1: [status]}


def test_wrong_content_type_is_415(worker):
    assert request(worker.port, "DoAction", b"", content_type="text/plain").field(":status") == "415"


def test_get_is_405(worker):
    done = subprocess.run(["nghttp", "-v", "-n", "http://127.0.0.1:%d%sDoGet" % (worker.port, wire.SERVICE)], capture_output=True, text=True, timeout=10)
    assert re.search(r":status: \S*405", re.sub(r"\x1b\[[0-9;]*m", "", done.stdout)), done.stdout


def test_http1_is_closed(worker):
    import socket
    with socket.create_connection(("127.0.0.1", worker.port), 5) as s:
        s.settimeout(10)
        s.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        try:
            while s.recv(4096):
                pass
        except ConnectionResetError:
            pass


def test_settings_and_frames_as_another_implementation_sees_them(worker):
    answer = request(worker.port, "DoAction", wire.action_message("health_check"))
    assert answer.kinds[0] == "SETTINGS", answer.text
    first = re.search(r"recv SETTINGS frame.*\n((?:\s+[(\[;].*\n)*)", answer.text)[1]
    streams = re.search(r"SETTINGS_MAX_CONCURRENT_STREAMS\(0x03\):(\d+)", first)
    assert streams and int(streams[1]) >= 256, answer.text
    assert "SETTINGS_MAX_HEADER_LIST_SIZE" in first
    assert answer.field("grpc-status") == "0"
    assert answer.data_frames == 1


@pytest.mark.skipif(not shutil.which("h2load"), reason="h2load is not installed")
def test_h2load(worker, note):
    message = wire.action_message("health_check")
    with tempfile.NamedTemporaryFile() as body:
        body.write(b"\0" + len(message).to_bytes(4, "big") + message)
        body.flush()
        done = subprocess.run(
            ["h2load", "-n", "4000", "-c", "4", "-m", "32", "-d", body.name, "-H", "content-type: application/grpc", "-H", "te: trailers",
             "http://127.0.0.1:%d%sDoAction" % (worker.port, wire.SERVICE)], capture_output=True, text=True, timeout=60)
    assert "4000 succeeded, 0 failed" in done.stdout, done.stdout
    note("health_check: " + re.search(r"finished in .*", done.stdout)[0])


def test_http_probes(worker):
    assert worker.http_status("/healthz") == 200
    assert worker.http_status("/readyz") == 200
    assert worker.http_status("/nobody") == 404
