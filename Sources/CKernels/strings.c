#include "CKernels.h"

#include <string.h>

ptrdiff_t ck_plain_views(const uint8_t *source, size_t source_byte_count, size_t count, ck_view *views,
                      uint64_t *total_length) {
    size_t offset = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t length;
        if (source_byte_count - offset < 4) return -1;
        memcpy(&length, source + offset, 4);
        offset += 4;
        if (length > source_byte_count - offset) return -1;
        views[i] = (ck_view){(uint32_t)offset, length};
        offset += length;
    }
    *total_length = offset - 4 * count;
    return (ptrdiff_t)offset;
}

uint64_t ck_sum_view_lengths(const ck_view *views, size_t count) {
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) sum += views[i].length;
    return sum;
}

uint64_t ck_sum_entry_lengths(const ck_view *entries, const uint32_t *indices, size_t count) {
    uint64_t first = 0, second = 0;
    size_t i = 0;
    for (; i + 2 <= count; i += 2) {
        first += entries[indices[i]].length;
        second += entries[indices[i + 1]].length;
    }
    if (i < count) first += entries[indices[i]].length;
    return first + second;
}

// Copies in chunks of a constant size, so that a short string costs no call and no unpredictable branch.
static inline void copy_chunks(uint8_t *restrict target, const uint8_t *source, size_t length, const size_t chunk) {
    memcpy(target, source, chunk);
    if (__builtin_expect(length > chunk, 0)) memcpy(target + chunk, source + chunk, length - chunk);
}

static inline size_t copy_views(const uint8_t *source, size_t source_byte_count, const ck_view *views, size_t count,
                                uint8_t *restrict target, int32_t *restrict offsets, size_t position, const size_t chunk) {
    for (size_t i = 0; i < count; i++) {
        ck_view view = views[i];
        offsets[i] = (int32_t)position;
        if (__builtin_expect(view.start + chunk <= source_byte_count, 1)) {
            copy_chunks(target + position, source + view.start, view.length, chunk);
        } else {
            memcpy(target + position, source + view.start, view.length);
        }
        position += view.length;
    }
    return position;
}

size_t ck_copy_views(const uint8_t *source, size_t source_byte_count, const ck_view *views, size_t count,
                     uint8_t *restrict target, int32_t *restrict offsets, size_t position, size_t average) {
    if (average <= 10) return copy_views(source, source_byte_count, views, count, target, offsets, position, 16);
    if (average <= 20) return copy_views(source, source_byte_count, views, count, target, offsets, position, 32);
    return copy_views(source, source_byte_count, views, count, target, offsets, position, 64);
}

static inline size_t copy_entries(const uint8_t *bytes, const ck_view *entries, const uint32_t *indices, size_t count,
                                  uint8_t *restrict target, int32_t *restrict offsets, size_t position, const size_t chunk) {
    for (size_t i = 0; i < count; i++) {
        ck_view entry = entries[indices[i]];
        offsets[i] = (int32_t)position;
        copy_chunks(target + position, bytes + entry.start, entry.length, chunk);
        position += entry.length;
    }
    return position;
}

size_t ck_copy_entries(const uint8_t *bytes, const ck_view *entries, const uint32_t *indices, size_t count,
                       uint8_t *restrict target, int32_t *restrict offsets, size_t position, size_t average) {
    if (average <= 10) return copy_entries(bytes, entries, indices, count, target, offsets, position, 16);
    if (average <= 20) return copy_entries(bytes, entries, indices, count, target, offsets, position, 32);
    return copy_entries(bytes, entries, indices, count, target, offsets, position, 64);
}

bool ck_pad_entries(uint8_t *padded, const uint8_t *bytes, const ck_view *entries, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (entries[i].length > 16) return false;
        memcpy(padded + 16 * i, bytes + entries[i].start, 16);
    }
    return true;
}

size_t ck_copy_short_entries(const uint8_t *padded, const ck_view *entries, const uint32_t *indices, size_t count,
                             uint8_t *restrict target, int32_t *restrict offsets, size_t position) {
    for (size_t i = 0; i < count; i++) {
        uint32_t index = indices[i];
        offsets[i] = (int32_t)position;
        memcpy(target + position, padded + 16 * (size_t)index, 16);
        position += entries[index].length;
    }
    return position;
}
