"""Samples of a running process, by Linux's perf.

Hardware counters where there are any, else the kernel's clock (`cpu-clock`): both say where time goes while the process runs;
the clock cannot look into code that runs with interrupts off, and books it on the instruction behind it.

Stacks are followed by frame pointers, which Swift and our own C keep. What is lost:

- Libraries of the system that are built without them (libzstd, liburing, libnghttp2, ...): callers of such a frame are
  missing or wrong, so it may stand at the bottom of the graph. The frame itself, and so every number of own time, is right.
- Names in such libraries, unless their -dbgsym packages are installed: then only the library is named.
- Who awaited what: the stack of async code begins anew at the executor's job.
- The kernel's half, where kernel.perf_event_paranoid is 2 or more and the user is not root.
- Inlined functions count as the one they were inlined into.
"""
import glob
import os
import re
import subprocess

_SAMPLE = re.compile(r"^(?P<thread>.+?)\s+\d+\s+[\d.]+:\s+(?P<weight>\d+)\s+\S+:")
_FRAME = re.compile(r"^\s+[0-9a-f]+ (?P<symbol>.*) \((?P<module>[^()]*(?:\([^()]*\))?[^()]*)\)$")


def _runs(*command):
    try:
        return subprocess.run(command, capture_output=True, timeout=20).returncode == 0
    except OSError:
        return False


def program():
    """A perf that runs on this kernel: Debian names them by the kernel's version, Ubuntu's wrapper wants exactly that."""
    others = glob.glob("/usr/bin/perf_*") + glob.glob("/usr/lib/linux-tools*/**/perf", recursive=True)
    for candidate in ["perf", *sorted(others, reverse=True)]:
        if _runs(candidate, "--version"):
            return candidate
    raise SystemExit("perf is not installed: apt-get install linux-perf (Debian), linux-tools-generic (Ubuntu)")


def _event(perf):
    """The best that may be counted."""
    for event in ("cycles", "cpu-clock"):
        if _runs(perf, "stat", "-e", event, "-x,", "--", "true") and "<not" not in subprocess.run(
                [perf, "stat", "-e", event, "-x,", "--", "true"], capture_output=True, text=True).stderr:
            return event
    with open("/proc/sys/kernel/perf_event_paranoid") as file:
        level = file.read().strip()
    raise SystemExit("perf may not count here: kernel.perf_event_paranoid is %s; 1 or less allows it, or being root" % level)


def record(pid, seconds, frequency, path, event=None):
    """Records to `path`; the event that was counted."""
    perf = program()
    event = event or _event(perf)
    outcome = subprocess.run(
        [perf, "record", "-e", event, "-F", str(frequency), "--call-graph", "fp", "-p", str(pid), "-o", path,
         "--", "sleep", "%g" % seconds], capture_output=True, text=True, timeout=seconds + 60)
    if outcome.returncode or not os.path.exists(path):
        raise SystemExit("perf record failed: %s" % outcome.stderr.strip()[-1000:])
    return event


def samples(path):
    """[(thread, weight, [(symbol, module), ...])], the outermost frame first."""
    listing = subprocess.run(
        [program(), "script", "-i", path, "-F", "comm,tid,time,period,event,ip,sym,dso", "--no-inline", "--no-demangle"],
        capture_output=True, text=True, errors="replace", timeout=600)
    if listing.returncode:
        raise SystemExit("perf script failed: %s" % listing.stderr.strip()[-1000:])
    return parse(listing.stdout)


def parse(text):
    """The samples in what `perf script` prints."""
    found = []
    for block in text.split("\n\n"):
        lines = block.strip("\n").splitlines()
        head = _SAMPLE.match(lines[0]) if lines else None
        if not head:
            continue
        frames = [(m["symbol"], os.path.basename(m["module"]) or m["module"]) for m in map(_FRAME.match, lines[1:]) if m]
        found.append((head["thread"].strip(), int(head["weight"]), frames[::-1]))
    return found
