"""What our health check is compared with: gRPC's C++ server, as Arrow Flight uses it, with an action that answers at once.

    peer.py       prints "ready ADDRESS" and serves until it is ended

The action itself is Python, which costs some tens of microseconds that a server all in C++ would not spend.
"""
import pyarrow.flight as flight


class Peer(flight.FlightServerBase):
    def do_action(self, context, action):
        return [b"ok"]


if __name__ == "__main__":
    server = Peer("grpc://127.0.0.1:0")
    print("ready 127.0.0.1:%d" % server.port, flush=True)
    server.serve()
