"""A fast origin: nginx over a folder, path-style GET and HEAD with ranges; signatures are not looked at.

    origin-nginx --root FOLDER --dir SCRATCH [--port N]

Prints `READY endpoint pid` and stays until SIGTERM. FOLDER/<bucket>/<key> are the objects.
"""
import argparse
import os
import shutil
import sys
import urllib.request

from support.processes import Process, free_port, run_until_told, wait_for_port

_CONFIG = """\
daemon off;
{user}worker_processes 1;
pid {scratch}/nginx.pid;
error_log {scratch}/error.log warn;
events {{ worker_connections 1024; }}
http {{
  access_log off; sendfile on; tcp_nopush on; etag on;
  keepalive_timeout 300s; keepalive_requests 1000000;
  client_body_temp_path {scratch}/tmp; proxy_temp_path {scratch}/tmp; fastcgi_temp_path {scratch}/tmp;
  uwsgi_temp_path {scratch}/tmp; scgi_temp_path {scratch}/tmp;
  open_file_cache max=1000 inactive=600s; sendfile_max_chunk 2m;
  default_type application/octet-stream;
  merge_slashes off;
  server {{
    listen 127.0.0.1:{port}{tls}; root {root};
    location / {{ autoindex off; }}
    location = /-/status {{ stub_status; }}
  }}
}}
"""


class Nginx:
    """A running nginx; any key is accepted. `certificate` (a pair of paths) makes it speak TLS."""

    key, secret, session_token, region = "AKIDEXAMPLE", "secret-that-nobody-checks", "", "us-east-1"

    def __init__(self, root, scratch, port=None, certificate=None):
        program = shutil.which("nginx") or "/usr/sbin/nginx"
        if not os.path.exists(program):
            raise FileNotFoundError("nginx is not installed; run scripts/install")
        self.root = os.path.abspath(root)
        self.port = port or free_port()
        self.endpoint = "%s://127.0.0.1:%d" % ("https" if certificate else "http", self.port)
        self._asked = 0
        scratch = os.path.abspath(os.path.join(scratch, "nginx-%d" % self.port))
        os.makedirs(os.path.join(scratch, "tmp"), exist_ok=True)
        # Started by root, nginx would hand its workers to a user who may not read the folder.
        user = "user root;\n" if os.geteuid() == 0 else ""
        tls = " ssl; ssl_certificate %s; ssl_certificate_key %s" % certificate if certificate else ""
        config = os.path.join(scratch, "nginx.conf")
        with open(config, "w") as f:
            f.write(_CONFIG.format(scratch=scratch, root=self.root, port=self.port, user=user, tls=tls))
        self.process = Process(
            [program, "-p", scratch, "-c", config, "-e", os.path.join(scratch, "error.log")], os.path.join(scratch, "output.log"))
        try:
            wait_for_port(self.port, self.process)
        except BaseException:
            self.stop()
            raise

    def request_count(self):
        """Requests so far, without those for this number."""
        with urllib.request.urlopen(self.endpoint + "/-/status", timeout=10) as answer:
            numbers = answer.read().splitlines()[2].split()
        self._asked += 1
        return int(numbers[2]) - self._asked

    def stop(self):
        self.process.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", required=True)
    parser.add_argument("--dir", required=True)
    parser.add_argument("--port", type=int)
    options = parser.parse_args()

    def start():
        nginx = Nginx(options.root, options.dir, options.port)
        return [nginx.process], "READY %s %d" % (nginx.endpoint, nginx.process.pid)

    return run_until_told(start)


if __name__ == "__main__":
    sys.exit(main())
