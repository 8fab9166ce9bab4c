#include "CKernels.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

static void in_range_portable(const uint8_t *levels, size_t count, uint8_t low, uint8_t span, uint64_t *bitmap) {
    for (size_t first = 0; first < count; first += 64) {
        size_t part = count - first < 64 ? count - first : 64;
        uint64_t word = 0;
        for (size_t i = 0; i < part; i++) word |= (uint64_t)((uint8_t)(levels[first + i] - low) <= span) << i;
        bitmap[first >> 6] = word;
    }
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static void in_range_avx2(const uint8_t *levels, size_t count, uint8_t low, uint8_t span,
                                                          uint64_t *bitmap) {
    const __m256i lowest = _mm256_set1_epi8((char)low), widest = _mm256_set1_epi8((char)span);
    size_t first = 0;
    for (; first + 64 <= count; first += 64) {
        __m256i a = _mm256_sub_epi8(_mm256_loadu_si256((const __m256i *)(levels + first)), lowest);
        __m256i b = _mm256_sub_epi8(_mm256_loadu_si256((const __m256i *)(levels + first + 32)), lowest);
        uint32_t front = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_min_epu8(a, widest), a));
        uint32_t back = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_min_epu8(b, widest), b));
        bitmap[first >> 6] = (uint64_t)back << 32 | front;
    }
    if (first < count) in_range_portable(levels + first, count - first, low, span, bitmap + (first >> 6));
}

__attribute__((target("avx512f,avx512bw"))) static void in_range_avx512(const uint8_t *levels, size_t count, uint8_t low,
                                                                        uint8_t span, uint64_t *bitmap) {
    const __m512i lowest = _mm512_set1_epi8((char)low), widest = _mm512_set1_epi8((char)span);
    for (size_t first = 0; first < count; first += 64) {
        size_t part = count - first < 64 ? count - first : 64;
        __mmask64 wanted = part == 64 ? ~0ull : (1ull << part) - 1;
        __m512i offsets = _mm512_sub_epi8(_mm512_maskz_loadu_epi8(wanted, levels + first), lowest);
        bitmap[first >> 6] = _mm512_mask_cmple_epu8_mask(wanted, offsets, widest);
    }
}
#endif

void ck_in_range_at(ck_level level, const uint8_t *levels, size_t count, uint8_t low, uint8_t high, uint64_t *bitmap) {
    uint8_t span = (uint8_t)(high - low);
#if defined(__x86_64__)
    if (level == CK_AVX512) {
        in_range_avx512(levels, count, low, span, bitmap);
        return;
    }
    if (level == CK_AVX2) {
        in_range_avx2(levels, count, low, span, bitmap);
        return;
    }
#else
    (void)level;
#endif
    in_range_portable(levels, count, low, span, bitmap);
}

void ck_in_range(const uint8_t *levels, size_t count, uint8_t low, uint8_t high, uint64_t *bitmap) {
    ck_in_range_at(ck_best_level(), levels, count, low, high, bitmap);
}

size_t ck_count_words(const uint64_t *words, size_t word_count) {
    size_t sum = 0;
    for (size_t i = 0; i < word_count; i++) sum += (size_t)__builtin_popcountll(words[i]);
    return sum;
}

static size_t count_portable(const uint8_t *levels, size_t count, uint8_t value) {
    size_t sum = 0;
    for (size_t i = 0; i < count; i++) sum += levels[i] == value;
    return sum;
}

#if defined(__x86_64__)
// Matches are counted as bytes of -1, which hold 255 of them before they have to be added up.
__attribute__((target("avx2"))) static size_t count_avx2(const uint8_t *levels, size_t count, uint8_t value) {
    const __m256i wanted = _mm256_set1_epi8((char)value), zero = _mm256_setzero_si256();
    __m256i sums = zero;
    size_t i = 0;
    while (i + 32 <= count) {
        __m256i matches = zero;
        for (unsigned turn = 0; turn < 255 && i + 32 <= count; turn++, i += 32) {
            __m256i bytes = _mm256_loadu_si256((const __m256i *)(levels + i));
            matches = _mm256_sub_epi8(matches, _mm256_cmpeq_epi8(bytes, wanted));
        }
        sums = _mm256_add_epi64(sums, _mm256_sad_epu8(matches, zero));
    }
    uint64_t lanes[4];
    _mm256_storeu_si256((__m256i *)lanes, sums);
    return (size_t)(lanes[0] + lanes[1] + lanes[2] + lanes[3]) + count_portable(levels + i, count - i, value);
}
#endif

