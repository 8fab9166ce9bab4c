"""What does TLS to the store cost? CPU of our worker for the same scan over http and https, and what OpenSSL itself needs to
open as many bytes. The goal: TLS takes at most GOAL times the sum of both.
"""
import os
import re
import statistics
import subprocess

import measure
import objects
import places
import programs
import queries
import running
from servers.nginx import Nginx
from support.certificates import Authority

GOAL = 1.25
_RECORD_BYTES = 16384  # what a record of TLS holds at most


def _opening_seconds(byte_count):
    """OpenSSL's own AES-256-GCM, the cipher that both sides agree on, on the core where the worker is."""
    command = ["openssl", "speed", "-elapsed", "-decrypt", "-seconds", "1", "-bytes", str(_RECORD_BYTES), "-evp", "aes-256-gcm"]
    with running.running_on({running.MEASURED}):
        text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    per_second = float(re.search(r"(?mi)^aes-256-gcm\s+([0-9.]+)k", text)[1]) * 1000
    return byte_count / per_second


def records(rows, rounds):
    """`secure` (whether over TLS), `round`, `cpu`, `aead` (seconds to open the bytes of the file)."""
    query = queries.QUERIES["full"]
    objects.make(["full"], rows)
    authority = Authority(places.SCRATCH)
    file_bytes = sum(os.path.getsize(path) for path in objects.paths_of(query, rows))
    found, started = [], []
    try:
        with running.running_on({running.OTHERS}):
            for secure in (False, True):
                started.append(Nginx(places.DATA, places.SCRATCH, certificate=authority.issue("origin") if secure else None))
        for number in range(-1, rounds):  # the first warms up
            for secure, origin in enumerate(started):
                ticket = objects.ticket(query, rows, origin)
                with running.running_on({running.MEASURED}):
                    server = running.worker(env={"SQE_STORAGE__CA_FILE": authority.path})
                try:
                    programs.drain(server.port, ticket, 1, {running.OTHERS})
                    before = running.cpu_seconds(server.pid)
                    answer = programs.drain(server.port, ticket, 1, {running.OTHERS})
                    cpu = running.cpu_seconds(server.pid) - before
                finally:
                    server.stop()
                if number >= 0:
                    record = {"secure": bool(secure), "round": number, "cpu": cpu, "aead": _opening_seconds(file_bytes), **answer}
                    measure.say(record)
                    found.append(record)
    finally:
        for origin in started:
            origin.stop()
    return found


def text(found):
    def median(secure, key):
        return statistics.median(record[key] for record in found if record["secure"] == secure)

    clear, sealed, aead = median(False, "cpu"), median(True, "cpu"), median(True, "aead")
    ratio = sealed / (clear + aead)
    return "\n".join([
        "## TLS to the store", "", "CPU seconds of a full scan by our worker, medians of %d rounds; *opening* is OpenSSL's own"
        " AES-256-GCM over the bytes of the file." % (1 + max(record["round"] for record in found)), "",
        "| http | https | opening | https / (http + opening) | at most | |", "| --- |" + " --- |" * 5,
        "| %.3f | %.3f | %.3f | %.2f | %.2f | %s |" % (
            clear, sealed, aead, ratio, GOAL, "met" if ratio <= GOAL else "**missed**")]) + "\n"
