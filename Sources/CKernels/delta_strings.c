#include "CKernels.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

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

static size_t copy_prefixed_portable(const uint8_t *suffixes, size_t suffix_byte_count, const ck_prefixed *parts,
                                     size_t count, const uint8_t *previous, uint8_t *target, int32_t *offsets,
                                     size_t position) {
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

#if defined(__x86_64__)
static inline size_t smaller(size_t left, size_t right) { return left < right ? left : right; }

// The first 64 bytes of a string stay in a register for the next one: read back, they would wait for the stores that
// they lie across. A suffix is loaded at the distance of its prefix, masked, so that nothing outside it is read.
__attribute__((target("avx512f,avx512bw,bmi2"))) static size_t copy_prefixed_avx512(
    const uint8_t *suffix, const ck_prefixed *parts, size_t count, const uint8_t *previous, uint8_t *target,
    int32_t *offsets, size_t position) {
    const size_t width = 64;
    const uint8_t *before = previous;
    __m512i head = _mm512_setzero_si512();
    if (count > 0) head = _mm512_maskz_loadu_epi8(_bzhi_u64(~0ull, (unsigned)smaller(parts[0].prefix, width)), previous);
    for (size_t i = 0; i < count; i++) {
        size_t prefix = parts[i].prefix, length = prefix + parts[i].suffix;
        uint8_t *place = target + position;
        offsets[i] = (int32_t)position;
        if (prefix < width) {
            __mmask64 kept = _bzhi_u64(~0ull, (unsigned)prefix);
            __mmask64 wanted = _bzhi_u64(~0ull, (unsigned)smaller(length, width)) & ~kept;
            __m512i own = _mm512_maskz_loadu_epi8(wanted, (const void *)((uintptr_t)suffix - prefix));
            head = _mm512_mask_mov_epi8(own, kept, head);
        }
        _mm512_storeu_si512(place, head);
        if (length > width) {
            size_t start = prefix > width ? prefix : width;
            memcpy(place + width, before + width, start - width);
            memcpy(place + start, suffix + (start - prefix), length - start);
        }
        before = place;
        suffix += parts[i].suffix;
        position += length;
    }
    return position;
}
#endif

size_t ck_copy_prefixed_at(ck_level level, const uint8_t *suffixes, size_t suffix_byte_count, const ck_prefixed *parts,
                           size_t count, const uint8_t *previous, uint8_t *target, int32_t *offsets, size_t position) {
#if defined(__x86_64__)
    if (level == CK_AVX512) return copy_prefixed_avx512(suffixes, parts, count, previous, target, offsets, position);
#else
    (void)level;
#endif
    return copy_prefixed_portable(suffixes, suffix_byte_count, parts, count, previous, target, offsets, position);
}

size_t ck_copy_prefixed(const uint8_t *suffixes, size_t suffix_byte_count, const ck_prefixed *parts, size_t count,
                        const uint8_t *previous, uint8_t *target, int32_t *offsets, size_t position) {
    return ck_copy_prefixed_at(ck_best_level(), suffixes, suffix_byte_count, parts, count, previous, target, offsets,
                               position);
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
