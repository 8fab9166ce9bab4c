"""Status codes and texts, on one gRPC connection that has to go on working."""
import json

import grpc
import pytest
from servers.faulty_store import faults
from support import files, paths, tickets, wire

SECRET_WORDS = ("AKIDORIGIN0000000001", "origin/secret", "s3_secret_key\":")


@pytest.fixture
def one(origin, sample):
    origin.put("b", "k.parquet", sample[1])
    return origin


@pytest.fixture
def refused(worker, channel, one, sample):
    """Sends a ticket that must fail with `code`; then the same connection serves a scan and all memory is back."""
    good = tickets.encoded(tickets.scan_task(one, ["b/k.parquet"]))
    assert channel.get(good).code == grpc.StatusCode.OK
    worker.wait_for_metric("sqe_worker_open_calls", lambda n: n == 0)
    baseline = worker.metrics()["sqe_worker_pool_lent_bytes"]

    def send(task, *codes, says=(), timeout=30):
        answer = channel.get(tickets.encoded(task), timeout=timeout)
        assert answer.code.name in codes, answer
        assert not answer.messages, "messages before an error that was known from the start"
        for word in [says] if isinstance(says, str) else says:
            assert word in answer.details, answer
        assert len(answer.details.encode()) <= 1024
        for word in SECRET_WORDS:
            assert word not in answer.details, "a secret in the status text"
        return answer
    yield send
    assert worker.alive(), worker.process.log()[-2000:]
    assert channel.get(good).code == grpc.StatusCode.OK
    worker.wait_for_metric("sqe_worker_pool_lent_bytes", lambda n: n <= baseline)


def task_text(one, **fields):
    return json.dumps(tickets.scan_task(one, ["b/k.parquet"], **fields))


class TestMalformedTickets:
    def test_octets_that_are_no_ticket(self, refused):
        for octets in (b"", b"{", b"[]", b"null", b"\x00", b"{}x", b"not json", b'{"version":}', b"\xef\xbb\xbf{}"):
            refused(octets, "INVALID_ARGUMENT", says="Failed to decode ScanTask")

    def test_truncated_everywhere(self, refused, one):
        text = task_text(one).encode()
        for length in range(0, len(text), 17):
            refused(text[:length], "INVALID_ARGUMENT")

    def test_invalid_utf8(self, refused, one):
        refused(task_text(one).encode().replace(b"us-east-1", b"us-\xff\xfe-1"), "INVALID_ARGUMENT")
        refused(task_text(one).encode().replace(b"us-east-1", b"us-\xed\xa0\x80-1"), "INVALID_ARGUMENT")

    def test_lone_surrogate(self, refused, one):
        refused(task_text(one).replace("us-east-1", "us-\\ud83d-1").encode(), "INVALID_ARGUMENT")

    def test_duplicate_key(self, refused, one):
        refused(task_text(one)[:-1].encode() + b', "s3_region": "eu-west-1"}', "INVALID_ARGUMENT", says="s3_region")
        refused(task_text(one)[:-1].encode() + b', "s3_re\\u0067ion": "eu-west-1"}', "INVALID_ARGUMENT", says="s3_region")

    def test_trailing_bytes(self, refused, one):
        for tail in (b"{}", b",", b"\x00", b" null"):
            refused(task_text(one).encode() + tail, "INVALID_ARGUMENT")

    def test_nesting(self, refused, one, channel):
        def nested(depth):
            return task_text(one)[:-1].encode() + b', "x": ' + b"[" * depth + b"]" * depth + b"}"
        assert channel.get(nested(31)).code == grpc.StatusCode.OK
        refused(nested(33), "INVALID_ARGUMENT")
        refused(nested(100_000), "INVALID_ARGUMENT")

    @pytest.mark.parametrize("name,value", [
        ("version", "1"), ("version", 1.5), ("version", -1), ("version", 2**32), ("version", True),
        ("fragment_id", 7), ("fragment_id", None), ("data_file_paths", "s3://b/k.parquet"), ("data_file_paths", [1]),
        ("data_file_paths", {"a": 1}), ("file_sizes_bytes", [-1]), ("file_sizes_bytes", [2**64]), ("file_sizes_bytes", ["1"]),
        ("projected_columns", [None]), ("projected_field_ids", [2**31]), ("s3_endpoint", 1), ("s3_region", []),
        ("s3_path_style", "true"), ("s3_allow_http", 1), ("row_group_start", -1), ("row_group_end", 2**32),
        ("start_byte", -5), ("end_byte", 2**64), ("limit", "10"), ("predicate_proto", [256]), ("predicate_proto", "AA=="),
    ], ids=lambda v: str(v)[:24])
    def test_wrong_types_name_the_field(self, refused, one, name, value):
        task = tickets.scan_task(one, ["b/k.parquet"])
        task[name] = value
        refused(json.dumps(task).encode(), "INVALID_ARGUMENT", says=name)

    @pytest.mark.parametrize("name", ["fragment_id", "data_file_paths", "projected_columns", "s3_endpoint"])
    def test_missing_fields_are_named(self, refused, one, name):
        refused(tickets.scan_task(one, ["b/k.parquet"], **{name: None}), "INVALID_ARGUMENT", says=name)

    def test_version_3(self, refused, one):
        refused(tickets.scan_task(one, ["b/k.parquet"], version=3), "INVALID_ARGUMENT", says="unsupported ScanTask version 3")

    def test_no_files(self, refused, one):
        refused(tickets.scan_task(one, []), "INVALID_ARGUMENT", says="ScanTask has no data files")

    @pytest.mark.parametrize("path", ["s3:///k.parquet", "s3://b", "s3://b/", "k.parquet", "", "ftp://b/k", "s3://b/a\nb", "s3://b/\x00"])
    def test_bad_paths(self, refused, one, path):
        refused({**tickets.scan_task(one, ["b/k"]), "data_file_paths": [path]}, "INVALID_ARGUMENT")

    def test_a_path_too_long(self, refused, one):
        refused(tickets.scan_task(one, ["b/" + "k" * 1025]), "INVALID_ARGUMENT", "RESOURCE_EXHAUSTED")

    def test_the_value_is_not_repeated(self, refused, one):
        task = {**tickets.scan_task(one, ["b/k.parquet"]), "s3_secret_key": ["tell-nobody"]}
        assert "tell-nobody" not in refused(task, "INVALID_ARGUMENT", says="s3_secret_key").details


