"""The C programs of Light: compiled when they are first needed, and run."""
import json
import os
import shutil
import subprocess
import zlib

import objects
import pages
import places
import running

_LIMIT_SECONDS = 700  # they limit themselves to less
_NEEDS = {
    "light": (["-lsnappy", "-lzstd", "-llz4"], "libsnappy-dev libzstd-dev liblz4-dev"),
    "drain": (["-lnghttp2"], "libnghttp2-dev"),
}


def built(name):
    """The path of the program, compiled if it is not yet."""
    libraries, packages = _NEEDS[name]
    sources = [os.path.join(places.LIGHT, file) for file in (name + ".c", "loopback.h")]
    stamp = 0
    for source in sources:
        with open(source, "rb") as file:
            stamp = zlib.crc32(file.read(), stamp)
    program = os.path.join(places.FILES, "build", "%s-%08x" % (name, stamp))
    if os.path.exists(program):
        return program
    if not shutil.which("cc"):
        raise SystemExit("%s.c needs a C compiler in PATH as cc" % name)
    os.makedirs(os.path.dirname(program), exist_ok=True)
    command = ["cc", "-O2", "-std=gnu11", "-Wall", "-Wextra", "-o", program + ".part", sources[0], *libraries]
    outcome = subprocess.run(command, capture_output=True, text=True)
    if outcome.returncode:
        raise SystemExit("%s.c does not compile; it needs Debian's %s:\n%s" % (name, packages, outcome.stderr[-2000:]))
    os.replace(program + ".part", program)
    return program


def _run(words):
    outcome = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=_LIMIT_SECONDS)
    if outcome.returncode:
        raise RuntimeError("%s failed: %s" % (os.path.basename(words[0]), outcome.stderr.strip()[-1000:]))
    return json.loads(outcome.stdout)


def light(query, rows, arrow_bytes):
    """What the speed of light needs for this query."""
    listed = os.path.join(places.SCRATCH, "pages-%s-%d" % (objects.task_name(query), rows))
    pages.write_list(listed, objects.paths_of(query, rows), query.columns)
    with running.running_on(running.ALL_CORES):
        return _run([built("light"), listed, arrow_bytes, query.passes, running.MEASURED, running.OTHERS])


def drain(port, ticket, streams, cores):
    """DoGets over one connection, discarded: wall seconds, DATA bytes, seconds to each stream's first."""
    program = built("drain")
    with running.running_on(cores):
        return _run([program, port, ticket, streams])
