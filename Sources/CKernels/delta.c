#include "CKernels.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

// The lowest `count` bits, 0 ... 64.
static inline uint64_t low_bits(unsigned count) { return count == 0 ? 0 : ~0ull >> (64 - count); }

// `width` bits from any bit position; up to 64 bits and a shift may lie in nine bytes. Where eight bytes would reach beyond
// the end, the last eight serve, so there must be as many.
static inline uint64_t bits_at(const uint8_t *source, size_t byte_count, size_t bit, unsigned width) {
    size_t byte = bit >> 3, last = byte_count - 8;
    unsigned shift = bit & 7;
    if (byte > last) {
        shift += 8 * (unsigned)(byte - last);
        byte = last;
    }
    uint64_t word;
    memcpy(&word, source + byte, 8);
    word >>= shift;
    if (shift + width > 64) word |= (uint64_t)source[byte + 8] << (64 - shift);
    return word & low_bits(width);
}

#define DELTAS(type)                                                          \
    uint8_t padded[8] = {0};                                                  \
    if (count == 0) return running;                                           \
    if (byte_count < 8) {                                                     \
        memcpy(padded, source, byte_count);                                   \
        source = padded;                                                      \
        byte_count = 8;                                                       \
    }                                                                         \
    size_t bit = first * width;                                               \
    for (size_t i = 0; i < count; i++, bit += width) {                        \
        running += min_delta + (type)bits_at(source, byte_count, bit, width); \
        memcpy(target + i * sizeof(type), &running, sizeof(type));            \
    }                                                                         \
    return running;

static uint64_t delta_64_portable(const uint8_t *source, size_t byte_count, unsigned width, size_t first, size_t count,
                                  uint64_t min_delta, uint64_t running, uint8_t *target) {
    DELTAS(uint64_t)
}

static uint32_t delta_32_portable(const uint8_t *source, size_t byte_count, unsigned width, size_t first, size_t count,
                                  uint32_t min_delta, uint32_t running, uint8_t *target) {
    DELTAS(uint32_t)
}

#if defined(__x86_64__)
// The twins start where a value starts at a byte, so every group of eight values has the same shifts. A shuffle brings
// the bytes of each value to its lane; a shift and a mask leave the delta. Adding a register to itself moved by one, two
// and four lanes turns deltas into sums; the sum before the register is added last, which keeps that chain short.

#define WITH_AVX2 __attribute__((target("avx2,bmi2")))
#define WITH_AVX512 __attribute__((target("avx512f,avx512bw,avx512vbmi,avx512vbmi2,bmi2")))

// Two deltas in each half of a register.
typedef struct {
    size_t offset[2];
    __m256i order, shift;
} pairs;

// For values 4 * half ..< 4 * half + 4 of a group.
WITH_AVX2 static inline pairs pairs_of(unsigned width, unsigned half) {
    const __m256i lane = _mm256_setr_epi64x(0, 1, 2, 3);
    const __m256i first = _mm256_set1_epi64x(0), own = _mm256_setr_epi64x(0, 0x0808080808080808, 0, 0x0808080808080808);
    __m256i bit = _mm256_mul_epu32(_mm256_add_epi64(lane, _mm256_set1_epi64x(4 * half)), _mm256_set1_epi64x(width));
    __m256i byte = _mm256_srli_epi64(bit, 3);
    // Where a value starts, less where its pair starts.
    __m256i start = _mm256_sub_epi8(_mm256_shuffle_epi8(byte, own), _mm256_shuffle_epi8(byte, first));
    pairs it;
    it.offset[0] = 4 * half * width >> 3;
    it.offset[1] = (4 * half + 2) * width >> 3;
    it.order = _mm256_add_epi8(start, _mm256_set1_epi64x(0x0706050403020100));
    it.shift = _mm256_and_si256(bit, _mm256_set1_epi64x(7));
    return it;
}

WITH_AVX2 static inline __m256i sums_of_4(const uint8_t *source, const pairs *it, __m256i mask, __m256i min_delta) {
    __m256i bytes = _mm256_inserti128_si256(
        _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)(source + it->offset[0]))),
        _mm_loadu_si128((const __m128i *)(source + it->offset[1])), 1);
    __m256i sums = _mm256_and_si256(_mm256_srlv_epi64(_mm256_shuffle_epi8(bytes, it->order), it->shift), mask);
    sums = _mm256_add_epi64(sums, min_delta);
    sums = _mm256_add_epi64(sums, _mm256_slli_si256(sums, 8));
    __m256i middle = _mm256_permute4x64_epi64(sums, 0x55);
    return _mm256_add_epi64(sums, _mm256_blend_epi32(_mm256_setzero_si256(), middle, 0xf0));
}

