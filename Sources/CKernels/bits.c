#include "CKernels.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

// 56 bits from any bit position, never reading past the end.
static inline uint64_t load_bits(const uint8_t *source, size_t byte_count, size_t bit) {
    size_t byte = bit >> 3;
    uint64_t word = 0;
    if (byte + 8 <= byte_count) {
        memcpy(&word, source + byte, 8);
    } else if (byte < byte_count) {
        memcpy(&word, source + byte, byte_count - byte);
    }
    return word >> (bit & 7);
}

void ck_copy_bits(uint8_t *target, size_t target_bit, const uint8_t *source, size_t source_byte_count, size_t source_bit,
                  size_t count) {
    if (((target_bit | source_bit) & 7) == 0) {
        size_t whole = count >> 3;
        memcpy(target + (target_bit >> 3), source + (source_bit >> 3), whole);
        target_bit += whole << 3;
        source_bit += whole << 3;
        count -= whole << 3;
    }
    while (count > 0) {
        size_t part = count < 49 ? count : 49;
        size_t shift = target_bit & 7;
        uint8_t *place = target + (target_bit >> 3);
        uint64_t bits = load_bits(source, source_byte_count, source_bit) & ((1ull << part) - 1);
        uint64_t kept = shift == 0 ? 0 : *place & ((1u << shift) - 1);
        uint64_t word = kept | bits << shift;
        memcpy(place, &word, (shift + part + 7) >> 3);
        target_bit += part;
        source_bit += part;
        count -= part;
    }
}

void ck_fill_bits(uint8_t *target, size_t target_bit, bool value, size_t count) {
    size_t shift = target_bit & 7;
    uint8_t *place = target + (target_bit >> 3);
    if (shift != 0 && count > 0) {
        size_t part = count < 8 - shift ? count : 8 - shift;
        uint8_t ones = (uint8_t)(((1u << part) - 1) << shift);
        *place = (uint8_t)((*place & ((1u << shift) - 1)) | (value ? ones : 0));
        place += 1;
        count -= part;
    }
    memset(place, value ? 0xff : 0, count >> 3);
    if (count & 7) place[count >> 3] = value ? (uint8_t)((1u << (count & 7)) - 1) : 0;
}

size_t ck_count_bits(const uint8_t *bits, size_t first, size_t count) {
    size_t byte_count = (first + count + 7) >> 3;
    size_t sum = 0;
    while (count > 0) {
        size_t part = count < 56 ? count : 56;
        sum += (size_t)__builtin_popcountll(load_bits(bits, byte_count, first) & ((1ull << part) - 1));
        first += part;
        count -= part;
    }
    return sum;
}

static void expand_bits_portable(uint8_t *target, const uint8_t *packed, const uint8_t *validity, size_t row_count) {
    size_t next = 0;
    for (size_t byte = 0; byte < (row_count + 7) >> 3; byte++) {
        uint8_t result = 0;
        for (unsigned bit = 0; bit < 8; bit++) {
            if (validity[byte] >> bit & 1) {
                result |= (uint8_t)((packed[next >> 3] >> (next & 7) & 1) << bit);
                next += 1;
            }
        }
        target[byte] = result;
    }
}

#if defined(__x86_64__)
__attribute__((target("bmi2,popcnt"))) static void expand_bits_bmi2(uint8_t *target, const uint8_t *packed,
                                                                     const uint8_t *validity, size_t row_count) {
    size_t packed_bytes = (ck_count_bits(validity, 0, row_count) + 7) >> 3;
    size_t next = 0;
    for (size_t row = 0; row < row_count; row += 32) {
        size_t part = row_count - row < 32 ? row_count - row : 32;
        uint32_t mask = 0;
        memcpy(&mask, validity + (row >> 3), (part + 7) >> 3);
        uint32_t bits = _pdep_u32((uint32_t)load_bits(packed, packed_bytes, next), mask);
        memcpy(target + (row >> 3), &bits, (part + 7) >> 3);
        next += (size_t)__builtin_popcount(mask);
    }
}
#endif

void ck_expand_bits(uint8_t *target, const uint8_t *packed, const uint8_t *validity, size_t row_count) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt")) {
        expand_bits_bmi2(target, packed, validity, row_count);
        return;
    }
#endif
    expand_bits_portable(target, packed, validity, row_count);
}
