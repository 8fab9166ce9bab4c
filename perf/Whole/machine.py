"""What a kept result needs to be read later: commit, machine, command."""
import importlib.metadata
import os
import subprocess
import time

from tables import ROOT

_FLAGS = ("bmi2", "avx2", "avx512f", "avx512bw", "avx512vl", "avx512vbmi", "avx512_vbmi2", "gfni", "asimd", "sve")
_PACKAGES = ("pyarrow", "datafusion", "duckdb", "polars", "tpchgen-cli", "numpy")


def _said(*command):
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout.strip()


def _version(package):
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "missing"


def facts(command, note=None):
    with open("/proc/cpuinfo") as file:
        cpu = dict(line.replace("\t", "").split(": ", 1) for line in file.read().split("\n\n")[0].splitlines() if ": " in line)
    flags = cpu.get("flags", cpu.get("Features", "")).split()
    return {
        "command": " ".join(command), "date": time.strftime("%Y-%m-%d"),
        "commit": _said("git", "rev-parse", "--short", "HEAD") + ("+" if _said("git", "status", "--porcelain", "-uno") else ""),
        "swift": _said("swift", "--version").split("(")[0].replace("Swift version", "").strip(),
        "cores": os.cpu_count(), "cpu": "%s, model %s" % (cpu.get("model name", "?"), cpu.get("model", "?")),
        "flags": [flag for flag in _FLAGS if flag in flags], "load": round(os.getloadavg()[0], 1),
        "packages": {package: _version(package) for package in _PACKAGES}, "note": note,
    }
