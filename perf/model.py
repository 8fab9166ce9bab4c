#!/usr/bin/env python3
"""From measured parts of one core to a node and a fleet: which ceiling comes first, and what would move it.

    perf/model.py [--inputs perf/model.json] [--set PART=VALUE ...]        for example --set core.codec=0.3 node.cores=16

Arithmetic, not a measurement: each input says where it is from. model.md says what is reckoned, and what is left out.
"""
import argparse
import json
import os

GB = 1e9
INPUTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "model.json")


class Model:
    """Rates are bytes of Arrow bodies a second."""

    def __init__(self, inputs):
        for group, parts in inputs.items():
            setattr(self, group, {name: part["value"] for name, part in parts.items()})

    # One core, one connection, one scan

    def core_seconds(self):
        """Of one core for a GB, all parts."""
        return sum(self.core.values()) * self.node["slowdown"]

    def core_rate(self):
        return GB / self.core_seconds()

    def send_only_rate(self):
        """Of a connection's core if other cores read and decoded for it."""
        return GB / ((self.core["send"] + self.core["other"]) * self.node["slowdown"])

    def scan_rate(self):
        """What one scan can fetch, a window's worth of GETs at a time."""
        part, at_once = self.scan["part"], self.scan["window"] // self.scan["part"]
        return at_once * part / (self.store["first_byte"] + part / self.store["connection"]) / self.file["stored"]

    def busy_cores(self, connections):
        """Cores that have at least one of so many connections, which the kernel spreads by hash."""
        return self.node["cores"] * (1 - (1 - 1 / self.node["cores"]) ** connections)

    # A node

    def memory_bytes(self):
        """Bytes of memory traffic for a byte of Arrow, if nothing stays in a cache: card, copy, codec, decode, copy, card."""
        stored, encoded = self.file["stored"], self.file["encoded"]
        return 3 * stored + (stored + encoded) + (encoded + 1) + 3

    def node_ceilings(self):
        """{name: rate}"""
        network = self.node["network"] * self.node["goodput"]
        return {
            "cores of a coordinator's connections": self.core_rate() * self.busy_cores(self.scan["connections"]),
            "network card, out": network,
            "network card, in": network / self.file["stored"],
            "memory bandwidth": self.node["memory_bandwidth"] / self.memory_bytes(),
            "all cores": self.core_rate() * self.node["cores"],
        }

    def node_rate(self):
        """With connections enough for all cores."""
        return min(rate for name, rate in self.node_ceilings().items() if "connections" not in name)

    # A fleet, all rows to one coordinator

    def coordinator_ceilings(self):
        return {
            "coordinator's network card": self.node["network"] * self.node["goodput"],
            "coordinator's cores": GB / self.fleet["coordinator_receive"] * self.fleet["coordinator_cores"],
            "cores of its connections to workers":
                self.fleet["workers"] * self.core_rate() * self.busy_cores(self.scan["connections"]),
            "workers": self.fleet["workers"] * self.node_rate(),
        }


def _table(head, rows):
    return ["| %s |" % " | ".join(head), "|" + " --- |" * len(head), *("| %s |" % " | ".join(row) for row in rows), ""]


def text(model):
    network = model.node["network"] * model.node["goodput"]
    lines = _table(["a node's ceiling", "Arrow GB/s", "cores that reach it"], [
        [name, "%.1f" % (rate / GB), "%.1f" % (rate / model.core_rate())]
        for name, rate in sorted(model.node_ceilings().items(), key=lambda pair: pair[1])])
    busy = [(n, model.busy_cores(n)) for n in (1, 4, 8, 16, 64)]
    lines += _table(["connections to a node", "cores busy", "Arrow GB/s"], [
        ["%d" % n, "%.1f" % cores, "%.1f" % (min(cores * model.core_rate(), model.node_rate()) / GB)] for n, cores in busy])
    workers = model.fleet["workers"]
    ceilings = sorted(model.coordinator_ceilings().items(), key=lambda pair: pair[1])
    head = ["a fleet's ceiling, all rows to one coordinator", "Arrow GB/s", "workers that reach it", "cores of each"]
    lines += _table(head, [
        [name, "%.1f" % (rate / GB), "%.1f" % (rate / model.node_rate()), "%.2f" % (rate / workers / model.core_rate())]
        for name, rate in ceilings])
    share = ceilings[0][1] / (workers * model.node_rate())
    lines += _table(["of", "", ""], [
        ["a core", "%.2f" % (model.core_rate() / GB), "Arrow GB/s; %.0f %% of the card" % (100 * model.core_rate() / network)],
        ["a core that only sends", "%.2f" % (model.send_only_rate() / GB), "Arrow GB/s, if others read and decoded for it"],
        ["a scan's reading ahead", "%.2f" % (model.scan_rate() / GB), "Arrow GB/s, with a real store's distance"],
        ["a coordinator", "%.1f" % (100 * share), "%% of the rows that %d workers can scan" % workers],
        ["a TB of Arrow", "%.3f" % (model.file["requests"] * model.store["get_price"]), "USD of GETs"],
        ["a node's memory", "%.0f" % (model.node["memory"] / model.scan["memory"]), "scans at a time"],
    ])
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", default=INPUTS)
    parser.add_argument("--set", nargs="*", default=[], metavar="PART=VALUE")
    options = parser.parse_args()
    with open(options.inputs) as file:
        inputs = json.load(file)
    for setting in options.set:
        name, _, value = setting.partition("=")
        group, _, part = name.partition(".")
        if part not in inputs.get(group, {}):
            parser.error("no such part: %s" % name)
        inputs[group][part]["value"] = float(value)
    print(text(Model(inputs)), end="")


if __name__ == "__main__":
    main()
