#include "CKernels.h"

#include <string.h>

ptrdiff_t ck_length_views(const uint32_t *lengths, size_t count, size_t offset, size_t byte_count, ck_view *views) {
    for (size_t i = 0; i < count; i++) {
        // A negative length is a large one.
        if (lengths[i] > byte_count - offset) return -1;
        views[i] = (ck_view){(uint32_t)offset, lengths[i]};
        offset += lengths[i];
    }
    return (ptrdiff_t)offset;
}

ptrdiff_t ck_prefixed_parts(const uint32_t *prefixes, const uint32_t *suffixes, size_t count, uint32_t *previous_length,
                            size_t byte_count, ck_prefixed *parts, uint64_t *total) {
    size_t used = 0;
    uint64_t sum = 0;
    uint32_t previous = *previous_length;
    for (size_t i = 0; i < count; i++) {
        if (prefixes[i] > previous || suffixes[i] > byte_count - used) return -1;
        parts[i] = (ck_prefixed){prefixes[i], suffixes[i]};
        used += suffixes[i];
        // No overflow: a value is never longer than all suffixes together.
        previous = prefixes[i] + suffixes[i];
        sum += previous;
    }
    *previous_length = previous;
    *total += sum;
    return (ptrdiff_t)used;
}

uint64_t ck_sum_prefixed_lengths(const ck_prefixed *parts, size_t count, uint64_t *suffix_byte_count) {
    uint64_t sum = 0, suffixes = 0;
    for (size_t i = 0; i < count; i++) {
        sum += parts[i].prefix;
        suffixes += parts[i].suffix;
    }
    *suffix_byte_count = suffixes;
    return sum + suffixes;
}

static inline void copy_chunk(uint8_t *target, const uint8_t *source) {
    uint8_t chunk[16];
    memcpy(chunk, source, 16);
    memcpy(target, chunk, 16);
}

// Copies `length` bytes that lie wholly before `target`, in chunks that may go beyond both. The first two are copied
// whether they are needed or not, since a loop whose turns differ from string to string costs more.
static inline void copy_forward(uint8_t *target, const uint8_t *source, size_t length) {
    copy_chunk(target, source);
    copy_chunk(target + 16, source + 16);
    for (size_t done = 32; done < length; done += 16) copy_chunk(target + done, source + done);
}

size_t ck_copy_prefixed(const uint8_t *suffixes, size_t suffix_byte_count, const ck_prefixed *parts, size_t count,
                        const uint8_t *previous, uint8_t *target, int32_t *offsets, size_t position) {
    const uint8_t *before = previous, *suffix = suffixes, *suffix_end = suffixes + suffix_byte_count;
    for (size_t i = 0; i < count; i++) {
        ck_prefixed part = parts[i];
        uint8_t *place = target + position;
        offsets[i] = (int32_t)position;
        if (i == 0) {
            // The value before lies elsewhere, without slack.
            memcpy(place, before, part.prefix);
        } else {
            copy_forward(place, before, part.prefix);
        }
        if (__builtin_expect((size_t)(suffix_end - suffix) >= part.suffix + (size_t)32, 1)) {
            copy_forward(place + part.prefix, suffix, part.suffix);
        } else {
            memcpy(place + part.prefix, suffix, part.suffix);
        }
        before = place;
        suffix += part.suffix;
        position += part.prefix + part.suffix;
    }
    return position;
}

void ck_make_views(uint8_t *target, const uint8_t *data, const int32_t *offsets, size_t count) {
    for (size_t i = 0; i < count; i++) {
        uint32_t start = (uint32_t)offsets[i], length = (uint32_t)(offsets[i + 1] - offsets[i]);
        uint8_t view[16] = {0};
        memcpy(view, &length, 4);
        if (length <= 12) {
            memcpy(view + 4, data + start, length);
        } else {
            memcpy(view + 4, data + start, 4);
            memcpy(view + 12, &start, 4);
        }
        memcpy(target + 16 * i, view, 16);
    }
}
