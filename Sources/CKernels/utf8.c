#include "CKernels.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

// The first `count` bytes that are ASCII for sure, in steps of 32.
static inline size_t ascii_prefix(const uint8_t *bytes, size_t count) {
    size_t i = 0;
    for (; i + 32 <= count; i += 32) {
        uint64_t words[4];
        memcpy(words, bytes + i, 32);
        if ((words[0] | words[1] | words[2] | words[3]) & 0x8080808080808080ull) break;
    }
    return i;
}

bool ck_is_ascii(const uint8_t *bytes, size_t count) {
    size_t i = ascii_prefix(bytes, count);
    uint8_t all = 0;
    if (i + 32 <= count) return false;
    for (; i < count; i++) all |= bytes[i];
    return all < 0x80;
}

static inline bool is_continuation(uint8_t byte) { return (byte & 0xc0) == 0x80; }

// Unicode, table 3-7: the second byte decides about overlong forms, surrogates and the upper end.
static bool is_utf8_portable(const uint8_t *bytes, size_t count) {
    size_t i = 0;
    while (i < count) {
        uint8_t first = bytes[i];
        if (first < 0x80) {
            i += ascii_prefix(bytes + i, count - i);
            while (i < count && bytes[i] < 0x80) i += 1;
        } else if (first < 0xe0) {
            if (first < 0xc2 || count - i < 2 || !is_continuation(bytes[i + 1])) return false;
            i += 2;
        } else if (first < 0xf0) {
            if (count - i < 3 || !is_continuation(bytes[i + 1]) || !is_continuation(bytes[i + 2])) return false;
            if (first == 0xe0 && bytes[i + 1] < 0xa0) return false;
            if (first == 0xed && bytes[i + 1] > 0x9f) return false;
            i += 3;
        } else {
            if (first > 0xf4 || count - i < 4) return false;
            if (!is_continuation(bytes[i + 1]) || !is_continuation(bytes[i + 2]) || !is_continuation(bytes[i + 3])) {
                return false;
            }
            if (first == 0xf0 && bytes[i + 1] < 0x90) return false;
            if (first == 0xf4 && bytes[i + 1] > 0x8f) return false;
            i += 4;
        }
    }
    return true;
}

#if defined(__x86_64__)
#define WITH_AVX2 __attribute__((target("avx2")))

// What can be wrong with two bytes in a row, a bit each. A byte pair is wrong if both halves of the first byte and the
// upper half of the second allow the same bit.
enum {
    TOO_SHORT = 1 << 0,        // A start, then no continuation.
    TOO_LONG = 1 << 1,         // ASCII, then a continuation.
    OVERLONG_3 = 1 << 2,       // e0, then 80 ... 9f.
    TOO_LARGE = 1 << 3,        // f4, then 90 ... bf; f5 and up, then 90 ... bf.
    SURROGATE = 1 << 4,        // ed, then a0 ... bf.
    OVERLONG_2 = 1 << 5,       // c0 or c1.
    OVERLONG_4 = 1 << 6,       // f0, then 80 ... 8f; f5 and up, then 80 ... 8f.
    CONTINUATIONS = 1 << 7,    // Two continuations, which is right in the third and fourth place of a character.
    ANY_LOW = TOO_SHORT | TOO_LONG | CONTINUATIONS,
    FROM_F5 = ANY_LOW | TOO_LARGE | OVERLONG_4,
    CONTINUATION = TOO_LONG | OVERLONG_2 | CONTINUATIONS,
};