// Eight values a turn, as long as 16 bytes can be read for each pair. Needs a value and its shift in 64 bits.
WITH_AVX2 static size_t delta_64_avx2(const uint8_t *source, size_t byte_count, unsigned width, size_t count,
                                      uint64_t min_delta, uint64_t previous, uint8_t *target) {
    pairs low = pairs_of(width, 0), high = pairs_of(width, 1);
    __m256i mask = _mm256_set1_epi64x((long long)_bzhi_u64(~0ull, width));
    __m256i least = _mm256_set1_epi64x((long long)min_delta), before = _mm256_set1_epi64x((long long)previous);
    size_t done = 0;
    for (; done + 8 <= count && high.offset[1] + 16 <= byte_count; done += 8, source += width, byte_count -= width) {
        __m256i first = sums_of_4(source, &low, mask, least), second = sums_of_4(source, &high, mask, least);
        second = _mm256_add_epi64(second, _mm256_permute4x64_epi64(first, 0xff));
        _mm256_storeu_si256((__m256i *)(target + 8 * done), _mm256_add_epi64(first, before));
        _mm256_storeu_si256((__m256i *)(target + 8 * done + 32), _mm256_add_epi64(second, before));
        before = _mm256_add_epi64(before, _mm256_permute4x64_epi64(second, 0xff));
    }
    return done;
}

// Eight values a turn, four in each half of the register. Needs a value and its shift in 32 bits.
WITH_AVX2 static size_t delta_32_avx2(const uint8_t *source, size_t byte_count, unsigned width, size_t count,
                                      uint32_t min_delta, uint32_t previous, uint8_t *target) {
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    const int half = (int)(4 * width >> 3);
    __m256i bit = _mm256_mullo_epi32(lane, _mm256_set1_epi32((int)width));
    __m256i shift = _mm256_and_si256(bit, _mm256_set1_epi32(7));
    __m256i byte = _mm256_sub_epi32(_mm256_srli_epi32(bit, 3), _mm256_setr_epi32(0, 0, 0, 0, half, half, half, half));
    __m256i order = _mm256_add_epi32(_mm256_mullo_epi32(byte, _mm256_set1_epi32(0x01010101)),
                                     _mm256_set1_epi32(0x03020100));
    __m256i mask = _mm256_set1_epi32((int)_bzhi_u32(~0u, width));
    __m256i least = _mm256_set1_epi32((int)min_delta), before = _mm256_set1_epi32((int)previous);
    size_t done = 0;
    for (; done + 8 <= count && (size_t)half + 16 <= byte_count; done += 8, source += width, byte_count -= width) {
        __m256i bytes = _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)source)),
                                                _mm_loadu_si128((const __m128i *)(source + half)), 1);
        __m256i sums = _mm256_and_si256(_mm256_srlv_epi32(_mm256_shuffle_epi8(bytes, order), shift), mask);
        sums = _mm256_add_epi32(sums, least);
        sums = _mm256_add_epi32(sums, _mm256_slli_si256(sums, 4));
        sums = _mm256_add_epi32(sums, _mm256_slli_si256(sums, 8));
        __m256i middle = _mm256_permutevar8x32_epi32(sums, _mm256_set1_epi32(3));
        sums = _mm256_add_epi32(sums, _mm256_blend_epi32(_mm256_setzero_si256(), middle, 0xf0));
        _mm256_storeu_si256((__m256i *)(target + 4 * done), _mm256_add_epi32(sums, before));
        before = _mm256_add_epi32(before, _mm256_permutevar8x32_epi32(sums, _mm256_set1_epi32(7)));
    }
    return done;
}

