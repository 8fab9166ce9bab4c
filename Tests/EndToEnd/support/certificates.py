"""Certificates for servers on loopback."""
import datetime
import ipaddress
import os

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def self_signed(folder, name="store", **of):
    """Paths of a certificate, which may be trusted as it is, and of its key; `of` as in `Authority.issue`."""
    key = ec.generate_private_key(ec.SECP256R1())
    return _written(folder, name, _certificate(name, key, name, key, is_authority=True, **of), key)


class Authority:
    """Signs certificates; whoever trusts the file at `path` trusts them."""

    def __init__(self, folder, name="authority"):
        self._folder, self._name, self._key = folder, name, ec.generate_private_key(ec.SECP256R1())
        own = _certificate(name, self._key, name, self._key, is_authority=True, hosts=(), addresses=())
        self.path, _ = _written(folder, name, own, self._key)

    def issue(self, name, **of):
        """Paths of a certificate for `hosts` and `addresses`, and of its key; with `days` below zero it has run out."""
        key = ec.generate_private_key(ec.SECP256R1())
        return _written(self._folder, name, _certificate(name, key, self._name, self._key, is_authority=False, **of), key)


def _certificate(name, key, issuer, issuer_key, is_authority, hosts=("localhost",), addresses=("127.0.0.1", "::1"), days=1):
    now = datetime.datetime.now(datetime.timezone.utc)
    names = [*map(x509.DNSName, hosts), *(x509.IPAddress(ipaddress.ip_address(a)) for a in addresses)]
    builder = (
        x509.CertificateBuilder().subject_name(_name(name)).issuer_name(_name(issuer)).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=30)).not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=0 if is_authority else None), critical=True))
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def _name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _written(folder, name, certificate, key):
    paths = tuple(os.path.join(folder, name + end) for end in (".pem", ".key.pem"))
    with open(paths[0], "wb") as f:
        f.write(certificate.public_bytes(serialization.Encoding.PEM))
    with open(paths[1], "wb") as f:
        f.write(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return paths
