"""The Arrow types that arrow-rs gives to what pyarrow wrote, which are the ones the worker has to send.

Without a stored schema the Parquet type alone decides. With one, each column takes the stored type where that is
another view of the same values, and keeps the Parquet type, silently, where it is not.
"""
import dataclasses

import pyarrow as pa

from support.tables import LIST_TYPES, list_layout, plain_type

_T = pa.types


@dataclasses.dataclass(frozen=True)
class Form:
    """How a table was written, as far as it decides about types; `dictionaries` is the worker's setting."""
    stored: bool = True
    version: str = "2.6"
    int96: bool = False
    compliant: bool = True
    dictionaries: bool = True

    def schema(self, schema):
        return pa.schema([self._field(f, f.name) for f in schema])

    def type(self, kind):
        kind = plain_type(kind)
        if _T.is_dictionary(kind):
            return self._dictionary(kind)
        if _T.is_struct(kind):
            return pa.struct([self._field(kind.field(i), kind.field(i).name) for i in range(kind.num_fields)])
        if _T.is_map(kind):
            return pa.map_(self.type(kind.key_type), self._field(kind.item_field, "value"))
        if _T.is_fixed_size_list(kind):
            return pa.list_(self._element(kind), kind.list_size) if self.stored else pa.list_(self._element(kind))
        layout = list_layout(kind)
        if layout:
            return (LIST_TYPES[layout] if self.stored else pa.list_)(self._element(kind))
        return self._leaf(kind)

    def _field(self, field, name):
        return pa.field(name, self.type(field.type), field.nullable)

    def _element(self, kind):
        return self._field(kind.value_field, "element" if self.compliant else kind.value_field.name)

    def _dictionary(self, kind):
        value = self.type(kind.value_type)
        return pa.dictionary(kind.index_type, value) if self.stored and self.dictionaries and value == kind.value_type else value

    def _leaf(self, kind):
        if _T.is_timestamp(kind):
            return self._timestamp(kind)
        if _T.is_time32(kind):
            return pa.time32("ms")
        if kind == pa.uint32() and self.version == "1.0":
            return pa.int64()
        return kind if self.stored else _unstored(kind)

    def _timestamp(self, kind):
        zone = kind.tz and "UTC"
        if self.int96:
            return kind if self.stored and kind.unit != "ns" else pa.timestamp("ns")
        unit = {"s": "ms", "ns": "ns" if self.version == "2.6" else "us"}.get(kind.unit, kind.unit)
        # A stored zone is taken only when the stored unit is the one in the file.
        return pa.timestamp(unit, kind.tz if self.stored and unit == kind.unit else zone)


def _unstored(kind):
    if _T.is_large_string(kind) or _T.is_string_view(kind):
        return pa.string()
    if _T.is_large_binary(kind) or _T.is_binary_view(kind):
        return pa.binary()
    if _T.is_duration(kind):
        return pa.int64()
    if _T.is_date64(kind):
        return pa.date32()
    if _T.is_decimal(kind) and kind.precision <= 38:
        return pa.decimal128(kind.precision, kind.scale)
    return kind
