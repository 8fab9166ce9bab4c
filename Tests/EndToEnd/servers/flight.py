"""A Flight server of another make: answers every DoGet with the batches it was given, whatever the ticket."""
import pyarrow as pa
import pyarrow.flight as flight


class ForeignWorker(flight.FlightServerBase):
    def __init__(self, batches):
        super().__init__("grpc://127.0.0.1:0")
        self._batches = batches

    @property
    def address(self):
        return "127.0.0.1:%d" % self.port

    def do_get(self, context, ticket):
        return flight.RecordBatchStream(pa.RecordBatchReader.from_batches(self._batches[0].schema, self._batches))
