"""An S3 that recomputes every signature, controls every octet it sends, and misbehaves when told to.

    s3-faulty [--certificate PEM --private-key PEM]

Prints `KEY id secret`, `READY endpoint pid` and `ADMIN address`, and stays until SIGTERM. Objects and faults come in over the
admin port; see admin.py for its calls.
"""
import argparse
import os
import ssl
import sys
import threading

from servers.faulty_store.admin import Admin
from servers.faulty_store.service import Service
from servers.faulty_store.signature import Credential
from servers.faulty_store.store import Store
from support.processes import run_until_told

_TLS_VERSIONS = {"1.1": ssl.TLSVersion.TLSv1_1, "1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


def _tls(options):
    if not options.certificate:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(options.certificate, options.private_key)
    if options.tls_min == "1.1":
        context.set_ciphers("DEFAULT:@SECLEVEL=0")  # OpenSSL serves what is that old only if told that anything goes.
    context.minimum_version, context.maximum_version = _TLS_VERSIONS[options.tls_min], _TLS_VERSIONS[options.tls_max]
    return context


def main():
    parser = argparse.ArgumentParser(prog="s3-faulty", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--host", default="127.0.0.1", choices=("127.0.0.1", "::1"))
    parser.add_argument("--key", default="AKIDORIGIN0000000001")
    parser.add_argument("--secret", default="origin/secret+with=odd&octets%20")
    parser.add_argument("--token", default="")
    parser.add_argument("--region", default="us-east-1")
    parser.add_argument("--domain", default="s3.test", help="BUCKET.DOMAIN in Host names the bucket, a star in it the region")
    parser.add_argument("--certificate", help="TLS with this certificate")
    parser.add_argument("--private-key")
    parser.add_argument("--tls-min", default="1.2", choices=_TLS_VERSIONS)
    parser.add_argument("--tls-max", default="1.3", choices=_TLS_VERSIONS)
    options = parser.parse_args()

    scheme = "https" if options.certificate else "http"

    def make_service():
        return Service(Credential(options.key, options.secret, options.token), options.region, options.domain, scheme)

    def start():
        store = Store(make_service, options.host, _tls(options))
        admin = Admin(store)
        threading.Thread(target=admin.serve_forever, daemon=True).start()
        host = "[%s]" % options.host if ":" in options.host else options.host
        endpoint = "%s://%s:%d" % (scheme, host, store.port)
        return [], "KEY %s %s\nREADY %s %d\nADMIN 127.0.0.1:%d" % (options.key, options.secret, endpoint, os.getpid(), admin.server_port)

    return run_until_told(start)


if __name__ == "__main__":
    sys.exit(main())
