"""The store on the network: a door, the connections that came through it, and the service they talk to."""
import threading
import traceback

from servers.faulty_store.connection import Connection, abort
from servers.faulty_store.door import Door

#: Well below the descriptors a process may have, and far more than any client should open.
_MOST_CONNECTIONS = 512


class Store:
    def __init__(self, make_service, host="127.0.0.1", tls=None):
        """`make_service` makes a new one for the beginning and for each reset."""
        self._make_service, self._tls = make_service, tls
        self.service = make_service()
        self._lock = threading.Lock()
        self._connections, self._defects = set(), []
        self._door = Door(self._serve, abort, host)

    @property
    def port(self):
        return self._door.port

    # ---- what tests call ------------------------------------------------------

    def set_door(self, mode, seconds=None):
        self._door.set(mode, seconds)

    def drop_connections(self):
        """Takes every connection away; how many there were."""
        with self._lock:
            dropped = list(self._connections)
        for connection in dropped:
            connection.drop()
        return len(dropped)

    def journal(self, since=0):
        return self.service.journal.since(since)

    def counts(self):
        return {**self.service.journal.counts(), "defects": self._defects}

    def reset(self):
        """As in the beginning, but on another port, so that no client knows anything about it."""
        self._door.move()
        self.drop_connections()
        with self._lock:
            self.service, self._defects = self._make_service(), []
        return self.port

    # ---- serving ----------------------------------------------------------------

    def _serve(self, sock):
        with self._lock:
            if len(self._connections) >= _MOST_CONNECTIONS:
                self._defects.append("more than %d connections" % _MOST_CONNECTIONS)
                return sock.close()
            service = self.service
            connection = Connection(sock, service.journal.opened(), service.answer, service.journal, self._tls)
            self._connections.add(connection)
        threading.Thread(target=self._run, args=(connection, service.journal), daemon=True).start()

    def _run(self, connection, journal):
        try:
            connection.run()
        except Exception:
            self._defects.append(traceback.format_exc())
        finally:
            journal.closed()
            with self._lock:
                self._connections.discard(connection)
