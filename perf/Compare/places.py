"""Where things are, and whose modules are used: Whole's (tables, files, machine) and the end-to-end tests' (servers)."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
PERF = os.path.dirname(HERE)
ROOT = os.path.dirname(PERF)
LIGHT = os.path.join(PERF, "Light")
DATA = os.path.join(ROOT, ".data")
BUCKET = "perf"                               # the origin serves DATA, so that Whole's folder of files is a bucket
FILES = os.path.join(DATA, BUCKET)
SCRATCH = os.path.join(FILES, "scratch")      # logs, tickets, page lists
READY = os.path.join(PERF, ".build", "release", "send-ready")
WORKER = os.environ.get("SQE_SERVER") or os.path.join(ROOT, ".build", "release", "sqe-server")

for _folder in (os.path.join(PERF, "Whole"), os.path.join(ROOT, "Tests", "EndToEnd")):
    if _folder not in sys.path:
        sys.path.append(_folder)
