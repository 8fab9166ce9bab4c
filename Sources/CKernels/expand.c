#include "CKernels.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

// All forms go from the last row to the first, so that a value is never overwritten before it is moved: the values that
// are left are never more than the rows that are left. Once they are as many, all of them are in place.

// Eight rows, or what is left above the last multiple of eight. Each row takes a value, made of so many words, and keeps
// it or zeros: a branch would make bad guesses at random nulls.
#define EXPAND(word, words)                                                      \
    while (row > end && row > value_count) {                                     \
        size_t start = (row - 1) & ~(size_t)7;                                   \
        unsigned bits = validity[start >> 3];                                    \
        if (bits == 0) {                                                         \
            memset(values + start * width, 0, (row - start) * width);            \
            row = start;                                                         \
            continue;                                                            \
        }                                                                        \
        while (row > start) {                                                    \
            row -= 1;                                                            \
            unsigned valid = bits >> (row - start) & 1;                          \
            value_count -= valid;                                                \
            word value[words];                                                   \
            memcpy(value, values + value_count * sizeof(value), sizeof(value));  \
            for (int k = 0; k < words; k++) value[k] &= (word)(0 - (word)valid); \
            memcpy(values + row * sizeof(value), value, sizeof(value));          \
        }                                                                        \
    }

// Down to row `end`, a multiple of eight. Returns the values that are left.
static size_t expand_portable(uint8_t *values, size_t width, const uint8_t *validity, size_t row, size_t end,
                              size_t value_count) {
    switch (width) {
    case 1: EXPAND(uint8_t, 1) break;
    case 2: EXPAND(uint16_t, 1) break;
    case 4: EXPAND(uint32_t, 1) break;
    case 8: EXPAND(uint64_t, 1) break;
    case 16: EXPAND(uint64_t, 2) break;
    case 32: EXPAND(uint64_t, 4) break;
    default:
        while (row > end && row > value_count) {
            row -= 1;
            if (validity[row >> 3] >> (row & 7) & 1) {
                value_count -= 1;
                memmove(values + row * width, values + value_count * width, width);
            } else {
                memset(values + row * width, 0, width);
            }
        }
    }
    return value_count;
}

#if defined(__x86_64__)
#define WITH_AVX2 __attribute__((target("avx2,bmi2,popcnt")))
#define WITH_AVX512 __attribute__((target("avx512f,avx512bw,avx512vbmi2,bmi2,popcnt")))

// The twins take whole blocks of rows; first the rows above the last whole block go the portable way. A load of a whole
// block from the values that are left ends at or before the block's own end.

// Which value each of eight rows takes, one byte a row: a bit deposit counts up over the rows that are valid.
WITH_AVX2 static inline uint64_t chosen(uint64_t valid) { return _pdep_u64(0x0706050403020100, valid); }

WITH_AVX2 static void expand_4_avx2(uint8_t *values, const uint8_t *validity, size_t row, size_t value_count) {
    while (row > value_count) {
        row -= 8;
        uint64_t bits = validity[row >> 3], valid = _pdep_u64(bits, 0x0101010101010101) * 0xff;
        value_count -= (size_t)__builtin_popcountll(bits);
        __m256i block = _mm256_loadu_si256((const __m256i *)(values + 4 * value_count));
        __m256i order = _mm256_cvtepu8_epi32(_mm_cvtsi64_si128((long long)chosen(valid)));
        __m256i kept = _mm256_cvtepi8_epi32(_mm_cvtsi64_si128((long long)valid));
        block = _mm256_and_si256(_mm256_permutevar8x32_epi32(block, order), kept);
        _mm256_storeu_si256((__m256i *)(values + 4 * row), block);
    }
}

// Four rows, each of two 32-bit halves.
WITH_AVX2 static void expand_8_avx2(uint8_t *values, const uint8_t *validity, size_t row, size_t value_count) {
    while (row > value_count) {
        row -= 4;
        uint64_t bits = (uint64_t)validity[row >> 3] >> (row & 4) & 15;
        uint64_t valid = _pdep_u64(bits, 0x0001000100010001) * 0xffff;
        value_count -= (size_t)__builtin_popcountll(bits);
        __m256i block = _mm256_loadu_si256((const __m256i *)(values + 8 * value_count));
        __m256i order = _mm256_cvtepu8_epi32(_mm_cvtsi64_si128((long long)chosen(valid)));
        __m256i kept = _mm256_cvtepi8_epi32(_mm_cvtsi64_si128((long long)valid));
        block = _mm256_and_si256(_mm256_permutevar8x32_epi32(block, order), kept);
        _mm256_storeu_si256((__m256i *)(values + 8 * row), block);
    }
}

WITH_AVX512 static void expand_1_avx512(uint8_t *values, const uint8_t *validity, size_t row, size_t value_count) {
    while (row > value_count) {
        row -= 64;
        uint64_t bits;
        memcpy(&bits, validity + (row >> 3), 8);
        value_count -= (size_t)__builtin_popcountll(bits);
        __m512i block = _mm512_loadu_si512(values + value_count);
        _mm512_storeu_si512(values + row, _mm512_maskz_expand_epi8(bits, block));
    }
}

WITH_AVX512 static void expand_2_avx512(uint8_t *values, const uint8_t *validity, size_t row, size_t value_count) {
    while (row > value_count) {
        row -= 32;
        uint32_t bits;
        memcpy(&bits, validity + (row >> 3), 4);
        value_count -= (size_t)__builtin_popcount(bits);
        __m512i block = _mm512_loadu_si512(values + 2 * value_count);
        _mm512_storeu_si512(values + 2 * row, _mm512_maskz_expand_epi16(bits, block));
    }
}

