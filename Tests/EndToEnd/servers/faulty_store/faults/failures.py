"""Answers that are errors or redirects. Each function names one that S3 or something before it gives."""
import email.utils
from dataclasses import dataclass

from servers.faulty_store.faults.fault import Fault
from servers.faulty_store.message import Answer, error_answer


@dataclass(frozen=True)
class Failure(Fault):
    """An error answer: with `code` an S3 document, without an empty body.

    `retry_after` is sent as it is; `retry_date` as the date that many seconds from now. `padding` makes the document longer.
    """
    status: int = 500
    code: str = ""
    retry_after: str = None
    retry_date: float = None
    padding: int = 0

    @property
    def name(self):
        return self.code or str(self.status)

    def alter(self, answer, case):
        said = error_answer(self.status, self.code, padding=self.padding)
        if self.retry_after is not None:
            said.add("Retry-After", self.retry_after)
        if self.retry_date is not None:
            said.add("Retry-After", email.utils.formatdate(case.now + self.retry_date, usegmt=True))
        return said


def internal_error(**more):
    return Failure(500, "InternalError", **more)


def bad_gateway(**more):
    return Failure(502, **more)


def slow_down(**more):
    return Failure(503, "SlowDown", **more)


def service_unavailable(**more):
    return Failure(503, "ServiceUnavailable", **more)


def gateway_timeout(**more):
    return Failure(504, **more)


def too_many_requests(**more):
    return Failure(429, "TooManyRequests", **more)


def request_timeout():
    return Failure(400, "RequestTimeout")


def bad_request():
    return Failure(400, "InvalidArgument")


def expired_token():
    return Failure(400, "ExpiredToken")


def invalid_token():
    return Failure(400, "InvalidToken")


def access_denied():
    return Failure(403, "AccessDenied")


def time_too_skewed():
    return Failure(403, "RequestTimeTooSkewed")


def no_such_key():
    return Failure(404, "NoSuchKey")


def no_such_bucket():
    return Failure(404, "NoSuchBucket")


def precondition_failed():
    return Failure(412, "PreconditionFailed")


@dataclass(frozen=True)
class RangeRefused(Fault):
    """416, with the total the object has, or says it has."""
    total: int = None

    def alter(self, answer, case):
        total = len(case.stored.body) if self.total is None else self.total
        said = error_answer(416, "InvalidRange", details=[("ActualObjectSize", total)])
        return said.add("Content-Range", "bytes */%d" % total)


@dataclass(frozen=True)
class MovedRegion(Fault):
    """301 to another region; None leaves out which."""
    region: str = "eu-west-1"
    status: int = 301

    def alter(self, answer, case):
        said = error_answer(self.status, "PermanentRedirect", details=[("Bucket", case.bucket)])
        return said if self.region is None else said.add("x-amz-bucket-region", self.region)


@dataclass(frozen=True)
class Redirect(Fault):
    """307 to the same target below another base; without one to the very same place. A whole `location` wins."""
    base: str = None
    location: str = None
    status: int = 307

    def alter(self, answer, case):
        location = (self.base or case.base) + case.request.target if self.location is None else self.location
        return error_answer(self.status, "TemporaryRedirect").add("Location", location)


@dataclass(frozen=True)
class NotModified(Fault):
    """304 to a request that did not ask for it."""

    def alter(self, answer, case):
        return Answer(304, [f for f in answer.fields if f[0] in ("ETag", "Last-Modified")])
