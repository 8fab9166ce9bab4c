#include "CKernels.h"

#include <string.h>

// The first `count` bytes that are ASCII for sure, in steps of 32.
static inline size_t ascii_prefix(const uint8_t *bytes, size_t count) {
    size_t i = 0;
    for (; i + 32 <= count; i += 32) {
        uint64_t words[4];
        memcpy(words, bytes + i, 32);
        if ((words[0] | words[1] | words[2] | words[3]) & 0x8080808080808080ull) break;
    }
    return i;
}

bool ck_is_ascii(const uint8_t *bytes, size_t count) {
    size_t i = ascii_prefix(bytes, count);
    uint8_t all = 0;
    if (i + 32 <= count) return false;
    for (; i < count; i++) all |= bytes[i];
    return all < 0x80;
}

static inline bool is_continuation(uint8_t byte) { return (byte & 0xc0) == 0x80; }

// Unicode, table 3-7: the second byte decides about overlong forms, surrogates and the upper end.
bool ck_is_utf8(const uint8_t *bytes, size_t count) {
    size_t i = 0;
    while (i < count) {
        uint8_t first = bytes[i];
        if (first < 0x80) {
            i += ascii_prefix(bytes + i, count - i);
            while (i < count && bytes[i] < 0x80) i += 1;
        } else if (first < 0xe0) {
            if (first < 0xc2 || count - i < 2 || !is_continuation(bytes[i + 1])) return false;
            i += 2;
        } else if (first < 0xf0) {
            if (count - i < 3 || !is_continuation(bytes[i + 1]) || !is_continuation(bytes[i + 2])) return false;
            if (first == 0xe0 && bytes[i + 1] < 0xa0) return false;
            if (first == 0xed && bytes[i + 1] > 0x9f) return false;
            i += 3;
        } else {
            if (first > 0xf4 || count - i < 4) return false;
            if (!is_continuation(bytes[i + 1]) || !is_continuation(bytes[i + 2]) || !is_continuation(bytes[i + 3])) {
                return false;
            }
            if (first == 0xf0 && bytes[i + 1] < 0x90) return false;
            if (first == 0xf4 && bytes[i + 1] > 0x8f) return false;
            i += 4;
        }
    }
    return true;
}

bool ck_starts_are_boundaries(const uint8_t *bytes, const int32_t *offsets, size_t count, int32_t end) {
    bool inside = false;
    for (size_t i = 0; i < count; i++) inside |= offsets[i] < end && is_continuation(bytes[offsets[i]]);
    return !inside;
}

bool ck_entries_are_utf8(const uint8_t *bytes, const ck_view *entries, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (!ck_is_utf8(bytes + entries[i].start, entries[i].length)) return false;
    }
    return true;
}
