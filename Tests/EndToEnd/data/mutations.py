"""Ways to damage a file, drawn by a seed."""
from support.wire import varint


def _place(r, octets, footer_share=0.5):
    """A place, as often in the footer as in all before it."""
    end = len(octets) - 8
    start = max(end - int.from_bytes(octets[-8:-4], "little"), 0)
    return int(r.integers(start, len(octets))) if r.random() < footer_share or not start else int(r.integers(0, start))


def _flip(r, octets):
    changed = bytearray(octets)
    for _ in range(int(r.integers(1, 9))):
        changed[_place(r, octets)] ^= 1 << int(r.integers(0, 8))
    return bytes(changed)


def _set(r, octets):
    changed = bytearray(octets)
    changed[_place(r, octets)] = (0, 1, 0x7F, 0x80, 0xFF)[int(r.integers(0, 5))]
    return bytes(changed)


def _swap(r, octets):
    changed = bytearray(octets)
    a, b = _place(r, octets), _place(r, octets)
    changed[a], changed[b] = changed[b], changed[a]
    return bytes(changed)


def _with_footer(octets, footer):
    """The file with another footer, rightly framed."""
    start = len(octets) - 8 - int.from_bytes(octets[-8:-4], "little")
    return octets[:start] + footer + len(footer).to_bytes(4, "little") + octets[-4:]


def _footer(octets):
    return octets[len(octets) - 8 - int.from_bytes(octets[-8:-4], "little"):-8]


def _cut(r, octets):
    """The end is missing, or a piece of the footer or of the pages."""
    way = int(r.integers(0, 3))
    if way == 0:
        return octets[:int(r.integers(0, len(octets)))]
    if way == 1:
        footer = _footer(octets)
        return _with_footer(octets, footer[:int(r.integers(0, len(footer)))])
    at = _place(r, octets)
    return octets[:at] + octets[at + int(r.integers(1, 64)):]


def _grow_number(r, octets):
    """A number of the footer, a varint, becomes a large one of as many octets or more."""
    footer = _footer(octets)
    at = int(r.integers(0, len(footer)))
    end = at
    while end < len(footer) - 1 and footer[end] & 0x80:
        end += 1
    large = varint(int(r.integers(0, 2**63)) >> int(r.integers(0, 60)))
    return _with_footer(octets, footer[:at] + large + footer[end + 1:])


def _grow_in_page(r, octets):
    """A page header's number, in place: page headers begin with 15, the type, 15 and the size."""
    changed = bytearray(octets)
    heads = [i for i in range(4, len(octets) - 8) if octets[i] == 0x15 and octets[i + 1] in (0, 4, 6) and octets[i + 2] == 0x15]
    if not heads:
        return _set(r, octets)
    at = heads[int(r.integers(0, len(heads)))] + int(r.integers(1, 24))
    changed[min(at, len(changed) - 1)] = int(r.integers(0, 256))
    return bytes(changed)


def _span(r, octets):
    """A stretch is overwritten, by noise or by another stretch of the file."""
    changed = bytearray(octets)
    at, length = _place(r, octets), int(r.integers(1, 100))
    other = _place(r, octets)
    new = r.bytes(length) if r.random() < 0.5 else octets[other:other + length]
    new = new[:len(octets) - at]
    changed[at:at + len(new)] = new
    return bytes(changed)


_WAYS = [_flip, _flip, _set, _swap, _cut, _grow_number, _grow_number, _grow_in_page, _grow_in_page, _span]


def mutate(r, octets):
    """(what was done, the damaged file)."""
    way = _WAYS[int(r.integers(0, len(_WAYS)))]
    return way.__name__[1:], way(r, octets)
