"""The shared collection of odd and broken files: each is read right, or refused; none hurts the worker."""
import json
import os
import sys
from collections import Counter

import grpc
import pytest
from servers.nginx import Nginx
from support import paths, tickets, wire

TOOLS, CORPUS = os.path.join(paths.SHARED, "tools"), os.path.join(paths.SHARED, "testdata")
IN_SCOPE_CODECS = {"UNCOMPRESSED", "SNAPPY", "GZIP", "BROTLI", "LZ4", "LZ4_RAW", "ZSTD"}
NESTED = ("list<", "large_list<", "struct<", "map<", "fixed_size_list<", "list_view<")


def entries():
    manifest = os.path.join(CORPUS, "manifest.json")
    if not os.path.exists(manifest):
        return []
    with open(manifest) as f:
        return json.load(f)["files"]


# Flat files with an encoding or a type that is refused by name.
REFUSED = {
    "data/byte_stream_split.zstd.parquet", "data/delta_binary_packed.parquet", "data/delta_encoding_required_column.parquet",
    "data/delta_length_byte_array.parquet", "crafted/conv_interval.parquet"}
# Files whose stored Arrow schema asks for another type than the Parquet one, which is what is sent.
HINTS_NOT_FOLLOWED = {
    "crafted/hint_date64_on_date32.parquet", "crafted/hint_decimal32_on_decimal.parquet", "crafted/hint_dictionary_int8_on_string.parquet",
    "crafted/hint_duration_on_int64.parquet",
    "crafted/hint_large_string_on_binary.parquet", "crafted/hint_time32_s_on_int32.parquet", "crafted/hint_tz_on_local.parquet"}


def in_scope(entry):
    """Flat columns, a codec we read, nothing encrypted."""
    flat = not any(c["type"].startswith(NESTED) for c in entry.get("columns", []))
    return flat and set(entry.get("codecs", [])) <= IN_SCOPE_CODECS and "encrypt" not in entry["file"]


def table_of(messages):
    """The table in the messages of a DoGet: IPC, each message framed as in a stream."""
    import pyarrow as pa
    stream = bytearray()
    for message in messages:
        parts = wire.fields(message)
        header, body = parts[wire.DATA_HEADER][0], parts.get(wire.DATA_BODY, [b""])[0]
        padded = header + b"\0" * (-len(header) % 8)
        stream += b"\xff\xff\xff\xff" + len(padded).to_bytes(4, "little") + padded + body
    stream += b"\xff\xff\xff\xff\0\0\0\0"
    return pa.ipc.open_stream(bytes(stream)).read_all()


@pytest.mark.skipif(not entries(), reason="no shared corpus beside the repository (../shared/testdata)")
@pytest.mark.timeout(600)
def test_fates(worker, scratch, note):
    sys.path.insert(0, TOOLS)
    import check_flight
    import parquet_canon as canon
    root = os.path.join(scratch, "corpus-root")
    os.makedirs(root, exist_ok=True)
    link = os.path.join(root, "corpus")
    if not os.path.exists(link):
        os.symlink(CORPUS, link)
    origin = Nginx(root, scratch)
    options = type("Options", (), dict(loose=False, ignore_names=False, ignore_nullability=False))
    fates, wrong = [], []
    try:
        with wire.Channel(worker.address, max_message=64 << 20) as channel:
            for entry in entries():
                key = entry.get("path", entry["file"])
                answer = channel.get(tickets.encoded(tickets.scan_task(origin, ["corpus/" + key])), timeout=30)
                code, scope = answer.code.name, in_scope(entry)
                if not worker.alive():
                    pytest.fail("%s ended the worker:\n%s" % (key, worker.process.log()[-2000:]))
                if answer.code != grpc.StatusCode.OK:
                    fate = code
                    bad = code in ("DEADLINE_EXCEEDED", "UNAVAILABLE", "CANCELLED", "INTERNAL", "UNKNOWN")
                    bad = bad or (entry["expect"] == "decode" and scope and (code != "UNIMPLEMENTED" or entry["file"] not in REFUSED))
                elif entry["expect"] == "error":
                    fate, bad = "decoded, though it should fail", scope
                elif entry["expect"] in ("any", "error_or_decode_unchecked"):
                    fate, bad = "decoded, not compared", False
                else:
                    table = canon.strip_extensions(table_of(answer.messages))
                    columns = [dict(c, _i=i) for i, c in enumerate(entry["columns"])]
                    problems = check_flight.compare(entry, columns, table, options, check_flight.load_golden(CORPUS, entry))
                    only_type = problems and all(": type " in p or "values differ" not in p and "rows, expected" not in p for p in problems)
                    fate = "equal" if not problems else ("equal but for the type: " if only_type else "DIFFERS: ") + "; ".join(problems[:2])
                    bad = bool(problems) and entry["file"] not in HINTS_NOT_FOLLOWED
                fates.append((entry, scope, fate))
                if bad:
                    wrong.append("%s (%s%s): %s %s" % (key, entry["expect"], "" if scope else ", out of scope", fate, answer.details[:120]))
    finally:
        origin.stop()
    os.makedirs(paths.DATA, exist_ok=True)
    with open(os.path.join(paths.DATA, "corpus-fates.txt"), "w") as f:
        f.writelines("%-8s %-26s %-64s %s\n" % ("in" if s else "out", e["expect"], e["file"], fate) for e, s, fate in fates)
    counts = Counter(fate.split(":")[0] for _, _, fate in fates)
    note("corpus: " + ", ".join("%d %s" % (n, fate) for fate, n in counts.most_common()) + " (.data/corpus-fates.txt)")
    assert not wrong, "\n".join(wrong)