class TestObjectStore:
    def test_missing_object(self, refused, one):
        refused(tickets.scan_task(one, ["b/nobody.parquet"]), "NOT_FOUND")

    def test_missing_object_and_bucket_at_moto(self, refused, moto):
        refused(tickets.scan_task(moto, ["bench/nobody.parquet"]), "NOT_FOUND")
        refused(tickets.scan_task(moto, ["no-such-bucket/nobody.parquet"]), "NOT_FOUND", "PERMISSION_DENIED")

    def test_wrong_secret_key(self, refused, moto, data):
        refused(tickets.scan_task(moto, data.files("small"), s3_secret_key="x" * 40), "UNAUTHENTICATED", "PERMISSION_DENIED")

    def test_unknown_access_key(self, refused, moto, data):
        refused(tickets.scan_task(moto, data.files("small"), s3_access_key="AKIANOBODY0000000000"), "UNAUTHENTICATED", "PERMISSION_DENIED")

    def test_access_denied(self, refused, one, sample):
        one.put("b", "denied.parquet", sample[1])
        one.script(faults.access_denied(), times=None, key="denied.parquet")
        refused(tickets.scan_task(one, ["b/denied.parquet"]), "PERMISSION_DENIED")

    def test_http_without_the_flag(self, refused, one):
        before = len(one.requests)
        refused(tickets.scan_task(one, ["b/k.parquet"], s3_allow_http=False), "PERMISSION_DENIED")
        assert len(one.requests) == before, "asked although it was not allowed to"

    @pytest.mark.parametrize("endpoint", ["http://169.254.169.254", "http://[fe80::1]:80", "http://0.0.0.0:80", "http://224.0.0.1"])
    def test_endpoints_that_are_always_refused(self, refused, one, endpoint):
        refused(tickets.scan_task(one, ["b/k.parquet"], s3_endpoint=endpoint), "PERMISSION_DENIED", timeout=5)

    @pytest.mark.parametrize("endpoint", ["http://user:pw@127.0.0.1:9", "http://127.0.0.1:9/#x", "gopher://127.0.0.1", "http://", "127.0.0.1:9", "http://127.0.0.1:99999"])
    def test_endpoints_that_are_no_endpoints(self, refused, one, endpoint):
        refused(tickets.scan_task(one, ["b/k.parquet"], s3_endpoint=endpoint), "INVALID_ARGUMENT", "PERMISSION_DENIED", timeout=5)

    def test_nobody_listens_there(self, refused, one):
        from support.processes import free_port
        refused(tickets.scan_task(one, ["b/k.parquet"], s3_endpoint="http://127.0.0.1:%d" % free_port()), "UNAVAILABLE")

    def test_a_busy_store(self, refused, one, sample):
        one.put("b", "busy.parquet", sample[1])
        one.script(faults.slow_down(), times=None, key="busy.parquet")
        refused(tickets.scan_task(one, ["b/busy.parquet"]), "UNAVAILABLE", says="SlowDown")

    def test_a_body_cut_short(self, refused, one):
        octets = files.parquet(files.wide_table(20_000), compression="none", use_dictionary=False)
        one.put("b", "cut.parquet", octets)
        one.script(faults.Close("body", 0), times=None, key="cut.parquet")
        refused(tickets.scan_task(one, ["b/cut.parquet"]), "UNAVAILABLE")


