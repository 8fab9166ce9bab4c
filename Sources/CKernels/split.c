#include "CKernels.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

// One value after another, put together in a register. `type` is as wide as the value.
#define JOIN(type)                                                                                        \
    for (size_t i = 0; i < count; i++) {                                                                  \
        type value = 0;                                                                                   \
        for (size_t k = 0; k < sizeof(type); k++) value |= (type)((type)source[k * stride + i] << (8 * k)); \
        memcpy(target + i * sizeof(type), &value, sizeof(type));                                          \
    }

// Any width: a run of each stream at a time, short enough that its values stay in the nearest cache.
static void split_any(const uint8_t *source, size_t stride, size_t width, size_t count, uint8_t *target) {
    const size_t run = 128;
    for (size_t done = 0; done < count; done += run) {
        size_t part = count - done < run ? count - done : run;
        for (size_t k = 0; k < width; k++) {
            const uint8_t *stream = source + k * stride + done;
            uint8_t *place = target + done * width + k;
            for (size_t i = 0; i < part; i++) place[i * width] = stream[i];
        }
    }
}

static void split_portable(const uint8_t *source, size_t stride, size_t width, size_t count, uint8_t *target) {
    switch (width) {
    case 1: memcpy(target, source, count); break;
    case 2: JOIN(uint16_t) break;
    case 4: JOIN(uint32_t) break;
    case 8: JOIN(uint64_t) break;
    default: split_any(source, stride, width, count, target);
    }
}

#if defined(__x86_64__)
// A register of each stream. One step interleaves each register of the first half with its partner of the second half;
// after as many steps as `width` has bits, every byte has moved from stream order to value order. All loops have constant
// bounds and unroll. Returns the values done: whole registers only.

#define WITH_AVX2 __attribute__((target("avx2")))
#define WITH_AVX512 __attribute__((target("avx512f,avx512bw,avx512vbmi")))
#define UNROLL _Pragma("clang loop unroll(full)")

WITH_AVX2 __attribute__((always_inline)) static inline size_t split_avx2(const uint8_t *source, size_t stride,
                                                                         const size_t width, size_t count,
                                                                         uint8_t *target) {
    size_t done = 0;
    for (; done + 32 <= count; done += 32, target += 32 * width) {
        __m256i rows[16], next[16];
        UNROLL for (size_t k = 0; k < width; k++) {
            rows[k] = _mm256_loadu_si256((const __m256i *)(source + k * stride + done));
        }
        UNROLL for (size_t step = 1; step < width; step *= 2) {
            UNROLL for (size_t k = 0; k < width / 2; k++) {
                next[2 * k] = _mm256_unpacklo_epi8(rows[k], rows[k + width / 2]);
                next[2 * k + 1] = _mm256_unpackhi_epi8(rows[k], rows[k + width / 2]);
            }
            UNROLL for (size_t k = 0; k < width; k++) rows[k] = next[k];
        }
        // The halves of a register never mix: the lower ones hold the first sixteen values.
        UNROLL for (size_t k = 0; k < width; k++) {
            _mm_storeu_si128((__m128i *)(target + 16 * k), _mm256_castsi256_si128(rows[k]));
            _mm_storeu_si128((__m128i *)(target + 16 * (width + k)), _mm256_extracti128_si256(rows[k], 1));
        }
    }
    return done;
}

// Here the loads are shuffled so that the quarters, which never mix either, come out as 64 bytes in a row: quarter q of
// register k must end with values (4 * k + q) * g and up, where 16 bytes hold g of them.
WITH_AVX512 __attribute__((always_inline)) static inline size_t split_avx512(const uint8_t *source, size_t stride,
                                                                             const size_t width, size_t count,
                                                                             uint8_t *target) {
    const size_t group = 16 / width;
    uint8_t places[64];
    for (size_t i = 0; i < 64; i++) places[i] = (uint8_t)((4 * (i % 16 / group) + i / 16) * group + i % group);
    const __m512i order = _mm512_loadu_si512(places);
    size_t done = 0;
    for (; done + 64 <= count; done += 64, target += 64 * width) {
        __m512i rows[16], next[16];
        UNROLL for (size_t k = 0; k < width; k++) {
            rows[k] = _mm512_permutexvar_epi8(order, _mm512_loadu_si512(source + k * stride + done));
        }
        UNROLL for (size_t step = 1; step < width; step *= 2) {
            UNROLL for (size_t k = 0; k < width / 2; k++) {
                next[2 * k] = _mm512_unpacklo_epi8(rows[k], rows[k + width / 2]);
                next[2 * k + 1] = _mm512_unpackhi_epi8(rows[k], rows[k + width / 2]);
            }
            UNROLL for (size_t k = 0; k < width; k++) rows[k] = next[k];
        }
        UNROLL for (size_t k = 0; k < width; k++) _mm512_storeu_si512(target + 64 * k, rows[k]);
    }
    return done;
}

#define TWINS(width)                                                                                              \
    WITH_AVX2 static size_t split_##width##_avx2(const uint8_t *source, size_t stride, size_t count, uint8_t *target) { \
        return split_avx2(source, stride, width, count, target);                                                  \
    }                                                                                                             \
    WITH_AVX512 static size_t split_##width##_avx512(const uint8_t *source, size_t stride, size_t count,          \
                                                     uint8_t *target) {                                           \
        return split_avx512(source, stride, width, count, target);                                                \
    }
TWINS(2)
TWINS(4)
TWINS(8)
TWINS(16)

static size_t split_at(ck_level level, const uint8_t *source, size_t stride, size_t width, size_t count,
                       uint8_t *target) {
    bool wide = level == CK_AVX512;
    switch (width) {
    case 2: return (wide ? split_2_avx512 : split_2_avx2)(source, stride, count, target);
    case 4: return (wide ? split_4_avx512 : split_4_avx2)(source, stride, count, target);
    case 8: return (wide ? split_8_avx512 : split_8_avx2)(source, stride, count, target);
    case 16: return (wide ? split_16_avx512 : split_16_avx2)(source, stride, count, target);
    default: return 0;
    }
}
#endif

void ck_byte_stream_split_at(ck_level level, const uint8_t *source, size_t stream_byte_count, size_t width, size_t first,
                             size_t count, uint8_t *target) {
    size_t done = 0;
    source += first;
#if defined(__x86_64__)
    if (level != CK_PORTABLE) done = split_at(level, source, stream_byte_count, width, count, target);
#else
    (void)level;
#endif
    split_portable(source + done, stream_byte_count, width, count - done, target + done * width);
}

void ck_byte_stream_split(const uint8_t *source, size_t stream_byte_count, size_t width, size_t first, size_t count,
                          uint8_t *target) {
    ck_byte_stream_split_at(ck_best_level(), source, stream_byte_count, width, first, count, target);
}
