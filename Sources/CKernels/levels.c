#include "CKernels.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

static inline uint8_t larger(uint8_t left, uint8_t right) { return left > right ? left : right; }

// One value after another; a value and its shift lie in two bytes.
static uint8_t levels_portable(const uint8_t *source, size_t byte_count, unsigned width, size_t first, size_t count,
                               uint8_t *target) {
    unsigned mask = (1u << width) - 1;
    uint8_t largest = 0;
    size_t bit = first * width;
    for (size_t i = 0; i < count; i++, bit += width) {
        size_t byte = bit >> 3;
        unsigned word = source[byte];
        if (byte + 1 < byte_count) word |= (unsigned)source[byte + 1] << 8;
        target[i] = (uint8_t)(word >> (bit & 7) & mask);
        largest = larger(largest, target[i]);
    }
    return largest;
}

#if defined(__x86_64__)
// Eight values are `width` bytes; a bit deposit gives each of them a byte. Returns the values done.
__attribute__((target("bmi2"))) static size_t levels_bmi2(const uint8_t *source, size_t byte_count, unsigned width,
                                                          size_t count, uint8_t *target, uint8_t *largest) {
    const uint64_t mask = 0x0101010101010101ull * ((1u << width) - 1);
    __m128i most = _mm_setzero_si128();
    size_t done = 0;
    for (; done + 8 <= count && byte_count >= 8; done += 8, source += width, byte_count -= width) {
        uint64_t word;
        memcpy(&word, source, 8);
        word = _pdep_u64(word, mask);
        memcpy(target + done, &word, 8);
        most = _mm_max_epu8(most, _mm_cvtsi64_si128((long long)word));
    }
    uint8_t lanes[16];
    _mm_storeu_si128((__m128i *)lanes, most);
    for (int i = 0; i < 8; i++) *largest = larger(*largest, lanes[i]);
    return done;
}

// Sixty-four values a turn. A shuffle brings the bytes of eight values to each lane, a second one cuts a byte from each
// bit position. The masks keep away what lies behind the last value, on both sides.
__attribute__((target("avx512f,avx512bw,avx512vbmi,bmi2"))) static uint8_t levels_avx512(const uint8_t *source,
                                                                                         unsigned width, size_t count,
                                                                                         uint8_t *target) {
    const __m512i lane = _mm512_setr_epi64(0, 1, 2, 3, 4, 5, 6, 7);
    const __m512i lowest = _mm512_set4_epi32(0x08080808, 0x08080808, 0, 0);
    __m512i start = _mm512_shuffle_epi8(_mm512_mul_epu32(lane, _mm512_set1_epi64(width)), lowest);
    __m512i order = _mm512_add_epi8(start, _mm512_set1_epi64(0x0706050403020100));
    __m512i bit = _mm512_set1_epi64((long long)(0x0706050403020100 * width));
    __m512i mask = _mm512_set1_epi8((char)((1u << width) - 1));
    __m512i most = _mm512_setzero_si512();
    for (size_t done = 0; done < count; done += 64, source += 8 * width) {
        unsigned part = count - done < 64 ? (unsigned)(count - done) : 64;
        __mmask64 wanted = _bzhi_u64(~0ull, (part * width + 7) / 8), kept = _bzhi_u64(~0ull, part);
        __m512i bytes = _mm512_permutexvar_epi8(order, _mm512_maskz_loadu_epi8(wanted, source));
        __m512i values = _mm512_and_si512(_mm512_multishift_epi64_epi8(bit, bytes), mask);
        _mm512_mask_storeu_epi8(target + done, kept, values);
        most = _mm512_mask_max_epu8(most, kept, most, values);
    }
    uint8_t lanes[64], largest = 0;
    _mm512_storeu_si512(lanes, most);
    for (int i = 0; i < 64; i++) largest = larger(largest, lanes[i]);
    return largest;
}
#endif

uint8_t ck_unpack_levels_at(ck_level level, const uint8_t *source, size_t source_byte_count, unsigned width, size_t first,
                            size_t count, uint8_t *target) {
    uint8_t largest = 0;
#if defined(__x86_64__)
    if (level != CK_PORTABLE) {
        // Up to the next multiple of eight, where a value starts at a byte.
        size_t head = (8 - (first & 7)) & 7;
        if (head > count) head = count;
        largest = levels_portable(source, source_byte_count, width, first, head, target);
        first += head;
        count -= head;
        target += head;
        size_t byte = (first >> 3) * width;
        if (level == CK_AVX512) return larger(largest, levels_avx512(source + byte, width, count, target));
        if (count == 0) return largest;
        size_t done = levels_bmi2(source + byte, source_byte_count - byte, width, count, target, &largest);
        first += done;
        count -= done;
        target += done;
    }
#else
    (void)level;
#endif
    return larger(largest, levels_portable(source, source_byte_count, width, first, count, target));
}

uint8_t ck_unpack_levels(const uint8_t *source, size_t source_byte_count, unsigned width, size_t first, size_t count,
                         uint8_t *target) {
    return ck_unpack_levels_at(ck_best_level(), source, source_byte_count, width, first, count, target);
}