size_t ck_count_value_at(ck_level level, const uint8_t *levels, size_t count, uint8_t value) {
#if defined(__x86_64__)
    if (level != CK_PORTABLE) return count_avx2(levels, count, value);
#else
    (void)level;
#endif
    return count_portable(levels, count, value);
}

size_t ck_count_value(const uint8_t *levels, size_t count, uint8_t value) {
    return ck_count_value_at(ck_best_level(), levels, count, value);
}

size_t ck_find_value(const uint8_t *levels, size_t count, uint8_t value, size_t rank) {
    const ck_level level = ck_best_level();
    const size_t stride = 1024;
    size_t first = 0;
    // Whole strides are counted without a branch each.
    while (first + stride <= count) {
        size_t found = ck_count_value_at(level, levels + first, stride, value);
        if (found > rank) break;
        rank -= found;
        first += stride;
    }
    for (; first < count; first++) {
        if (levels[first] == value && rank-- == 0) return first;
    }
    return count;
}

static inline uint64_t extract_portable(uint64_t bits, uint64_t places) {
    uint64_t result = 0;
    for (unsigned next = 0; places != 0; places &= places - 1, next++) {
        result |= (bits >> __builtin_ctzll(places) & 1) << next;
    }
    return result;
}

// Appends to a bitmap word by word; what lies beyond the last bit becomes zero.
#define COMPRESS(extract)                                                               \
    size_t bit = 0;                                                                     \
    uint64_t pending = 0;                                                               \
    for (size_t i = 0; i < word_count; i++) {                                           \
        unsigned added = (unsigned)__builtin_popcountll(places[i]), used = bit & 63;    \
        uint64_t found = extract(bits[i], places[i]);                                   \
        pending |= found << used;                                                       \
        if (used + added >= 64) {                                                       \
            memcpy(target + ((bit & ~(size_t)63) >> 3), &pending, 8);                   \
            pending = used == 0 ? 0 : found >> (64 - used);                             \
        }                                                                               \
        bit += added;                                                                   \
    }                                                                                   \
    memcpy(target + ((bit & ~(size_t)63) >> 3), &pending, ((bit & 63) + 7) >> 3);       \
    return bit;

static size_t compress_portable(uint8_t *target, const uint64_t *bits, const uint64_t *places, size_t word_count) {
    COMPRESS(extract_portable)
}

#if defined(__x86_64__)
__attribute__((target("bmi2,popcnt"))) static size_t compress_bmi2(uint8_t *target, const uint64_t *bits,
                                                                   const uint64_t *places, size_t word_count) {
    COMPRESS(_pext_u64)
}
#endif

size_t ck_compress_bits_at(ck_level level, uint8_t *target, const uint64_t *bits, const uint64_t *places, size_t word_count) {
#if defined(__x86_64__)
    // Every processor with AVX2 has these, too.
    if (level != CK_PORTABLE) return compress_bmi2(target, bits, places, word_count);
#else
    (void)level;
#endif
    return compress_portable(target, bits, places, word_count);
}

size_t ck_compress_bits(uint8_t *target, const uint64_t *bits, const uint64_t *places, size_t word_count) {
    return ck_compress_bits_at(ck_best_level(), target, bits, places, word_count);
}

void ck_list_offsets(const uint64_t *lists, const uint64_t *elements, size_t word_count, int32_t *offsets) {
    int32_t before = 0;
    size_t next = 0;
    for (size_t i = 0; i < word_count; i++) {
        for (uint64_t left = lists[i]; left != 0; left &= left - 1) {
            uint64_t lower = (left & -left) - 1;
            offsets[next++] = before + (int32_t)__builtin_popcountll(elements[i] & lower);
        }
        before += (int32_t)__builtin_popcountll(elements[i]);
    }
    offsets[next] = before;
}

bool ck_offsets_step_by(const int32_t *offsets, size_t count, int32_t step) {
    bool same = true;
    for (size_t i = 0; i <= count; i++) same &= (int64_t)offsets[i] == (int64_t)i * step;
    return same;
}

void ck_widen_offsets(uint8_t *offsets, size_t count) {
    for (size_t i = count; i-- > 0;) {
        int32_t narrow;
        memcpy(&narrow, offsets + 4 * i, 4);
        int64_t wide = narrow;
        memcpy(offsets + 8 * i, &wide, 8);
    }
}
