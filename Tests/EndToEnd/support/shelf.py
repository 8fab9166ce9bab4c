"""A folder of files on loopback, and a worker that reads them."""
import os
import re

from support import tickets, wire
from support.tables import table_of

BUCKET = "files"


class Died(AssertionError):
    """The worker did not live through a file."""


class Shelf:
    """Files below `root`, which `origin` serves, and a worker of `start()`; another one when a file ends it.

    The origin may go on serving what it once read: a name stands for one content."""

    def __init__(self, root, origin, start):
        self.root, self.origin, self._start = root, origin, start
        self._open()

    def _open(self):
        self.worker = self._start()
        self.channel = wire.Channel(self.worker.address, max_message=64 << 20)

    def close(self):
        self.channel.close()
        self.worker.stop()

    def path(self, name):
        """Where to put the file `name`."""
        path = os.path.join(self.root, BUCKET, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return path

    def put(self, name, octets):
        with open(self.path(name), "wb") as f:
            f.write(octets)

    def ticket(self, name, columns=()):
        return tickets.encoded(tickets.scan_task(self.origin, ["%s/%s" % (BUCKET, name)], columns))

    def get(self, name, columns=(), timeout=30):
        """The worker's answer to a scan of one file, whatever it is."""
        answer = self.channel.get(self.ticket(name, columns), timeout)
        if answer.code.name == "UNAVAILABLE" or not self.worker.alive():
            log = self.worker.process.log()
            self.close()
            self._open()
            raise Died("%s ended the worker:\n%s" % (name, log[log.find("crashed"):][:2000]))
        return answer

    def table(self, name, columns=()):
        answer = self.get(name, columns)
        assert answer.code.name == "OK", "%s: %s" % (name, answer)
        return table_of(answer.messages)

    def peak_resident_bytes(self):
        with open("/proc/%d/status" % self.worker.pid) as f:
            return int(re.search(r"VmHWM:\s+(\d+)", f.read())[1]) * 1024
