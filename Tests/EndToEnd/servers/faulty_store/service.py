"""One store's contents, beliefs and whims: a request in, the steps that answer it out. No socket is seen here."""
import email.utils
import threading
import time

from servers.faulty_store import objects, signature
from servers.faulty_store.faults import Case, Fault
from servers.faulty_store.journal import Journal
from servers.faulty_store.message import BadRequest, Request, error_answer
from servers.faulty_store.rules import Rules
from servers.faulty_store.steps import End

_HONEST = Fault()
_NOTHING = objects.StoredObject(b"", "", 0)
_MOST_SKEW = 900


class Service:
    def __init__(self, credential, region, domain, scheme):
        self._credentials, self._region, self._domain, self._scheme = [credential], region, domain, scheme
        self._objects, self._rules, self.journal = objects.Objects(), Rules(), Journal()
        self._bucket_regions, self._clock_offset = {}, 0
        self._lock = threading.Lock()

    # ---- what tests call ------------------------------------------------------

    def put(self, bucket, key, body):
        with self._lock:
            self._objects.put(bucket, key, body)

    def delete(self, bucket, key):
        with self._lock:
            self._objects.delete(bucket, key)

    def add_rule(self, faults, match, **how):
        with self._lock:
            self._rules.add(faults, match, **how)

    def clear_rules(self):
        with self._lock:
            self._rules.clear()

    def set_clock(self, offset):
        """The store's clock runs ahead by so many seconds."""
        self._clock_offset = offset

    def set_bucket_region(self, bucket, region):
        """The bucket is in another region: whoever signs for this one, or asks its host, is told so with a 301."""
        self._bucket_regions[bucket] = region

    def add_credential(self, key, secret, token=""):
        with self._lock:
            self._credentials.append(signature.Credential(key, secret, token))

    def withdraw_credentials(self, verdict):
        """All keys known so far get this verdict from now on, such as ExpiredToken."""
        with self._lock:
            for credential in self._credentials:
                credential.verdict = verdict

    # ---- answering --------------------------------------------------------------

    def answer(self, request, connection, before):
        """The journal's entry for a request, the length of the answer's head, the steps to take."""
        bad = request if isinstance(request, BadRequest) else None
        request = Request("", "/") if bad else request
        place = objects.place_of(request, self._domain)
        bucket, key = place.bucket, place.key
        with self._lock:
            entry = self.journal.begin(connection, before, request, bucket, key)
            stored = self._objects.get(bucket, key)
            missing = None if stored else self._objects.missing(bucket)
            turned_away = self._malformed(bad, entry) if bad else self._admit(request, place, entry)
            case, fault = self._case(request, bucket, key, stored), None
            if turned_away is None:
                fault, case = self._rules.choose(case, before > 0)
        said = turned_away or missing or objects.answer(request, stored)
        said.add("x-amz-bucket-region", self._home(bucket))
        entry.fault = fault and fault.name
        return entry, *_steps(fault or _HONEST, case, said, entry)

    def _home(self, bucket):
        return self._bucket_regions.get(bucket, self._region)

    def _case(self, request, bucket, key, stored):
        stored = stored or _NOTHING
        first, last = objects.range_of(request.get("range"), len(stored.body)) or (0, len(stored.body) - 1)
        now = time.time() + self._clock_offset
        return Case(request, bucket, key, stored, first, last, now, "%s://%s" % (self._scheme, request.get("host")))

    def _malformed(self, why, entry):
        entry.refused = "BadRequest: %s" % why
        said = error_answer(400, "BadRequest")
        said.closes = True
        return said

    def _admit(self, request, place, entry):
        """None for a request that may be served, else the answer that turns it away."""
        if request.method not in ("GET", "HEAD"):
            entry.refused = "MethodNotAllowed: %s" % request.method
            return error_answer(405, "MethodNotAllowed")
        try:
            signed = signature.check(request, self._credentials)
        except signature.Refused as why:
            entry.refused = "%s: %s" % (why.code, why.detail)
            return error_answer(why.status, why.code)
        entry.credential, entry.region = self._credentials.index(signed.credential), signed.region
        return self._turned_away(signed, place, entry)

    def _turned_away(self, signed, place, entry):
        """What a rightly signed request may meet; only the last of it speaks against who signed."""
        if abs(signed.seconds - time.time() - self._clock_offset) > _MOST_SKEW:
            return error_answer(403, "RequestTimeTooSkewed", details=[("MaxAllowedSkewMilliseconds", _MOST_SKEW * 1000)])
        if signed.credential.verdict:
            return error_answer(400, signed.credential.verdict)
        home, there = self._home(place.bucket), place.region or signed.region
        if signed.region == there == home:
            return None
        if signed.region == there and (place.region or place.bucket in self._bucket_regions):
            return error_answer(301, "PermanentRedirect", details=[("Bucket", place.bucket)])
        entry.refused = "AuthorizationHeaderMalformed: signed for %s" % signed.region
        return error_answer(400, "AuthorizationHeaderMalformed", details=[("Region", place.region or home)])


def _steps(fault, case, said, entry):
    if not case.has_body:
        said.body = b""
    said = fault.alter(said, case)
    said.add("Date", email.utils.formatdate(case.now, usegmt=True)).add("x-amz-request-id", "%016X" % entry.number)
    entry.status = said.status
    head = fault.rewrite(said.head(), case)
    steps = fault.deliver(head, said.body if case.has_body else b"", case)
    return len(head), [*steps, End()] if said.closes or case.request.closes else steps
