#include "CKernels.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

// The polynomial of gzip, bits reversed.
static const uint32_t polynomial = 0xedb88320;
static uint32_t table[8][256];

__attribute__((constructor)) static void fill_table(void) {
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t crc = i;
        for (int bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >> 1 ^ polynomial : crc >> 1;
        table[0][i] = crc;
    }
    for (uint32_t i = 0; i < 256; i++) {
        for (int slice = 1; slice < 8; slice++) {
            uint32_t previous = table[slice - 1][i];
            table[slice][i] = previous >> 8 ^ table[0][previous & 0xff];
        }
    }
}

uint32_t ck_crc32_portable(uint32_t crc, const uint8_t *bytes, size_t count) {
    crc = ~crc;
    for (; count >= 8; bytes += 8, count -= 8) {
        uint64_t word;
        memcpy(&word, bytes, 8);
        word ^= crc;
        crc = table[7][word & 0xff] ^ table[6][word >> 8 & 0xff] ^ table[5][word >> 16 & 0xff] ^
              table[4][word >> 24 & 0xff] ^ table[3][word >> 32 & 0xff] ^ table[2][word >> 40 & 0xff] ^
              table[1][word >> 48 & 0xff] ^ table[0][word >> 56];
    }
    for (; count > 0; bytes++, count--) crc = crc >> 8 ^ table[0][(crc ^ *bytes) & 0xff];
    return ~crc;
}

#if defined(__x86_64__)
#define WITH_CARRYLESS __attribute__((target("pclmul,sse4.1")))

// Moves 128 bits forward by the distance that `by` stands for, and adds what lies there.
WITH_CARRYLESS static inline __m128i fold(__m128i value, __m128i by, __m128i next) {
    __m128i low = _mm_clmulepi64_si128(value, by, 0x00);
    __m128i high = _mm_clmulepi64_si128(value, by, 0x11);
    return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

// Folds whole 16-byte pieces, then lets the table finish the 16 bytes that stand for all of them.
// The constants are x^n mod P for the reversed polynomial: n = 512 + 32, 512 - 32, 128 + 32, 128 - 32.
WITH_CARRYLESS static uint32_t crc32_carryless(uint32_t crc, const uint8_t *bytes, size_t count) {
    const __m128i by64 = _mm_set_epi64x(0x01c6e41596, 0x0154442bd4);
    const __m128i by16 = _mm_set_epi64x(0x00ccaa009e, 0x01751997d0);
    const __m128i *piece = (const __m128i *)bytes;
    __m128i a = _mm_xor_si128(_mm_loadu_si128(piece), _mm_cvtsi32_si128((int)~crc));
    __m128i b = _mm_loadu_si128(piece + 1), c = _mm_loadu_si128(piece + 2), d = _mm_loadu_si128(piece + 3);
    piece += 4;
    count -= 64;
    for (; count >= 64; piece += 4, count -= 64) {
        a = fold(a, by64, _mm_loadu_si128(piece));
        b = fold(b, by64, _mm_loadu_si128(piece + 1));
        c = fold(c, by64, _mm_loadu_si128(piece + 2));
        d = fold(d, by64, _mm_loadu_si128(piece + 3));
    }
    a = fold(fold(fold(a, by16, b), by16, c), by16, d);
    for (; count >= 16; piece += 1, count -= 16) a = fold(a, by16, _mm_loadu_si128(piece));
    uint8_t rest[16];
    _mm_storeu_si128((__m128i *)rest, a);
    // The folded bytes already contain the start value, so the table starts from nothing.
    crc = ck_crc32_portable(~0u, rest, 16);
    return ck_crc32_portable(crc, (const uint8_t *)piece, count);
}
#endif

uint32_t ck_crc32(uint32_t crc, const uint8_t *bytes, size_t count) {
#if defined(__x86_64__)
    if (count >= 64 && __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1")) {
        return crc32_carryless(crc, bytes, count);
    }
#endif
    return ck_crc32_portable(crc, bytes, count);
}
