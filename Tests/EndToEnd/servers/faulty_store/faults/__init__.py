"""All that can go wrong, by name."""
from servers.faulty_store.faults.breaks import Close, CloseUnannounced, Drip, Reset, Stall
from servers.faulty_store.faults.chunked import FLAWS, Chunked
from servers.faulty_store.faults.failures import (
    Failure, MovedRegion, NotModified, RangeRefused, Redirect, access_denied, bad_gateway, bad_request, expired_token, gateway_timeout,
    internal_error, invalid_token, no_such_bucket, no_such_key, precondition_failed, request_timeout, service_unavailable, slow_down,
    time_too_skewed, too_many_requests)
from servers.faulty_store.faults.fault import Case, Fault, Together, fault_of
from servers.faulty_store.faults.framing import CloseDelimited, ConnectionClose, ContentEncoding, LongBody, ShortBody
from servers.faulty_store.faults.heads import (
    BareLineFeeds, ContentLength, ExtraLine, Garbage, Interim, LargeHead, ManyFields, StatusLine, TwoLengths, folded_field,
    length_and_transfer_encoding, nul_in_field, space_before_colon)
from servers.faulty_store.faults.ranges import (
    MissingContentRange, Multipart, OtherRange, RangeIgnored, ShorterRange, WrongContentRange)
from servers.faulty_store.faults.versions import MissingEntityTag, OtherEntityTag, OtherTime, OtherTotal

__all__ = [
    "Case", "Fault", "Together", "fault_of",
    "Failure", "MovedRegion", "NotModified", "RangeRefused", "Redirect", "access_denied", "bad_gateway", "bad_request", "expired_token",
    "gateway_timeout", "internal_error", "invalid_token", "no_such_bucket", "no_such_key", "precondition_failed", "request_timeout",
    "service_unavailable", "slow_down", "time_too_skewed", "too_many_requests",
    "Close", "CloseUnannounced", "Drip", "Reset", "Stall",
    "CloseDelimited", "ConnectionClose", "ContentEncoding", "LongBody", "ShortBody",
    "FLAWS", "Chunked",
    "MissingContentRange", "Multipart", "OtherRange", "RangeIgnored", "ShorterRange", "WrongContentRange",
    "MissingEntityTag", "OtherEntityTag", "OtherTime", "OtherTotal",
    "BareLineFeeds", "ContentLength", "ExtraLine", "Garbage", "Interim", "LargeHead", "ManyFields", "StatusLine", "TwoLengths",
    "folded_field", "length_and_transfer_encoding", "nul_in_field", "space_before_colon",
]
