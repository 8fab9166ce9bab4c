"""A second, independent checker of signatures: Ceph radosgw over one in-memory OSD, all on loopback.

    s3-radosgw --dir SCRATCH [--port N]

Prints `KEY id secret` and `READY endpoint pid` and stays until SIGTERM. Needs Debian's radosgw, ceph-mon and ceph-osd
(scripts/install --slow). Nothing is kept: the store lives in memory.
"""
import argparse
import os
import shutil
import subprocess
import sys
import time
import uuid

from support.processes import Process, free_port, run_until_told, wait_for_port

_CONFIG = """\
[global]
fsid = {fsid}
mon host = [v2:127.0.0.1:{mon_v2},v1:127.0.0.1:{mon_v1}]
public addr = 127.0.0.1
cluster addr = 127.0.0.1
keyring = {home}/keyring
osd objectstore = memstore
memstore device bytes = 4294967296
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd pool default pgp num = 8
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 2000
mon data avail crit = 1
run dir = {home}/run
admin socket = {home}/run/$name.asok
log file = {home}/log/$name.log
crash dir = {home}/run
[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:{port}
rgw data = {home}/rgw
"""
PROGRAMS = ("ceph", "ceph-authtool", "monmaptool", "ceph-mon", "ceph-osd", "radosgw", "radosgw-admin")


def missing_programs():
    return [p for p in PROGRAMS if not shutil.which(p)]


class RadosGateway:
    """A running gateway with one user."""

    key, secret = "AKIAWORKEREXAMPLE0001", "wJalrXUtnFEMIbPxRfiCYEXAMPLEKEY0000000001"
    session_token, region = "", "us-east-1"

    def __init__(self, scratch, port=None):
        self.home = os.path.abspath(os.path.join(scratch, "radosgw"))
        shutil.rmtree(self.home, ignore_errors=True)
        for part in ("mon", "osd", "rgw", "run", "log"):
            os.makedirs(os.path.join(self.home, part))
        self.port = port or free_port()
        self.endpoint = "http://127.0.0.1:%d" % self.port
        self.processes = []
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _run(self, *words, seconds=60):
        done = subprocess.run([str(w) for w in words], capture_output=True, text=True, timeout=seconds, stdin=subprocess.DEVNULL)
        if done.returncode:
            raise RuntimeError("%s: %s" % (words[0], (done.stderr or done.stdout)[-500:]))
        return done.stdout.strip()

    def _until(self, what, seconds=60):
        end = time.monotonic() + seconds
        while True:
            try:
                if what():
                    return
            except (RuntimeError, subprocess.TimeoutExpired):
                pass
            if time.monotonic() > end:
                raise TimeoutError("radosgw's store did not come up; see %s/log" % self.home)
            time.sleep(0.3)

    def _daemon(self, name, *words):
        self.processes.append(Process(words, os.path.join(self.home, "log", name + ".out")))

    def _start(self):
        home, fsid = self.home, str(uuid.uuid4())
        mon_v2 = free_port(2)
        mon_v1 = mon_v2 + 1
        config, keyring = os.path.join(home, "ceph.conf"), os.path.join(home, "keyring")
        with open(config, "w") as f:
            f.write(_CONFIG.format(fsid=fsid, home=home, port=self.port, mon_v2=mon_v2, mon_v1=mon_v1))
        ceph = ("-c", config)
        allow = ("--cap", "mon", "allow *", "--cap", "osd", "allow *", "--cap", "mgr", "allow *")
        self._run("ceph-authtool", keyring, "--create-keyring", "--gen-key", "-n", "mon.", "--cap", "mon", "allow *")
        for name in ("client.admin", "client.rgw", "osd.0"):
            self._run("ceph-authtool", keyring, "--gen-key", "-n", name, *allow)
        monmap, mon = os.path.join(home, "monmap"), os.path.join(home, "mon", "a")
        self._run("monmaptool", "--create", "--addv", "a", "[v2:127.0.0.1:%d,v1:127.0.0.1:%d]" % (mon_v2, mon_v1), "--fsid", fsid, monmap)
        self._run("ceph-mon", *ceph, "-i", "a", "--mkfs", "--keyring", keyring, "--monmap", monmap, "--mon-data", mon)
        self._daemon("mon", "ceph-mon", *ceph, "-i", "a", "--mon-data", mon, "-f")
        self._until(lambda: self._run("ceph", *ceph, "-s", seconds=5) is not None)
        osd = self._run("ceph", *ceph, "osd", "create")
        store = os.path.join(home, "osd")
        self._run("ceph-osd", *ceph, "-i", osd, "--osd-data", store, "--mkfs")
        self._run("ceph", *ceph, "osd", "crush", "add", "osd." + osd, "1.0", "root=default", "host=h")
        self._daemon("osd", "ceph-osd", *ceph, "-i", osd, "--osd-data", store, "-f")
        self._until(lambda: "1 up" in self._run("ceph", *ceph, "osd", "stat", seconds=5))
        self._daemon("rgw", "radosgw", *ceph, "-n", "client.rgw", "-f")
        wait_for_port(self.port, self.processes[-1], seconds=90)
        self._run("radosgw-admin", *ceph, "-n", "client.rgw", "user", "create", "--uid=worker", "--display-name=worker",
                  "--access-key=" + self.key, "--secret-key=" + self.secret, seconds=90)
        import boto3
        from botocore.config import Config
        self.s3 = boto3.client(
            "s3", endpoint_url=self.endpoint, region_name=self.region, aws_access_key_id=self.key,
            aws_secret_access_key=self.secret, config=Config(s3={"addressing_style": "path"}))

    def make_bucket(self, bucket):
        self.s3.create_bucket(Bucket=bucket)

    def put(self, bucket, key, body):
        self.s3.put_object(Bucket=bucket, Key=key, Body=body)

    def stop(self):
        for process in reversed(self.processes):
            process.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dir", required=True)
    parser.add_argument("--port", type=int)
    options = parser.parse_args()
    if missing_programs():
        sys.exit("missing: %s; run scripts/install --slow" % ", ".join(missing_programs()))

    def start():
        gateway = RadosGateway(options.dir, options.port)
        return gateway.processes, "KEY %s %s\nREADY %s %d" % (gateway.key, gateway.secret, gateway.endpoint, gateway.processes[-1].pid)

    return run_until_told(start)


if __name__ == "__main__":
    sys.exit(main())