static const uint8_t first_high[16] = {
    TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG,
    CONTINUATIONS, CONTINUATIONS, CONTINUATIONS, CONTINUATIONS,
    TOO_SHORT | OVERLONG_2, TOO_SHORT, TOO_SHORT | OVERLONG_3 | SURROGATE, TOO_SHORT | TOO_LARGE | OVERLONG_4,
};
static const uint8_t first_low[16] = {
    ANY_LOW | OVERLONG_2 | OVERLONG_3 | OVERLONG_4, ANY_LOW | OVERLONG_2, ANY_LOW, ANY_LOW,
    ANY_LOW | TOO_LARGE, FROM_F5, FROM_F5, FROM_F5, FROM_F5, FROM_F5, FROM_F5, FROM_F5, FROM_F5, FROM_F5 | SURROGATE,
    FROM_F5, FROM_F5,
};
static const uint8_t second_high[16] = {
    TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT,
    CONTINUATION | OVERLONG_3 | OVERLONG_4, CONTINUATION | OVERLONG_3 | TOO_LARGE,
    CONTINUATION | SURROGATE | TOO_LARGE, CONTINUATION | SURROGATE | TOO_LARGE,
    TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT,
};

WITH_AVX2 static inline __m256i look_up(const uint8_t *table, __m256i index) {
    return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)table)), index);
}

// Each byte and the three before it: bits that are left say what is wrong.
WITH_AVX2 static inline __m256i wrong(__m256i bytes, __m256i previous) {
    const __m256i low = _mm256_set1_epi8(15);
    __m256i across = _mm256_permute2x128_si256(previous, bytes, 0x21);
    __m256i one = _mm256_alignr_epi8(bytes, across, 15), two = _mm256_alignr_epi8(bytes, across, 14);
    __m256i three = _mm256_alignr_epi8(bytes, across, 13);
    __m256i pair = _mm256_and_si256(
        _mm256_and_si256(look_up(first_high, _mm256_and_si256(_mm256_srli_epi16(one, 4), low)),
                         look_up(first_low, _mm256_and_si256(one, low))),
        look_up(second_high, _mm256_and_si256(_mm256_srli_epi16(bytes, 4), low)));
    // The third byte from e0 and the fourth from f0 are the second of two continuations, and nothing else is.
    __m256i third = _mm256_subs_epu8(two, _mm256_set1_epi8((char)(0xe0 - 0x80)));
    __m256i fourth = _mm256_subs_epu8(three, _mm256_set1_epi8((char)(0xf0 - 0x80)));
    __m256i expected = _mm256_and_si256(_mm256_or_si256(third, fourth), _mm256_set1_epi8((char)0x80));
    return _mm256_xor_si256(pair, expected);
}

WITH_AVX2 static bool is_utf8_avx2(const uint8_t *bytes, size_t count) {
    __m256i previous = _mm256_setzero_si256(), all = _mm256_setzero_si256();
    size_t i = 0;
    for (; i + 32 <= count; i += 32) {
        __m256i next = _mm256_loadu_si256((const __m256i *)(bytes + i));
        if (_mm256_movemask_epi8(_mm256_or_si256(next, previous)) != 0) {
            all = _mm256_or_si256(all, wrong(next, previous));
        }
        previous = next;
    }
    // Zeros behind the end make a character that is cut off too short.
    uint8_t rest[32] = {0};
    memcpy(rest, bytes + i, count - i);
    all = _mm256_or_si256(all, wrong(_mm256_loadu_si256((const __m256i *)rest), previous));
    return _mm256_testz_si256(all, all);
}
#endif

bool ck_is_utf8_at(ck_level level, const uint8_t *bytes, size_t count) {
#if defined(__x86_64__)
    if (level != CK_PORTABLE && count >= 32) return is_utf8_avx2(bytes, count);
#else
    (void)level;
#endif
    return is_utf8_portable(bytes, count);
}

bool ck_is_utf8(const uint8_t *bytes, size_t count) { return ck_is_utf8_at(ck_best_level(), bytes, count); }

bool ck_starts_are_boundaries(const uint8_t *bytes, const int32_t *offsets, size_t count, int32_t end) {
    bool inside = false;
    for (size_t i = 0; i < count; i++) inside |= offsets[i] < end && is_continuation(bytes[offsets[i]]);
    return !inside;
}

bool ck_entries_are_utf8(const uint8_t *bytes, const ck_view *entries, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (!ck_is_utf8(bytes + entries[i].start, entries[i].length)) return false;
    }
    return true;
}
