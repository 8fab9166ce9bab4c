"""sqe-cli against the worker."""
import json
import subprocess

import pyarrow as pa
import pytest
from support import tickets
from support.tables import assert_same


@pytest.fixture
def cli(cli_program, worker):
    def run(*words, seconds=60):
        return subprocess.run([cli_program, words[0], "--worker", worker.address, *map(str, words[1:])], capture_output=True, text=True,
                              timeout=seconds, stdin=subprocess.DEVNULL)
    return run


def read_ipc(path):
    with pa.OSFile(str(path)) as f:
        try:
            return pa.ipc.open_file(f).read_all()
        except pa.ArrowInvalid:
            f.seek(0)
            return pa.ipc.open_stream(f).read_all()


def store(origin):
    words = ["--endpoint", origin.endpoint, "--region", origin.region, "--access-key", origin.key, "--secret-key", origin.secret]
    return words + (["--session-token", origin.session_token] if origin.session_token else [])


def test_health(cli):
    done = cli("health")
    assert done.returncode == 0, done.stdout + done.stderr


def test_health_of_nobody(cli_program):
    from support.processes import free_port
    done = subprocess.run([cli_program, "health", "--worker", "127.0.0.1:%d" % free_port()], capture_output=True, text=True, timeout=30)
    assert done.returncode != 0 and done.stderr + done.stdout


def test_scan_to_a_file(cli, moto, data, tmp_path):
    out = tmp_path / "out.arrow"
    words = [w for f in data.files("snappy") for w in ("--file", "s3://" + f)]
    done = cli("scan", *words, *store(moto), "--output", out)
    assert done.returncode == 0, done.stdout + done.stderr
    assert_same(data.table("snappy"), read_ipc(out))


def test_scan_a_ticket_with_columns_in_another_order(cli, nginx, data, tmp_path):
    out, ticket = tmp_path / "out.arrow", tmp_path / "ticket.json"
    columns = ["l_comment", "l_orderkey", "l_tax"]
    ticket.write_bytes(tickets.encoded(tickets.scan_task(nginx, data.files("zstd"), columns)))
    done = cli("scan", "--ticket", ticket, "--output", out)
    assert done.returncode == 0, done.stdout + done.stderr
    assert_same(data.table("zstd").select(columns), read_ipc(out))


def test_every_type_to_a_file(cli, nginx, data, tmp_path):
    out = tmp_path / "out.arrow"
    done = cli("scan", "--file", "s3://" + data.files("types")[0], *store(nginx), "--output", out)
    assert done.returncode == 0, done.stdout + done.stderr
    assert_same(data.table("types"), read_ipc(out))


def test_rows_on_the_screen(cli, origin, sample):
    origin.put("b", "k.parquet", sample[1])
    done = cli("scan", "--file", "s3://b/k.parquet", "--columns", "name,id", *store(origin), "--rows", 5)
    assert done.returncode == 0, done.stdout + done.stderr
    for value in sample[0]["name"][:5].to_pylist():
        assert value in done.stdout
    assert origin.secret not in done.stdout + done.stderr


def test_an_error_is_told(cli, origin, tmp_path):
    done = cli("scan", "--file", "s3://b/nobody.parquet", *store(origin))
    assert done.returncode != 0
    assert "NOT_FOUND" in (done.stderr + done.stdout).upper().replace(" ", "_"), done.stderr
    bad = tmp_path / "bad.json"
    bad.write_text(json.dumps({"version": 3}))
    assert cli("scan", "--ticket", bad).returncode != 0
