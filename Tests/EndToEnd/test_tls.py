"""Stores that speak TLS: who is believed, what a broken connection means, and that nobody is asked before they are known."""
import os
import ssl

import pytest
from servers.faulty_store import faults
from servers.nginx import Nginx
from support import certificates, tickets, wire
from support.faulty_store import FaultyStore
from support.rig import Rig, assert_at_rest, ids
from support.tables import assert_same
from support.worker import Worker, io_uring_denied

TLS13, TLS12 = {"tls_min": "1.3"}, {"tls_max": "1.2"}


@pytest.fixture(scope="module")
def authority(scratch):
    return certificates.Authority(scratch)


@pytest.fixture(scope="module")
def good(authority):
    return authority.issue("good")


@pytest.fixture(scope="module", params=["io_uring", "epoll"])
def trusting(request, server_program, scratch, authority):
    """A worker that trusts our authority."""
    if request.param == "io_uring" and io_uring_denied():
        pytest.skip("no io_uring on this machine")
    env = {"SQE_STORAGE__CA_FILE": authority.path}
    running = Worker(server_program, scratch, reactor=request.param, env=env)
    yield running
    running.stop()


@pytest.fixture(scope="module", params=[TLS13, TLS12], ids=["tls1.3", "tls1.2"])
def _secure(request, scratch, good):
    running = FaultyStore(scratch, certificate=good, **request.param)
    yield running
    running.stop()


@pytest.fixture
def secure(trusting, _secure):
    """A worker and a store with a certificate it trusts."""
    _secure.reset()
    yield Rig(trusting, _secure)
    _secure.check()
    assert_at_rest(trusting)


@pytest.fixture(scope="module")
def _impostors(scratch, authority):
    """Stores that must not be believed, started when they are first needed."""
    running = {}

    def start(name, certificate, **how):
        if name not in running:
            running[name] = FaultyStore(scratch, certificate=certificate() if certificate else None, **how)
        running[name].reset()
        return running[name]
    yield start
    for store in running.values():
        store.stop()


def test_right_rows(secure, note):
    before = secure.worker.metric("sqe_worker_system_calls_total")
    outcome = secure.right_rows()
    assert sorted(outcome.ranges) == sorted(secure.plan) and outcome.retries == {}
    counts = secure.store.counts()
    assert len(counts["tls_versions"]) == 1 and counts["handshakes_failed"] == 0
    # Sealed bytes are received many at a time.
    calls = secure.worker.metric("sqe_worker_system_calls_total") - before
    assert calls < 1000, "%d system calls for %d octets" % (calls, len(secure.octets))
    note("TLS: %d system calls for %.1f MiB fetched and sent" % (calls, len(secure.octets) / 2**20))


@pytest.mark.parametrize("host", ["localhost", "LocalHost"])
def test_by_name(secure, host):
    secure.right_rows(s3_endpoint=secure.store.endpoint.replace("127.0.0.1", host))


@pytest.mark.parametrize("reactor", ["io_uring", "epoll"])
def test_later_connections_resume(start_worker, _secure, authority, reactor):
    """Each core remembers for itself; here there is one."""
    _secure.reset()
    rig = Rig(start_worker(reactor=reactor, cores=1, env={"SQE_STORAGE__CA_FILE": authority.path}), _secure)
    rig.right_rows()
    for _ in range(3):
        before = _secure.counts()
        _secure.drop_connections()
        assert rig.right_rows().retries == {}
        after = _secure.counts()
        assert after["accepted"] > before["accepted"]
        assert after["resumed"] - before["resumed"] == after["accepted"] - before["accepted"]
    assert_at_rest(rig.worker)


@pytest.mark.parametrize("fault", [
    faults.Close("body", 30_000), faults.Close("body", 30_000, alert=False), faults.Reset("body", 30_000), faults.Close("body", -1, alert=False),
    faults.Close("body", 0, alert=False)], ids=ids)
def test_a_body_that_breaks_off(secure, fault):
    """Whether the end was announced or is a truncation: what is missing is asked for, from the very octet."""
    secure.store.script(fault, **secure.of_part())
    outcome = secure.right_rows()
    assert outcome.retries == {"connection": 1} and len(outcome.requests) == len(secure.plan) + 1
    first, end = secure.groups[0]
    start = first + (fault.at if fault.at >= 0 else end - first - 1)
    assert "bytes=%d-%d" % (start, end - 1) in [r.range for r in outcome.requests if not r.fault]


@pytest.mark.parametrize("fault", [faults.CloseUnannounced(), faults.CloseUnannounced(alert=False)], ids=ids)
def test_an_end_between_two_requests(secure, fault):
    secure.store.script(fault, times=None)
    for _ in range(2):
        outcome = secure.right_rows()
        assert outcome.retries == {} and all(r.before == 0 for r in outcome.requests)


@pytest.mark.parametrize("alert", [True, False])
def test_an_end_that_means_the_end_of_the_body(secure, alert):
    """Without a length only the announced end tells that all has come; here Content-Range does, too."""
    secure.store.script(faults.Together((faults.CloseDelimited(), faults.Close("body", 50_000, alert))), **secure.of_tail())
    secure.right_rows()


@pytest.mark.parametrize("how", [faults.Close("body", 1 << 30), faults.Close("body", 1 << 30, alert=False), faults.Stall("body", 1 << 30)], ids=ids)
def test_a_part_without_length_is_whole_when_its_last_octet_has_come(secure, how):
    secure.store.script(faults.Together((faults.CloseDelimited(), how)), **secure.of_tail())
    assert secure.right_rows().retries == {}


