"""Lists where the pages of Parquet files are, for light.c.

    pages.py LIST FILE... [--columns a,b]

Lines: `file PATH`, then for each column chunk `range OFFSET LENGTH` and for each of its pages
`page OFFSET COMPRESSED UNCOMPRESSED CODEC`, the place and sizes of what the codec sees: no header, and for pages of
version 2 no levels, which are never compressed.
"""
import argparse
import mmap

import pyarrow.parquet as pq

_DATA_V2 = 3


class _Header:
    """A page header: a struct in Thrift's compact protocol."""

    def __init__(self, octets, at):
        self._octets, self.at = octets, at
        self.fields = self._struct()

    def _octet(self):
        self.at += 1
        return self._octets[self.at - 1]

    def _varint(self):
        value = shift = 0
        while True:
            octet = self._octet()
            value |= (octet & 127) << shift
            shift += 7
            if octet < 128:
                return value

    def _signed(self):
        value = self._varint()
        return value >> 1 ^ -(value & 1)

    def _value(self, kind):
        if kind in (1, 2):
            return kind == 1
        if kind == 3:
            return self._octet()
        if kind in (4, 5, 6):
            return self._signed()
        if kind in (7, 8):
            size = 8 if kind == 7 else self._varint()
            self.at += size
            return self._octets[self.at - size:self.at]
        if kind == 12:
            return self._struct()
        raise ValueError("a page header with a field of type %d" % kind)

    def _struct(self):
        fields, number = {}, 0
        while head := self._octet():
            number = number + (head >> 4) if head >> 4 else self._signed()
            fields[number] = self._value(head & 15)
        return fields


def _pages(octets, first, end, codec):
    at = first
    while at < end:
        header = _Header(octets, at)
        kind, uncompressed, compressed = (header.fields[number] for number in (1, 2, 3))
        at, levels, its_codec = header.at + compressed, 0, codec
        if kind == _DATA_V2:
            version2 = header.fields[8]
            levels = version2[5] + version2[6]
            its_codec = codec if version2.get(7, True) else "UNCOMPRESSED"
        if compressed > levels:
            yield header.at + levels, compressed - levels, uncompressed - levels, its_codec


def _chunks(metadata, columns):
    """(first byte, size, codec) of the column chunks in the order of the file."""
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        for place in range(group.num_columns):
            chunk = group.column(place)
            if columns and chunk.path_in_schema.split(".")[0] not in columns:
                continue
            first = chunk.dictionary_page_offset or chunk.data_page_offset
            yield min(first, chunk.data_page_offset), chunk.total_compressed_size, chunk.compression


def write_list(target, paths, columns=()):
    with open(target, "w") as file:
        for path in paths:
            file.write("file %s\n" % path)
            with open(path, "rb") as source, mmap.mmap(source.fileno(), 0, access=mmap.ACCESS_READ) as octets:
                for first, size, codec in _chunks(pq.read_metadata(path), columns):
                    file.write("range %d %d\n" % (first, size))
                    file.writelines("page %d %d %d %s\n" % page for page in _pages(octets, first, first + size, codec))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("list")
    parser.add_argument("files", nargs="+")
    parser.add_argument("--columns", default="")
    options = parser.parse_args()
    write_list(options.list, options.files, tuple(filter(None, options.columns.split(","))))