WITH_AVX512 static void expand_4_avx512(uint8_t *values, const uint8_t *validity, size_t row, size_t value_count) {
    while (row > value_count) {
        row -= 16;
        uint16_t bits;
        memcpy(&bits, validity + (row >> 3), 2);
        value_count -= (size_t)__builtin_popcount(bits);
        __m512i block = _mm512_loadu_si512(values + 4 * value_count);
        _mm512_storeu_si512(values + 4 * row, _mm512_maskz_expand_epi32(bits, block));
    }
}

// Values of one, two or four 64-bit parts, eight parts at a time. `spread` has a bit where a value starts.
WITH_AVX512 static inline void expand_parts(uint8_t *values, const size_t parts, const uint32_t spread,
                                            const uint8_t *validity, size_t row, size_t value_count) {
    const size_t rows = 8 / parts;
    while (row > value_count) {
        row -= rows;
        uint32_t bits = (uint32_t)validity[row >> 3] >> (row & 7) & ((1u << rows) - 1);
        value_count -= (size_t)__builtin_popcount(bits);
        __m512i block = _mm512_loadu_si512(values + 8 * parts * value_count);
        __mmask8 valid = (__mmask8)(_pdep_u32(bits, spread) * ((1u << parts) - 1));
        _mm512_storeu_si512(values + 8 * parts * row, _mm512_maskz_expand_epi64(valid, block));
    }
}

WITH_AVX512 static void expand_8_avx512(uint8_t *values, const uint8_t *validity, size_t row, size_t value_count) {
    expand_parts(values, 1, 0xff, validity, row, value_count);
}

WITH_AVX512 static void expand_16_avx512(uint8_t *values, const uint8_t *validity, size_t row, size_t value_count) {
    expand_parts(values, 2, 0x55, validity, row, value_count);
}

WITH_AVX512 static void expand_32_avx512(uint8_t *values, const uint8_t *validity, size_t row, size_t value_count) {
    expand_parts(values, 4, 0x11, validity, row, value_count);
}

typedef void expand_blocks(uint8_t *, const uint8_t *, size_t, size_t);

// The twin for a width, or none, and the rows of its blocks.
static expand_blocks *twin(ck_level level, size_t width, size_t *rows) {
    if (level == CK_AVX512) {
        *rows = width >= 8 ? 8 : 64 / width;
        switch (width) {
        case 1: return expand_1_avx512;
        case 2: return expand_2_avx512;
        case 4: return expand_4_avx512;
        case 8: return expand_8_avx512;
        case 16: return expand_16_avx512;
        case 32: return expand_32_avx512;
        default: return NULL;
        }
    }
    *rows = 8;
    if (level == CK_AVX2 && width == 4) return expand_4_avx2;
    if (level == CK_AVX2 && width == 8) return expand_8_avx2;
    return NULL;
}
#endif

void ck_expand_at(ck_level level, uint8_t *values, size_t width, const uint8_t *validity, size_t row_count,
                  size_t value_count) {
#if defined(__x86_64__)
    size_t rows;
    expand_blocks *expand = twin(level, width, &rows);
    if (expand != NULL) {
        size_t whole = row_count & ~(rows - 1);
        value_count = expand_portable(values, width, validity, row_count, whole, value_count);
        expand(values, validity, whole, value_count);
        return;
    }
#else
    (void)level;
#endif
    expand_portable(values, width, validity, row_count, 0, value_count);
}

void ck_expand(uint8_t *values, size_t width, const uint8_t *validity, size_t row_count, size_t value_count) {
    ck_expand_at(ck_best_level(), values, width, validity, row_count, value_count);
}

static void offsets_portable(int32_t *offsets, const uint8_t *validity, size_t row, size_t end, size_t *value_count) {
    while (row > end && row > *value_count) {
        row -= 1;
        *value_count -= validity[row >> 3] >> (row & 7) & 1;
        offsets[row] = offsets[*value_count];
    }
}

#if defined(__x86_64__)
// Eight rows; a row's offset is as far behind the block's first as there are valid rows before it in the block. The
// product sums the valid rows up to each byte, the shift leaves out the row itself.
WITH_AVX2 static void offsets_avx2(int32_t *offsets, const uint8_t *validity, size_t row, size_t value_count) {
    while (row > value_count) {
        row -= 8;
        uint64_t bits = validity[row >> 3];
        uint64_t before = (_pdep_u64(bits, 0x0101010101010101) * 0x0101010101010101) << 8;
        value_count -= (size_t)__builtin_popcountll(bits);
        __m256i block = _mm256_loadu_si256((const __m256i *)(offsets + value_count));
        __m256i order = _mm256_cvtepu8_epi32(_mm_cvtsi64_si128((long long)before));
        _mm256_storeu_si256((__m256i *)(offsets + row), _mm256_permutevar8x32_epi32(block, order));
    }
}
#endif

void ck_expand_offsets_at(ck_level level, int32_t *offsets, const uint8_t *validity, size_t row_count,
                          size_t value_count) {
    offsets[row_count] = offsets[value_count];
#if defined(__x86_64__)
    if (level != CK_PORTABLE) {
        size_t whole = row_count & ~(size_t)7;
        offsets_portable(offsets, validity, row_count, whole, &value_count);
        offsets_avx2(offsets, validity, whole, value_count);
        return;
    }
#else
    (void)level;
#endif
    offsets_portable(offsets, validity, row_count, 0, &value_count);
}

void ck_expand_offsets(int32_t *offsets, const uint8_t *validity, size_t row_count, size_t value_count) {
    ck_expand_offsets_at(ck_best_level(), offsets, validity, row_count, value_count);
}
