"""One accepted connection, on a thread of its own: every octet and every end of it is this module's doing."""
import array
import contextlib
import fcntl
import socket
import struct
import termios
import time

from servers.faulty_store.message import BadRequest, RequestReader
from servers.faulty_store.steps import Abort, End, Hold, Send

#: Seconds after which anything ends that should have ended by itself.
_PATIENCE = 120
_HANDSHAKE_PATIENCE = 10


class _PeerLeft(Exception):
    pass


def abort(sock):
    """RST in place of FIN."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


class Connection:
    def __init__(self, sock, number, answerer, journal, tls=None):
        """`answerer(request, number, before)` gives a journal entry, the length of the head and the steps to take."""
        self._sock, self.number, self._answerer, self._journal, self._tls = sock, number, answerer, journal, tls
        self._reader, self._served = RequestReader(), 0

    def run(self):
        try:
            self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls is None or self._shake_hands():
                self._sock.settimeout(_PATIENCE)
                while self._serve_next():
                    self._served += 1
        except OSError:
            pass  # The peer may leave whenever it likes; the journal has said so.
        finally:
            self._sock.close()

    def drop(self):
        """Called by another thread: takes the connection away from under whatever it does."""
        with contextlib.suppress(OSError):
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            # An SSLSocket's own shutdown would also take its state away while the other thread uses it.
            socket.socket.shutdown(self._sock, socket.SHUT_RDWR)

    def _shake_hands(self):
        self._sock.settimeout(_HANDSHAKE_PATIENCE)
        try:
            # In two steps, so that `drop` finds the new socket while hands are shaken.
            self._sock = self._tls.wrap_socket(self._sock, server_side=True, do_handshake_on_connect=False)
            self._sock.do_handshake()
        except OSError:
            self._journal.shook_hands(None)
            return False
        self._journal.shook_hands(self._sock.version(), self._sock.session_reused)
        return True

    def _serve_next(self):
        """Answers one request; whether there may be another."""
        try:
            while (request := self._reader.next()) is None:
                octets = self._sock.recv(1 << 16)
                if not octets:
                    return False
                self._reader.feed(octets)
        except BadRequest as why:
            request = why
        entry, head_length, steps = self._answerer(request, self.number, self._served)
        try:
            entry.outcome = self._take(steps, entry, head_length)
        except (OSError, _PeerLeft):
            entry.outcome = "left"
        return entry.outcome == "kept"

    def _take(self, steps, entry, head_length):
        for step in steps:
            match step:
                case Send():
                    self._send(step, entry, head_length)
                case Hold(None):
                    entry.outcome = "stalled"
                    self._watch(_PATIENCE)
                    return "closed"
                case Hold(seconds):
                    self._watch(seconds)
                case Abort():
                    self._wait_until_delivered()
                    abort(self._sock)
                    return "reset"
                case End():
                    self._end(step.alert)
                    return "closed"
        return "kept"

    def _send(self, step, entry, head_length):
        octets = memoryview(step.octets)
        size = step.size or max(1, len(octets))
        for start in range(0, len(octets), size):
            piece = octets[start:start + size]
            while piece:
                count = self._sock.send(piece[:1 << 18])
                piece = piece[count:]
                entry.sent += count
                entry.body_sent = max(0, entry.sent - head_length)
            if step.pause:
                self._watch(step.pause)

    def _watch(self, seconds):
        """Waits; raises when the peer leaves meanwhile."""
        end = time.monotonic() + seconds
        try:
            while (left := end - time.monotonic()) > 0:
                self._sock.settimeout(left)
                octets = self._sock.recv(1 << 16)
                if not octets:
                    raise _PeerLeft
                self._reader.feed(octets)
        except TimeoutError:
            pass
        finally:
            self._sock.settimeout(_PATIENCE)

    def _wait_until_delivered(self, seconds=2):
        """A reset overtakes what the peer's kernel has not taken yet; a test asked for the octets to arrive first."""
        left, end = array.array("i", [1]), time.monotonic() + seconds
        while left[0] and time.monotonic() < end:
            fcntl.ioctl(self._sock, termios.TIOCOUTQ, left)
            time.sleep(0.0005)

    def _end(self, alert):
        if self._tls and alert:
            self._sock.settimeout(0)
            with contextlib.suppress(OSError, ValueError):
                self._sock.unwrap()  # Sends the alert, and does not wait for the peer's.
        socket.socket.shutdown(self._sock, socket.SHUT_WR)
        self._sock.close()