class TestBrokenFiles:
    def broken(self, refused, one, octets, *codes):
        one.put("b", "broken.parquet", octets)
        refused(tickets.scan_task(one, ["b/broken.parquet"]), *codes)
        refused(tickets.scan_task(one, ["b/broken.parquet"], file_sizes_bytes=[len(octets)]), *codes)

    def test_truncated(self, refused, one, sample):
        for length in (1, 4, 8, 11, 12, len(sample[1]) // 2, len(sample[1]) - 1):
            self.broken(refused, one, sample[1][:length], "DATA_LOSS")

    def test_empty_object(self, refused, one):
        self.broken(refused, one, b"", "DATA_LOSS")

    def test_bad_magic(self, refused, one, sample):
        self.broken(refused, one, sample[1][:-4] + b"PAR2", "DATA_LOSS")

    def test_encrypted_footer(self, refused, one, sample):
        self.broken(refused, one, b"PARE" + sample[1][4:-4] + b"PARE", "UNIMPLEMENTED")

    def test_footer_length_past_the_file(self, refused, one, sample):
        for length in (0, len(sample[1]), 2**31 - 1, 2**32 - 1):
            self.broken(refused, one, files.with_footer_length(sample[1], length), "DATA_LOSS", "RESOURCE_EXHAUSTED")

    def test_footer_of_noise(self, refused, one, sample):
        self.broken(refused, one, sample[1][:-500] + bytes(range(256)) + b"\xff" * 236 + sample[1][-8:], "DATA_LOSS")

    @pytest.mark.parametrize("which", ["compressed", "uncompressed"])
    @pytest.mark.parametrize("codec", ["snappy", "zstd", "none"])
    def test_lying_page_sizes(self, one, channel, worker, which, codec):
        octets = files.parquet(files.wide_table(2_000, 1), compression=codec, use_dictionary=False)
        one.put("b", "lying.parquet", files.lying_page(octets, which))
        # Found in the data, so the schema may have been sent already.
        answer = channel.get(tickets.encoded(tickets.scan_task(one, ["b/lying.parquet"])))
        assert answer.code.name in ("DATA_LOSS", "RESOURCE_EXHAUSTED"), answer
        assert worker.alive()

    @pytest.mark.parametrize("number", [2, 3, 4, 50], ids=["gzip", "lzo", "brotli", "unknown"])
    def test_codecs(self, one, channel, number):
        one.put("b", "codec.parquet", files.with_codec(number))
        answer = channel.get(tickets.encoded(tickets.scan_task(one, ["b/codec.parquet"])))
        allowed = {2: ("OK",), 3: ("UNIMPLEMENTED",), 4: ("DATA_LOSS",), 50: ("UNIMPLEMENTED", "DATA_LOSS")}
        assert answer.code.name in allowed[number], answer

    def test_random_damage_never_ends_the_worker(self, one, channel, worker):
        import random
        r = random.Random(11)
        octets = files.parquet(files.sample_table(3000), row_group_size=1000)
        for i in range(150):
            damaged = bytearray(octets)
            for _ in range(r.choice([1, 1, 4, 30])):
                damaged[r.randrange(len(damaged))] = r.randrange(256)
            one.put("b", "d%d.parquet" % i, bytes(damaged))
            answer = channel.get(tickets.encoded(tickets.scan_task(one, ["b/d%d.parquet" % i])), timeout=20)
            assert answer.code.name in ("OK", "DATA_LOSS", "UNIMPLEMENTED", "RESOURCE_EXHAUSTED", "INVALID_ARGUMENT"), (i, answer)
            assert worker.alive(), "damage %d ended the worker:\n%s" % (i, worker.process.log()[-2000:])


class TestDeadlineAndCancel:
    @pytest.fixture
    def stalling(self, origin):
        octets = files.parquet(files.wide_table(250_000), row_group_size=50_000, compression="none", use_dictionary=False)
        for key in ("never.parquet", "late.parquet", "whole.parquet"):
            origin.put("b", key, octets)
        origin.script(faults.Stall("body", 100), times=None, key="never.parquet")
        origin.script(faults.Stall("body", 1000), times=None, key="late.parquet", first_below=len(octets) - 1_000_000)
        return origin

    @pytest.mark.parametrize("key", ["never", "late"])
    def test_deadline(self, stalling, worker, key):
        # A raw client deadline is found by the client; the server's own is seen by asking with nghttp.
        with wire.Channel(worker.address) as channel:
            answer = channel.get(tickets.encoded(tickets.scan_task(stalling, ["b/%s.parquet" % key])), timeout=1)
            assert answer.code == grpc.StatusCode.DEADLINE_EXCEEDED
        worker.wait_for_metric("sqe_worker_open_calls", lambda n: n == 0)

    def test_the_server_says_deadline_exceeded(self, stalling, worker):
        from support.nghttp import request
        frame = wire.ticket_message(tickets.encoded(tickets.scan_task(stalling, ["b/never.parquet"])))
        answer = request(worker.port, "DoGet", frame, headers={"grpc-timeout": "500m"}, seconds=10)
        assert answer.field("grpc-status") == "4", answer.text

    @pytest.mark.parametrize("key", ["never", "late", "whole"])
    def test_cancel_gives_the_memory_back(self, stalling, worker, channel, key):
        assert channel.get(tickets.encoded(tickets.scan_task(stalling, ["b/whole.parquet"]))).code == grpc.StatusCode.OK
        worker.wait_for_metric("sqe_worker_open_calls", lambda n: n == 0)
        baseline, descriptors = worker.metrics()["sqe_worker_pool_lent_bytes"], worker.descriptors()
        frame = wire.ticket_message(tickets.encoded(tickets.scan_task(stalling, ["b/%s.parquet" % key])))
        calls = [channel.start("DoGet", frame, timeout=60) for _ in range(8)]
        worker.wait_for_metric("sqe_worker_open_calls", lambda n: n >= 8)
        for call in calls:
            call.cancel()
        worker.wait_for_metric("sqe_worker_open_calls", lambda n: n == 0, seconds=5)
        worker.wait_for_metric("sqe_worker_pool_lent_bytes", lambda n: n <= baseline, seconds=5)
        assert channel.get(tickets.encoded(tickets.scan_task(stalling, ["b/whole.parquet"]))).code == grpc.StatusCode.OK
        assert worker.descriptors() <= descriptors + 16

    def test_a_lost_connection_gives_the_memory_back(self, stalling, worker, channel):
        assert channel.get(tickets.encoded(tickets.scan_task(stalling, ["b/whole.parquet"]))).code == grpc.StatusCode.OK
        worker.wait_for_metric("sqe_worker_open_calls", lambda n: n == 0)
        baseline = worker.metrics()["sqe_worker_pool_lent_bytes"]
        frame = wire.ticket_message(tickets.encoded(tickets.scan_task(stalling, ["b/late.parquet"])))
        lost = wire.Channel(worker.address)
        calls = [lost.start("DoGet", frame, timeout=60) for _ in range(4)]
        worker.wait_for_metric("sqe_worker_open_calls", lambda n: n >= 4)
        lost.close()
        del calls
        worker.wait_for_metric("sqe_worker_open_calls", lambda n: n == 0, seconds=5)
        worker.wait_for_metric("sqe_worker_pool_lent_bytes", lambda n: n <= baseline, seconds=5)


class TestTrailersOnly:
    """An error before the first message is one HEADERS frame that ends the stream."""

    def test_errors_known_from_the_start(self, worker, one):
        from support.nghttp import request
        one.put("b", "broken.parquet", b"PAR1 not much of a file PAR1")
        for task, status in ((b"{", "3"), (tickets.scan_task(one, ["b/nobody"]), "5"), (tickets.scan_task(one, ["b/broken.parquet"]), "15")):
            answer = request(worker.port, "DoGet", wire.ticket_message(tickets.encoded(task)))
            assert answer.field("grpc-status") == status, answer.text
            assert answer.field(":status") == "200"
            assert (answer.headers_frames, answer.data_frames) == (1, 0), answer.text

    def test_a_good_scan_ends_with_trailers(self, worker, one):
        from support.nghttp import request
        answer = request(worker.port, "DoGet", wire.ticket_message(tickets.encoded(tickets.scan_task(one, ["b/k.parquet"]))))
        assert answer.field("grpc-status") == "0" and answer.headers_frames == 2 and answer.data_frames >= 1, answer.text
        assert answer.field("content-type").startswith("application/grpc")

    def test_a_second_file_that_fails_ends_mid_stream(self, one, channel):
        answer = channel.get(tickets.encoded(tickets.scan_task(one, ["b/k.parquet", "b/nobody.parquet"])))
        assert answer.code.name in ("NOT_FOUND", "INTERNAL"), answer


def test_codec_lzo_of_the_shared_corpus(one, channel):
    import os
    path = os.path.join(paths.SHARED, "testdata", "crafted", "codec_lzo.parquet")
    if not os.path.exists(path):
        pytest.skip("no shared corpus beside the repository")
    with open(path, "rb") as f:
        one.put("b", "lzo.parquet", f.read())
    assert channel.get(tickets.encoded(tickets.scan_task(one, ["b/lzo.parquet"]))).code.name == "UNIMPLEMENTED"
