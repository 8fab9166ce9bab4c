"""The listening socket, and the ways it turns callers away for a while."""
import contextlib
import socket
import threading
import time

MODES = ("open", "refuse", "ignore", "full", "reset")


class Door:
    """Listens on loopback and hands each accepted socket to `serve`.

    - "refuse": nobody listens, a connect is refused at once.
    - "ignore": a connect succeeds, and then nothing happens, not even a handshake.
    - "full": the kernel's queue is full, so that a connect gets no answer.
    - "reset": what is accepted is reset at once.
    """

    _BACKLOG = 512

    def __init__(self, serve, reset, host="127.0.0.1"):
        self._serve, self._reset, self._host = serve, reset, host
        self._changed = threading.Condition()
        self._mode, self._until, self._fillers, self._own_ports = "open", None, [], set()
        self._listener = self._bound(0)
        self._listener.listen(self._BACKLOG)
        threading.Thread(target=self._run, daemon=True).start()

    @property
    def port(self):
        return self._listener.getsockname()[1]

    def _bound(self, port):
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((self._host, port))
        return listener

    def _rebind(self, port):
        """A socket that is bound and does not listen keeps the port and refuses callers."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # Wakes accept; one that does not listen has none.
        self._listener.close()
        self._listener = self._bound(port)

    def move(self):
        """Another port, wide open."""
        with self._changed:
            self._rebind(0)
            self._set("open", None)

    def set(self, mode, seconds):
        """Another mode, for so many seconds or until told otherwise."""
        if mode not in MODES:
            raise ValueError("a door is one of %s" % ", ".join(MODES))
        with self._changed:
            if mode in ("refuse", "full"):
                self._rebind(self.port)
            self._set(mode, seconds)

    def _set(self, mode, seconds):
        for filler in self._fillers:
            filler.close()
        self._fillers = []
        self._mode = mode
        self._until = None if seconds is None else time.monotonic() + seconds
        if mode == "full":
            self._fill()
        elif mode != "refuse":
            self._listener.listen(self._BACKLOG)
        self._changed.notify_all()

    def _fill(self):
        self._listener.listen(0)
        # One for the queue, one that the accepting thread may have taken, one that finds it full.
        for _ in range(3):
            filler = socket.socket(self._listener.family, socket.SOCK_STREAM)
            filler.setblocking(False)
            filler.connect_ex(self._listener.getsockname())
            self._fillers.append(filler)
            self._own_ports.add(filler.getsockname()[1])
            time.sleep(0.01)

    def _wait_for(self, modes):
        """Until the mode is one of these; a mode's time may run out here."""
        while self._mode not in modes:
            left = None if self._until is None else self._until - time.monotonic()
            if left is not None and left <= 0:
                self._set("open", None)
            else:
                self._changed.wait(left)

    def _run(self):
        while True:
            with self._changed:
                self._wait_for(("open", "reset"))
                listener = self._listener
            try:
                accepted, caller = listener.accept()
            except OSError:
                continue  # Bound anew.
            with self._changed:
                self._wait_for(("open", "reset"))
                if self._until is not None and time.monotonic() >= self._until:
                    self._set("open", None)
                turn_away = self._mode == "reset"
                outdated = listener is not self._listener or caller[1] in self._own_ports
                self._own_ports.discard(caller[1])
            if outdated:
                accepted.close()
            else:
                (self._reset if turn_away else self._serve)(accepted)
