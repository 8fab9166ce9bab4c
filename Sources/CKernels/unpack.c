#include "CKernels.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

static inline uint32_t larger(uint32_t left, uint32_t right) { return left > right ? left : right; }

// One value after another; a value and its shift fit into 64 bits (32 + 7).
static uint32_t unpack_portable(const uint8_t *source, size_t byte_count, unsigned width, size_t first, size_t count,
                                uint32_t *target) {
    uint64_t mask = (1ull << width) - 1;
    uint32_t largest = 0;
    size_t bit = first * width;
    for (size_t i = 0; i < count; i++, bit += width) {
        size_t byte = bit >> 3;
        uint64_t word = 0;
        if (byte + 8 <= byte_count) {
            memcpy(&word, source + byte, 8);
        } else {
            memcpy(&word, source + byte, byte_count - byte);
        }
        uint32_t value = (uint32_t)(word >> (bit & 7) & mask);
        target[i] = value;
        largest = larger(largest, value);
    }
    return largest;
}

#if defined(__x86_64__)
// Eight values take `width` bytes. Each half of the register holds the bytes of four values; a byte shuffle brings each
// value's bytes to its lane, a shift and a mask leave the value. Needs value and shift in 32 bits: width <= 25.
__attribute__((target("avx2"))) static size_t unpack_avx2(const uint8_t *source, size_t byte_count, unsigned width,
                                                          size_t count, uint32_t *target, uint32_t *largest) {
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    const unsigned half = (4 * width) >> 3;
    __m256i bit = _mm256_mullo_epi32(lane, _mm256_set1_epi32((int)width));
    __m256i shift = _mm256_and_si256(bit, _mm256_set1_epi32(7));
    __m256i byte = _mm256_sub_epi32(_mm256_srli_epi32(bit, 3), _mm256_setr_epi32(0, 0, 0, 0, (int)half, (int)half, (int)half, (int)half));
    __m256i order = _mm256_add_epi32(_mm256_mullo_epi32(byte, _mm256_set1_epi32(0x01010101)), _mm256_set1_epi32(0x03020100));
    __m256i mask = _mm256_set1_epi32((int)((1u << width) - 1));
    __m256i most = _mm256_setzero_si256();
    size_t done = 0, offset = 0;
    while (done + 8 <= count && offset + half + 16 <= byte_count) {
        __m256i bytes = _mm256_inserti128_si256(
            _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)(source + offset))),
            _mm_loadu_si128((const __m128i *)(source + offset + half)), 1);
        __m256i values = _mm256_and_si256(_mm256_srlv_epi32(_mm256_shuffle_epi8(bytes, order), shift), mask);
        _mm256_storeu_si256((__m256i *)(target + done), values);
        most = _mm256_max_epu32(most, values);
        done += 8;
        offset += width;
    }
    uint32_t lanes[8];
    _mm256_storeu_si256((__m256i *)lanes, most);
    for (int i = 0; i < 8; i++) *largest = larger(*largest, lanes[i]);
    return done;
}

// Sixteen values at a time; the masked load reads only the bytes that hold them.
__attribute__((target("avx512f,avx512bw,avx512vbmi"))) static void unpack_avx512(const uint8_t *source, unsigned width,
                                                                                  size_t count, uint32_t *target,
                                                                                  uint32_t *largest) {
    const __m512i lane = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    __m512i bit = _mm512_mullo_epi32(lane, _mm512_set1_epi32((int)width));
    __m512i shift = _mm512_and_si512(bit, _mm512_set1_epi32(7));
    __m512i order = _mm512_add_epi32(_mm512_mullo_epi32(_mm512_srli_epi32(bit, 3), _mm512_set1_epi32(0x01010101)),
                                     _mm512_set1_epi32(0x03020100));
    __m512i mask = _mm512_set1_epi32((int)((1u << width) - 1));
    __m512i most = _mm512_setzero_si512();
    for (size_t done = 0; done < count; done += 16, source += 2 * width) {
        size_t part = count - done < 16 ? count - done : 16;
        // The last bytes of fewer than sixteen values: the masks keep away what lies behind them.
        __mmask64 wanted = (__mmask64)((1ull << ((part * width + 7) / 8)) - 1);
        __mmask16 kept = (__mmask16)((1u << part) - 1);
        __m512i bytes = _mm512_maskz_loadu_epi8(wanted, source);
        __m512i values = _mm512_and_si512(_mm512_srlv_epi32(_mm512_permutexvar_epi8(order, bytes), shift), mask);
        _mm512_mask_storeu_epi32(target + done, kept, values);
        most = _mm512_mask_max_epu32(most, kept, most, values);
    }
    *largest = larger(*largest, _mm512_reduce_max_epu32(most));
}
#endif

uint32_t ck_unpack_at(ck_level level, const uint8_t *source, size_t source_byte_count, unsigned width, size_t first,
                      size_t count, uint32_t *target) {
    uint32_t largest = 0;
#if defined(__x86_64__)
    if (level != CK_PORTABLE && width <= 25) {
        // Up to the next multiple of eight, where a value starts at a byte.
        size_t head = (8 - (first & 7)) & 7;
        if (head > count) head = count;
        if (head > 0) {
            largest = unpack_portable(source, source_byte_count, width, first, head, target);
            first += head;
            count -= head;
            target += head;
        }
        if (count == 0) return largest;
        size_t byte = (first >> 3) * width;
        if (level == CK_AVX512) {
            unpack_avx512(source + byte, width, count, target, &largest);
            return largest;
        }
        size_t done = unpack_avx2(source + byte, source_byte_count - byte, width, count, target, &largest);
        first += done;
        count -= done;
        target += done;
    }
#else
    (void)level;
#endif
    if (count == 0) return largest;
    return larger(largest, unpack_portable(source, source_byte_count, width, first, count, target));
}

uint32_t ck_unpack(const uint8_t *source, size_t source_byte_count, unsigned width, size_t first, size_t count,
                   uint32_t *target) {
    return ck_unpack_at(ck_best_level(), source, source_byte_count, width, first, count, target);
}
