"""The faulty store as a test sees it: a process of its own, told over its admin port what to hold and how to err."""
import http.client
import json
import os
import sys
import time
import urllib.parse

from servers.faulty_store.journal import Entry
from support import tickets
from support.paths import END_TO_END
from support.processes import Process, free_port


class FaultyStore:
    """A running store; see `servers/faulty_store/faults` for what can go wrong there.

    Below `domain` a bucket may stand in front of the host; a star in it is the region that the host is for, and has to be signed for.
    `certificate` (a pair of paths, as `certificates.self_signed` gives) makes it speak TLS, in versions from `tls_min` to `tls_max`.
    """

    def __init__(self, scratch, key="AKIDORIGIN0000000001", secret="origin/secret+with=odd&octets%20", session_token="", host="127.0.0.1",
                 region="us-east-1", domain="s3.test", certificate=None, tls_min="1.2", tls_max="1.3"):
        self.key, self.secret, self.session_token, self.region = key, secret, session_token, region
        self._scheme, self._host = "https" if certificate else "http", "[::1]" if host == "::1" else host
        words = [sys.executable, "-m", "servers.faulty_store", "--host", host, "--key", key, "--secret", secret, "--token", session_token,
                 "--region", region, "--domain", domain]
        if certificate:
            words += ["--certificate", certificate[0], "--private-key", certificate[1], "--tls-min", tls_min, "--tls-max", tls_max]
        self.process = Process(words, os.path.join(scratch, "faulty-store-%d.log" % free_port()), cwd=END_TO_END)
        try:
            self._admin = self.process.wait_for_line(r"^ADMIN .*\d$").split()[1]
            ready = self.process.wait_for_line(r"^READY ")
        except BaseException:
            self.process.stop()
            raise
        self.port = int(ready.split()[1].rpartition(":")[2])

    @property
    def endpoint(self):
        return "%s://%s:%d" % (self._scheme, self._host, self.port)

    def ticket(self, *paths, columns=(), **fields):
        """An encoded ScanTask for objects ("bucket/key") here; `fields` as in `tickets.scan_task`."""
        return tickets.encoded(tickets.scan_task(self, paths, columns, **fields))

    # ---- contents -------------------------------------------------------------

    def put(self, bucket, key, body):
        """An object; put again it is a new version of it."""
        self._ask("PUT", "/put/%s/%s" % (bucket, urllib.parse.quote(key, safe="/", errors="surrogateescape")), body)

    def delete(self, bucket, key):
        self._call("delete", bucket=bucket, key=key)

    # ---- faults -----------------------------------------------------------------

    def script(self, *faults, times=1, seed=0, **match):
        """The next matching requests meet these, in order, `times` over (None: for ever); None is an honest answer.

        `match` narrows: bucket, key, method, first_from, first_below (where the part starts), reused (the connection).
        """
        self._rule(faults, match, times=times, seed=seed)

    def storm(self, seed, chance, *faults, times=None, **match):
        """Each matching request meets one of these by chance, the same request at most `times`; all follows from the seed."""
        self._rule(faults, match, times=times, seed=seed, chance=chance)

    def _rule(self, faults, match, **how):
        self._call("add_rule", faults=[f and f.json() for f in faults], match=match, **how)

    def clear_faults(self):
        self._call("clear_rules")

    def set_clock(self, offset):
        """The store's clock runs ahead by so many seconds; whoever signs with another time is refused."""
        self._call("set_clock", offset=offset)

    def set_bucket_region(self, bucket, region):
        self._call("set_bucket_region", bucket=bucket, region=region)

    def add_credential(self, key, secret, token=""):
        self._call("add_credential", key=key, secret=secret, token=token)

    def withdraw_credentials(self, verdict="ExpiredToken"):
        """All keys known so far get this verdict; those added later are good."""
        self._call("withdraw_credentials", verdict=verdict)

    def set_door(self, mode, seconds=None):
        """"open", "refuse", "ignore", "full" or "reset", for a while; open connections go on."""
        self._call("set_door", mode=mode, seconds=seconds)

    def drop_connections(self):
        """Takes away every open connection; how many there were."""
        return self._call("drop_connections")

    # ---- what it has seen ---------------------------------------------------------

    @property
    def requests(self):
        """Every request so far, in order of arrival."""
        return self.requests_since(0)

    def requests_since(self, number):
        return [Entry(**e) for e in self._call("journal", since=number)]

    @property
    def refusals(self):
        """The requests that were not rightly signed."""
        return [r for r in self.requests if r.refused]

    def counts(self):
        """Sums over all requests, and over connections."""
        return self._call("counts")

    def wait_for(self, accept, seconds=10):
        """The requests once `accept` likes them; fails with the last ones."""
        end = time.monotonic() + seconds
        while not accept(seen := self.requests):
            assert time.monotonic() < end, "still %s" % seen[-5:]
            time.sleep(0.02)
        return seen

    # ---- its life -------------------------------------------------------------------

    def reset(self):
        """As it was in the beginning, on another port."""
        self.port = self._call("reset")

    def check(self):
        """Nothing was wrongly signed, and nothing went wrong that nobody ordered."""
        assert not (refusals := self.refusals), "wrongly signed: %s" % refusals[:3]
        assert not (defects := self.counts()["defects"]), defects[0]

    def stop(self):
        self.process.stop()

    def _call(self, name, **arguments):
        return self._ask("POST", "/" + name, json.dumps(arguments).encode())

    def _ask(self, method, path, body):
        connection = http.client.HTTPConnection(self._admin, timeout=30)
        try:
            connection.request(method, path, body)
            answer = connection.getresponse()
            said = json.loads(answer.read())
        finally:
            connection.close()
        if answer.status != 200:
            raise ValueError(said)
        return said
