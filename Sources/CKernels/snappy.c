#include "CKernels.h"

#include <string.h>


// The snappy block format: elements that are either literal bytes or a copy of earlier output.
//
// Far from both ends an element is moved in constant-size chunks that may run over its end; what they spoil is written
// again by the next element. Near an end each element is moved exactly.

// Bytes that must be left on either side for the chunks: the longest short element, and one chunk.
enum { MARGIN = 64 + 32 };

// A copy from less than 16 bytes before repeats a pattern of `offset` bytes. Writes up to 64 + 16 bytes.
static inline void copy_near(uint8_t *target, size_t offset, size_t length) {
    const uint8_t *source = target - offset;
    if (offset == 1) {
        memset(target, *source, 64);
        return;
    }
    // Doubles the pattern until a whole word can be moved.
    size_t period = offset;
    size_t done = 0;
    while (period < 8) {
        uint64_t word;
        memcpy(&word, source, 8);
        // Only the first `period` bytes are known; those behind are written by the next turn.
        memcpy(target + done, &word, 8);
        done += period;
        if (done >= length) return;
        period *= 2;
    }
    for (; done < length; done += 8) {
        uint64_t word;
        memcpy(&word, target + done - period, 8);
        memcpy(target + done, &word, 8);
    }
}

static inline bool read_tail(const uint8_t *source, size_t count, unsigned byte_count, size_t *value) {
    if (count < byte_count) return false;
    size_t result = 0;
    for (unsigned i = 0; i < byte_count; i++) result |= (size_t)source[i] << (8 * i);
    *value = result;
    return true;
}

bool ck_snappy_length(const uint8_t *source, size_t source_byte_count, size_t *length, size_t *head_byte_count) {
    uint64_t value = 0;
    for (size_t i = 0; i < 5 && i < source_byte_count; i++) {
        value |= (uint64_t)(source[i] & 0x7f) << (7 * i);
        if (source[i] < 0x80) {
            if (value > UINT32_MAX) return false;
            *length = (size_t)value;
            *head_byte_count = i + 1;
            return true;
        }
    }
    return false;
}

// What a tag says: bits 0-7 the length, 8-15 the bytes of the element in the input, 16 and up the high bits of the offset.
// 0 for elements with a longer head, which are rare.
static uint32_t tags[256];

__attribute__((constructor)) static void fill_tags(void) {
    for (uint32_t tag = 0; tag < 256; tag++) {
        uint32_t long_length = (tag >> 2) + 1;
        switch (tag & 3) {
        // A literal poses as a copy from 64 bytes before, so that one check serves both.
        case 0: tags[tag] = long_length <= 60 ? long_length | (long_length + 1) << 8 | 64 << 16 : 0; break;
        case 1: tags[tag] = ((tag >> 2 & 7) + 4) | 2 << 8 | (tag >> 5) << 24; break;
        case 2: tags[tag] = long_length | 3 << 8; break;
        default: tags[tag] = 0;
        }
    }
}

typedef struct {
    const uint8_t *in;
    uint8_t *out;
} place;

// Moves short elements while both ends are far. Literals and copies take the same way, because which comes next cannot be
// predicted; only the source differs. Returns with `out` null when an offset is impossible.
static place decompress_far(place at, const uint8_t *in_end, uint8_t *target, const uint8_t *out_end) {
    static const uint32_t offset_masks[4] = {0, 0xff, 0xffff, 0};
    static const uintptr_t literal_masks[4] = {UINTPTR_MAX, 0, 0, 0};
    const uint8_t *in = at.in;
    uint8_t *out = at.out;
    while (in_end - in >= MARGIN && out_end - out >= MARGIN) {
        uint32_t tag = *in;
        uint32_t entry = tags[tag];
        if (__builtin_expect(entry == 0, 0)) break;
        uint32_t word;
        memcpy(&word, in + 1, 4);
        size_t length = entry & 0xff;
        size_t offset = (entry >> 16) + (word & offset_masks[tag & 3]);
        size_t behind = (size_t)(out - target);
        if (__builtin_expect((offset < 16) | (offset > behind), 0)) {
            if ((tag & 3) == 0) break;
            if (offset == 0 || offset > behind) return (place){in, NULL};
            copy_near(out, offset, length);
        } else {
            // Chosen by arithmetic: a branch would be guessed wrong every other time.
            uintptr_t from = (uintptr_t)out - offset;
            from += ((uintptr_t)(in + 1) - from) & literal_masks[tag & 3];
            const uint8_t *source = (const uint8_t *)from;
            memcpy(out, source, 16);
            memcpy(out + 16, source + 16, 16);
            if (__builtin_expect(length > 32, 0)) {
                memcpy(out + 32, source + 32, 16);
                memcpy(out + 48, source + 48, 16);
            }
        }
        in += entry >> 8 & 0xff;
        out += length;
    }
    return (place){in, out};
}

bool ck_snappy_decompress(const uint8_t *source, size_t source_byte_count, uint8_t *target, size_t target_byte_count) {
    const uint8_t *in = source, *const in_end = source + source_byte_count;
    uint8_t *out = target, *const out_end = target + target_byte_count;
    while (in < in_end) {
        place far = decompress_far((place){in, out}, in_end, target, out_end);
        if (far.out == NULL) return false;
        in = far.in;
        out = far.out;
        if (in == in_end) break;
        // One element exactly: it is long, or near an end.
        uint8_t tag = *in++;
        size_t in_left = (size_t)(in_end - in), out_left = (size_t)(out_end - out);
        size_t length, offset;
        if ((tag & 3) == 0) {
            length = (size_t)(tag >> 2) + 1;
            if (length > 60) {
                unsigned byte_count = (unsigned)length - 60;
                if (!read_tail(in, in_left, byte_count, &length)) return false;
                length += 1;
                in += byte_count;
                in_left -= byte_count;
            }
            if (length > in_left || length > out_left) return false;
            memcpy(out, in, length);
            in += length;
            out += length;
            continue;
        }
        if ((tag & 3) == 1) {
            if (in_left < 1) return false;
            length = (size_t)(tag >> 2 & 7) + 4;
            offset = (size_t)(tag >> 5) << 8 | in[0];
            in += 1;
        } else if ((tag & 3) == 2) {
            if (in_left < 2) return false;
            length = (size_t)(tag >> 2) + 1;
            offset = (size_t)in[0] | (size_t)in[1] << 8;
            in += 2;
        } else {
            length = (size_t)(tag >> 2) + 1;
            if (!read_tail(in, in_left, 4, &offset)) return false;
            in += 4;
        }
        // Also refuses an offset of 0.
        if (offset - 1 >= (size_t)(out - target) || length > out_left) return false;
        for (size_t i = 0; i < length; i++) out[i] = *(out + i - offset);
        out += length;
    }
    return out == out_end;
}
