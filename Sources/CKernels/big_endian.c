#include "CKernels.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

static inline void big_endian(uint8_t *target, size_t target_width, const uint8_t *source, size_t width) {
    for (size_t i = 0; i < width; i++) target[i] = source[width - 1 - i];
    memset(target + width, source[0] & 0x80 ? 0xff : 0, target_width - width);
}

// Up to 16 bytes through two overlapping loads: no loop over bytes. Needs at least 8.
static inline void big_endian_8_to_16(uint8_t *target, const uint8_t *source, size_t width) {
    uint64_t high, low;
    memcpy(&high, source, 8);
    memcpy(&low, source + width - 8, 8);
    high = __builtin_bswap64(high);
    low = __builtin_bswap64(low);
    int64_t upper = width == 8 ? (int64_t)low >> 63 : (int64_t)high >> (8 * (16 - width));
    memcpy(target, &low, 8);
    memcpy(target + 8, &upper, 8);
}

static inline void big_endian_to_16(uint8_t *target, const uint8_t *source, size_t width) {
    if (width >= 8) {
        big_endian_8_to_16(target, source, width);
        return;
    }
    uint64_t value = 0;
    for (size_t i = 0; i < width; i++) value = value << 8 | source[i];
    int64_t lower = (int64_t)(value << (64 - 8 * width)) >> (64 - 8 * width);
    int64_t parts[2] = {lower, lower >> 63};
    memcpy(target, parts, 16);
}

static void to_16_portable(uint8_t *target, const uint8_t *source, size_t width, size_t count) {
    for (size_t i = 0; i < count; i++) big_endian_to_16(target + 16 * i, source + width * i, width);
}

#if defined(__x86_64__)
// Two values at a time, each in a half of the register: a byte shuffle reverses them, another one spreads the sign.
__attribute__((target("avx2"))) static size_t to_16_avx2(uint8_t *target, const uint8_t *source, size_t width, size_t count) {
    uint8_t order[16], sign[16];
    for (size_t i = 0; i < 16; i++) {
        // A number with its high bit set shuffles a zero in.
        order[i] = i < width ? (uint8_t)(width - 1 - i) : 0x80;
        sign[i] = i < width ? 0x80 : 0;
    }
    const __m256i orders = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)order));
    const __m256i signs = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)sign));
    const __m256i zero = _mm256_setzero_si256();
    size_t i = 0;
    // The second value is loaded with 16 bytes, which have to be there.
    for (; (i + 1) * width + 16 <= count * width; i += 2) {
        __m256i values = _mm256_inserti128_si256(
            _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)(source + i * width))),
            _mm_loadu_si128((const __m128i *)(source + (i + 1) * width)), 1);
        __m256i upper = _mm256_cmpgt_epi8(zero, _mm256_shuffle_epi8(values, signs));
        _mm256_storeu_si256((__m256i *)(target + 16 * i), _mm256_or_si256(_mm256_shuffle_epi8(values, orders), upper));
    }
    return i;
}

// Four values at a time out of at most 64 bytes; masked loads read nothing else.
__attribute__((target("avx512f,avx512bw,avx512vbmi"))) static void to_16_avx512(uint8_t *target, const uint8_t *source,
                                                                                size_t width, size_t count) {
    uint8_t order[64], sign[64];
    uint64_t lower = 0;
    for (size_t i = 0; i < 64; i++) {
        size_t value = i / 16, byte = i % 16;
        order[i] = (uint8_t)(value * width + (byte < width ? width - 1 - byte : 0));
        sign[i] = (uint8_t)(value * width);
        if (byte < width) lower |= 1ull << i;
    }
    const __m512i orders = _mm512_loadu_si512(order), signs = _mm512_loadu_si512(sign);
    const __m512i ones = _mm512_set1_epi8(-1);
    for (size_t i = 0; i < count; i += 4) {
        size_t part = count - i < 4 ? count - i : 4, stored = part * width;
        __mmask64 wanted = stored == 64 ? ~0ull : (1ull << stored) - 1, kept = part == 4 ? ~0ull : (1ull << (16 * part)) - 1;
        __m512i bytes = _mm512_maskz_loadu_epi8(wanted, source + i * width);
        __mmask64 negative = _mm512_movepi8_mask(_mm512_permutexvar_epi8(signs, bytes)) & ~lower;
        __m512i values = _mm512_maskz_permutexvar_epi8(lower, orders, bytes);
        _mm512_mask_storeu_epi8(target + 16 * i, kept, _mm512_mask_mov_epi8(values, negative, ones));
    }
}
#endif

void ck_big_endian_at(ck_level level, uint8_t *target, size_t target_width, const uint8_t *source, size_t source_width,
                      size_t count) {
    if (target_width != 16) {
        for (size_t i = 0; i < count; i++) {
            big_endian(target + target_width * i, target_width, source + source_width * i, source_width);
        }
        return;
    }
    size_t done = 0;
#if defined(__x86_64__)
    if (level == CK_AVX512) {
        to_16_avx512(target, source, source_width, count);
        return;
    }
    if (level == CK_AVX2) done = to_16_avx2(target, source, source_width, count);
#else
    (void)level;
#endif
    to_16_portable(target + 16 * done, source + source_width * done, source_width, count - done);
}

void ck_big_endian(uint8_t *target, size_t target_width, const uint8_t *source, size_t source_width, size_t count) {
    ck_big_endian_at(ck_best_level(), target, target_width, source, source_width, count);
}

ptrdiff_t ck_big_endian_variable(uint8_t *target, size_t target_width, const uint8_t *source, size_t source_byte_count,
                              size_t count) {
    size_t offset = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t width;
        if (source_byte_count - offset < 4) return -1;
        memcpy(&width, source + offset, 4);
        offset += 4;
        if (width == 0 || width > target_width || width > source_byte_count - offset) return -1;
        big_endian(target + target_width * i, target_width, source + offset, width);
        offset += width;
    }
    return (ptrdiff_t)offset;
}
