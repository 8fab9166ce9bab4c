"""Flight over bare gRPC: the messages are put together and taken apart by hand, so that nothing is hidden by a client."""
import socket
import struct

import grpc

SERVICE = "/arrow.flight.protocol.FlightService/"
DATA_HEADER, DATA_BODY = 2, 1000


def varint(n):
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    out.append(n)
    return bytes(out)


def field(number, payload):
    """A length-delimited field."""
    return varint(number << 3 | 2) + varint(len(payload)) + payload


def fields(message):
    """{number: [payload, ...]} of a message with length-delimited and varint fields."""
    found, at = {}, 0

    def number():
        nonlocal at
        value = shift = 0
        while True:
            octet = message[at]
            at += 1
            value |= (octet & 127) << shift
            shift += 7
            if octet < 128:
                return value

    while at < len(message):
        key = number()
        if key & 7 == 0:
            value = number()
        else:
            assert key & 7 == 2, "wire type %d" % (key & 7)
            length = number()
            assert at + length <= len(message), "field past the end"
            value = message[at:at + length]
            at += length
        found.setdefault(key >> 3, []).append(value)
    return found


def ticket_message(octets):
    return field(1, octets)


def action_message(kind, body=b""):
    return field(1, kind.encode()) + (field(2, body) if body else b"")


def unread_get(address, ticket):
    """A socket over which DoGet was called, with windows as large as HTTP/2 has and nobody who reads: what is sent stays in it."""
    def frame(kind, flags, stream, payload):
        return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload

    def literal(name, value):
        return b"\0" + bytes([len(name)]) + name + bytes([len(value)]) + value

    headers = b"".join(literal(*header) for header in [
        (b":method", b"POST"), (b":scheme", b"http"), (b":path", (SERVICE + "DoGet").encode()), (b":authority", b"worker"),
        (b"content-type", b"application/grpc"), (b"te", b"trailers")])
    message = ticket_message(ticket)
    host, port = address.split(":")
    unread = socket.create_connection((host, int(port)), 10)
    unread.sendall(b"".join([
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        frame(4, 0, 0, struct.pack(">HI", 4, 2**31 - 1)),      # SETTINGS, initial window
        frame(8, 0, 0, struct.pack(">I", 2**31 - 1 - 65_535)),  # WINDOW_UPDATE, connection
        frame(1, 4, 1, headers),                                # HEADERS, end of headers
        frame(0, 1, 1, b"\0" + struct.pack(">I", len(message)) + message),  # DATA, end of stream
    ]))
    return unread


class Answer:
    """All of one call: messages, status code, status text, headers and trailers."""

    def __init__(self, messages, code, details, trailers):
        self.messages, self.code, self.details, self.trailers = messages, code, details or "", trailers

    def __repr__(self):
        return "%s (%d messages) %r" % (self.code, len(self.messages), self.details[:200])


class Channel:
    """One HTTP/2 connection to the worker."""

    def __init__(self, address, max_message=4 << 20):
        # The coordinator keeps the default limit of 4 MiB; so do we. A local pool keeps connections apart.
        self.channel = grpc.insecure_channel(address, options=[
            ("grpc.use_local_subchannel_pool", 1), ("grpc.max_receive_message_length", max_message),
            ("grpc.max_send_message_length", 128 << 20), ("grpc.enable_retries", 0)])

    def start(self, method, request=b"", timeout=30, metadata=()):
        """A started call; iterate it for messages."""
        call = self.channel.unary_stream(SERVICE + method, request_serializer=None, response_deserializer=None)
        return call(request, timeout=timeout, metadata=tuple(metadata))

    def start_streaming(self, method, requests=(), timeout=30):
        call = self.channel.stream_stream(SERVICE + method, request_serializer=None, response_deserializer=None)
        return call(iter(requests), timeout=timeout)

    def finish(self, call):
        messages = []
        try:
            for message in call:
                messages.append(message)
        except grpc.RpcError:
            pass
        return Answer(messages, call.code(), call.details(), call.trailing_metadata() or ())

    def get(self, ticket, timeout=30, metadata=()):
        """DoGet to its end."""
        return self.finish(self.start("DoGet", ticket_message(ticket), timeout, metadata))

    def action(self, kind, body=b"", timeout=30, metadata=()):
        return self.finish(self.start("DoAction", action_message(kind, body), timeout, metadata))

    def close(self):
        self.channel.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