// Eight values a turn. The masks keep away what lies behind the last value, on both sides.
WITH_AVX512 static void delta_64_avx512(const uint8_t *source, unsigned width, size_t count, uint64_t min_delta,
                                        uint64_t previous, uint8_t *target) {
    const __m512i lane = _mm512_setr_epi64(0, 1, 2, 3, 4, 5, 6, 7), zero = _mm512_setzero_si512();
    __m512i bit = _mm512_mul_epu32(lane, _mm512_set1_epi64(width));
    __m512i shift = _mm512_and_si512(bit, _mm512_set1_epi64(7));
    __m512i byte = _mm512_shuffle_epi8(_mm512_srli_epi64(bit, 3), _mm512_set4_epi32(0x08080808, 0x08080808, 0, 0));
    __m512i order = _mm512_add_epi8(byte, _mm512_set1_epi64(0x0706050403020100));
    __m512i order_above = _mm512_add_epi8(order, _mm512_set1_epi8(8));
    __m512i mask = _mm512_set1_epi64((long long)_bzhi_u64(~0ull, width));
    __m512i least = _mm512_set1_epi64((long long)min_delta), before = _mm512_set1_epi64((long long)previous);
    for (size_t done = 0; done < count; done += 8, source += width) {
        unsigned part = count - done < 8 ? (unsigned)(count - done) : 8;
        __mmask64 wanted = _bzhi_u64(~0ull, (part * width + 7) / 8);
        __m512i bytes = _mm512_maskz_loadu_epi8(wanted, source);
        __m512i low = _mm512_permutexvar_epi8(order, bytes), high = _mm512_permutexvar_epi8(order_above, bytes);
        __m512i sums = _mm512_and_si512(_mm512_shrdv_epi64(low, high, shift), mask);
        sums = _mm512_add_epi64(sums, least);
        sums = _mm512_add_epi64(sums, _mm512_alignr_epi64(sums, zero, 7));
        sums = _mm512_add_epi64(sums, _mm512_alignr_epi64(sums, zero, 6));
        sums = _mm512_add_epi64(sums, _mm512_alignr_epi64(sums, zero, 4));
        _mm512_mask_storeu_epi64(target + 8 * done, (__mmask8)_bzhi_u32(0xff, part), _mm512_add_epi64(sums, before));
        before = _mm512_add_epi64(before, _mm512_permutexvar_epi64(_mm512_set1_epi64(7), sums));
    }
}

// The same for sixteen values a turn.
WITH_AVX512 static void delta_32_avx512(const uint8_t *source, unsigned width, size_t count, uint32_t min_delta,
                                        uint32_t previous, uint8_t *target) {
    const __m512i lane = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const __m512i zero = _mm512_setzero_si512();
    __m512i bit = _mm512_mullo_epi32(lane, _mm512_set1_epi32((int)width));
    __m512i shift = _mm512_and_si512(bit, _mm512_set1_epi32(7));
    __m512i byte = _mm512_shuffle_epi8(_mm512_srli_epi32(bit, 3),
                                       _mm512_set4_epi32(0x0c0c0c0c, 0x08080808, 0x04040404, 0));
    __m512i order = _mm512_add_epi8(byte, _mm512_set1_epi32(0x03020100));
    __m512i order_above = _mm512_add_epi8(order, _mm512_set1_epi8(4));
    __m512i mask = _mm512_set1_epi32((int)_bzhi_u32(~0u, width));
    __m512i least = _mm512_set1_epi32((int)min_delta), before = _mm512_set1_epi32((int)previous);
    for (size_t done = 0; done < count; done += 16, source += 2 * width) {
        unsigned part = count - done < 16 ? (unsigned)(count - done) : 16;
        __mmask64 wanted = _bzhi_u64(~0ull, (part * width + 7) / 8);
        __m512i bytes = _mm512_maskz_loadu_epi8(wanted, source);
        __m512i low = _mm512_permutexvar_epi8(order, bytes), high = _mm512_permutexvar_epi8(order_above, bytes);
        __m512i sums = _mm512_and_si512(_mm512_shrdv_epi32(low, high, shift), mask);
        sums = _mm512_add_epi32(sums, least);
        sums = _mm512_add_epi32(sums, _mm512_alignr_epi32(sums, zero, 15));
        sums = _mm512_add_epi32(sums, _mm512_alignr_epi32(sums, zero, 14));
        sums = _mm512_add_epi32(sums, _mm512_alignr_epi32(sums, zero, 12));
        sums = _mm512_add_epi32(sums, _mm512_alignr_epi32(sums, zero, 8));
        _mm512_mask_storeu_epi32(target + 4 * done, (__mmask16)_bzhi_u32(0xffff, part), _mm512_add_epi32(sums, before));
        before = _mm512_add_epi32(before, _mm512_permutexvar_epi32(_mm512_set1_epi32(15), sums));
    }
}

