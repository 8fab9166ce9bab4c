"""One gRPC request with the nghttp command, and the frames that came back."""
import re
import subprocess
import tempfile

from support.wire import SERVICE


class Frames:
    """What nghttp -v saw."""

    def __init__(self, text):
        self.text = re.sub(r"\x1b\[[0-9;]*m", "", text)
        received = re.findall(r"recv (?:\(stream_id=(\d+)[^)]*\) |)?([A-Z_]+) frame <length=(\d+), flags=0x(\w+), stream_id=(\d+)>", self.text)
        own = [(kind, int(flags, 16)) for _, kind, _, flags, stream in received if stream != "0"]
        self.kinds = [kind for _, kind, _, _, _ in received]
        self.headers_frames = sum(kind == "HEADERS" for kind, _ in own)
        self.data_frames = sum(kind == "DATA" for kind, _ in own)

    def field(self, name):
        found = re.findall(r"recv \(stream_id=\d+[^)]*\) %s: ([^\n]*)" % re.escape(name), self.text)
        return found[-1].strip() if found else None


def request(port, method, message, headers=None, seconds=20, service=SERVICE, content_type="application/grpc"):
    frame = b"\0" + len(message).to_bytes(4, "big") + message
    with tempfile.NamedTemporaryFile() as body:
        body.write(frame)
        body.flush()
        words = ["nghttp", "-v", "-n", "--no-dep", "--data=" + body.name, "-H", "te: trailers", "-H", "content-type: " + content_type]
        for name, value in (headers or {}).items():
            words += ["-H", "%s: %s" % (name, value)]
        done = subprocess.run([*words, "http://127.0.0.1:%d%s%s" % (port, service, method)], capture_output=True, text=True,
                              timeout=seconds, stdin=subprocess.DEVNULL, errors="replace")
    return Frames(done.stdout)