@pytest.mark.parametrize("faults_, reasons", [
    ([faults.slow_down(), faults.internal_error(), None, faults.Reset("head", 10), faults.Close("body", 5, alert=False)],
     {"answer": 2, "connection": 2}),
    ([faults.Chunked(5000), faults.ShorterRange(70), faults.Drip(size=1400), faults.ConnectionClose(), faults.LongBody()], {}),
])
def test_mixed_failures(secure, faults_, reasons):
    secure.store.script(*faults_)
    for _ in range(3):
        outcome = secure.right_rows()
        reasons = {r: n - outcome.retries.get(r, 0) for r, n in reasons.items()}
    assert not any(reasons.values()), reasons


def test_no_way_from_a_secure_store_to_a_plain_one(secure, start_store):
    plain = start_store()
    secure.store.script(faults.Redirect("http://127.0.0.1:%d" % plain.port), times=None)
    secure.refused("UNAVAILABLE", "the store redirects (307")
    assert plain.counts()["accepted"] == 0


def test_plain_http_may_be_refused_by_the_operator(start_worker, start_store, authority, good):
    """Whatever the ticket allows; nothing is sent. With TLS all is as ever."""
    worker = start_worker(env={"SQE_STORAGE__CA_FILE": authority.path, "SQE_STORAGE__REQUIRE_TLS": "true"})
    plain, secret = Rig(worker, start_store()), Rig(worker, start_store(certificate=good))
    refused = plain.refused("PERMISSION_DENIED", "127.0.0.1:%d is not allowed" % plain.store.port)
    assert refused.requests == [] and plain.store.counts()["accepted"] == 0
    secret.right_rows()


def test_nginx(trusting, scratch, good, data, scan):
    origin = Nginx(data.root, scratch, certificate=good)
    try:
        for variant in ("snappy", "types"):
            if files := data.files(variant):
                assert_same(data.table(variant), scan(trusting, origin, files))
    finally:
        origin.stop()


IMPOSTORS = {
    "wrong host": (dict(hosts=("other.test",), addresses=("127.0.0.2",)), "wrongHost"),
    "no host": (dict(hosts=(), addresses=()), "wrongHost"),
    "expired": (dict(days=-1), "expired"),
}


@pytest.mark.parametrize("name", IMPOSTORS)
def test_a_certificate_that_does_not_prove_it(trusting, authority, _impostors, name):
    of, says = IMPOSTORS[name]
    store = _impostors(name, lambda: authority.issue(name.replace(" ", "-"), **of))
    assert_not_asked(Rig(trusting, store), says)


def test_a_certificate_of_its_own(trusting, scratch, _impostors):
    store = _impostors("self-signed", lambda: certificates.self_signed(scratch, "self-signed"))
    assert_not_asked(Rig(trusting, store), "selfSigned")


def test_an_authority_that_nobody_knows(trusting, scratch, _impostors):
    store = _impostors("unknown", lambda: certificates.Authority(scratch, "stranger").issue("unknown"))
    assert_not_asked(Rig(trusting, store), "unknownAuthority")


def test_our_authority_is_known_by_configuration_only(worker, _impostors, good):
    assert_not_asked(Rig(worker, _impostors("good", lambda: good)), "unknownAuthority")


def test_a_version_of_the_past(trusting, _impostors, good):
    if not ssl.HAS_TLSv1_1:
        pytest.skip("the local OpenSSL cannot serve TLS 1.1")
    assert_not_asked(Rig(trusting, _impostors("1.1", lambda: good, tls_min="1.1", tls_max="1.1")), "protocolVersion")


def assert_not_asked(rig, says):
    """One handshake, no request, no second try; the status names the check."""
    outcome = rig.refused("UNAVAILABLE", "TLS: ")
    assert says in outcome.answer.details, outcome.answer
    counts = rig.store.counts()
    assert (counts["accepted"], counts["handshakes_failed"], counts["requests"]) == (1, 1, 0)
    assert outcome.retries == {}
    assert_at_rest(rig.worker)


def test_plain_http_where_tls_is_spoken(trusting, _impostors, good):
    rig = Rig(trusting, _impostors("good", lambda: good))
    rig.refused("UNAVAILABLE", s3_endpoint=rig.store.endpoint.replace("https", "http"))
    assert rig.store.requests == []


def test_tls_where_plain_http_is_spoken(trusting, nginx, data):
    with wire.Channel(trusting.address) as channel:
        ticket = tickets.scan_task(nginx, data.files("small"), s3_endpoint=nginx.endpoint.replace("http", "https"))
        answer = channel.get(tickets.encoded(ticket))
    assert answer.code.name == "UNAVAILABLE" and "TLS: malformed" in answer.details, answer
    assert_at_rest(trusting)


@pytest.mark.parametrize("octets", [b"", b"no certificate", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_authorities_that_are_none_end_the_start(server_program, scratch, octets):
    path = os.path.join(scratch, "authorities.pem")
    with open(path, "wb") as f:
        f.write(octets)
    for where in (path, path + ".missing"):
        with pytest.raises(RuntimeError, match="storage.ca_file"):
            Worker(server_program, scratch, env={"SQE_STORAGE__CA_FILE": where})