// The values before the next that starts at a byte, at most `count`.
static inline size_t head_count(size_t first, size_t count) {
    size_t head = (8 - (first & 7)) & 7;
    return head < count ? head : count;
}
#endif

uint64_t ck_delta_64_at(ck_level level, const uint8_t *source, size_t source_byte_count, unsigned width, size_t first,
                        size_t count, uint64_t min_delta, uint64_t previous, uint8_t *target) {
#if defined(__x86_64__)
    size_t head = level == CK_PORTABLE ? 0 : head_count(first, count);
    if (head > 0) {
        previous = delta_64_portable(source, source_byte_count, width, first, head, min_delta, previous, target);
        first += head;
        count -= head;
        target += 8 * head;
    }
    size_t byte = (first >> 3) * width, done = 0;
    if (level == CK_AVX512) {
        delta_64_avx512(source + byte, width, count, min_delta, previous, target);
        done = count;
    } else if (level == CK_AVX2 && width <= 57 && count >= 8) {
        done = delta_64_avx2(source + byte, source_byte_count - byte, width, count, min_delta, previous, target);
    }
    if (done > 0) memcpy(&previous, target + 8 * (done - 1), 8);
    first += done;
    count -= done;
    target += 8 * done;
#else
    (void)level;
#endif
    return delta_64_portable(source, source_byte_count, width, first, count, min_delta, previous, target);
}

uint32_t ck_delta_32_at(ck_level level, const uint8_t *source, size_t source_byte_count, unsigned width, size_t first,
                        size_t count, uint32_t min_delta, uint32_t previous, uint8_t *target) {
#if defined(__x86_64__)
    size_t head = level == CK_PORTABLE ? 0 : head_count(first, count);
    if (head > 0) {
        previous = delta_32_portable(source, source_byte_count, width, first, head, min_delta, previous, target);
        first += head;
        count -= head;
        target += 4 * head;
    }
    size_t byte = (first >> 3) * width, done = 0;
    if (level == CK_AVX512) {
        delta_32_avx512(source + byte, width, count, min_delta, previous, target);
        done = count;
    } else if (level == CK_AVX2 && width <= 25 && count >= 8) {
        done = delta_32_avx2(source + byte, source_byte_count - byte, width, count, min_delta, previous, target);
    }
    if (done > 0) memcpy(&previous, target + 4 * (done - 1), 4);
    first += done;
    count -= done;
    target += 4 * done;
#else
    (void)level;
#endif
    return delta_32_portable(source, source_byte_count, width, first, count, min_delta, previous, target);
}

uint64_t ck_delta_64(const uint8_t *source, size_t source_byte_count, unsigned width, size_t first, size_t count,
                     uint64_t min_delta, uint64_t previous, uint8_t *target) {
    return ck_delta_64_at(ck_best_level(), source, source_byte_count, width, first, count, min_delta, previous, target);
}

uint32_t ck_delta_32(const uint8_t *source, size_t source_byte_count, unsigned width, size_t first, size_t count,
                     uint32_t min_delta, uint32_t previous, uint8_t *target) {
    return ck_delta_32_at(ck_best_level(), source, source_byte_count, width, first, count, min_delta, previous, target);
}

ptrdiff_t ck_delta_miniblocks(const uint8_t *widths, size_t miniblock_count, size_t value_count, size_t byte_width,
                              const uint8_t *source, size_t source_byte_count, uint64_t min_delta, uint64_t *running,
                              uint8_t *target) {
    const ck_level level = ck_best_level();
    size_t offset = 0;
    for (size_t i = 0; i < miniblock_count; i++, target += value_count * byte_width) {
        unsigned width = widths[i];
        if (width > 8 * byte_width) return -1;
        size_t stored = value_count / 8 * width, rest = source_byte_count - offset;
        if (stored > rest) return -1;
        const uint8_t *deltas = source + offset;
        if (byte_width == 8) {
            *running = ck_delta_64_at(level, deltas, rest, width, 0, value_count, min_delta, *running, target);
        } else {
            *running = ck_delta_32_at(level, deltas, rest, width, 0, value_count, (uint32_t)min_delta, (uint32_t)*running, target);
        }
        offset += stored;
    }
    return (ptrdiff_t)offset;
}
