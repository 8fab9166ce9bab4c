#include "CKernels.h"

#include <string.h>

typedef struct {
    uint64_t part[2];
} bytes16;
typedef struct {
    uint64_t part[4];
} bytes32;

// One straight loop per width. The memory is not aligned, so values are moved by memcpy of a constant size.
#define GATHER(type)                                                               \
    for (size_t i = 0; i < count; i++) {                                           \
        type value;                                                                \
        memcpy(&value, dictionary + (size_t)indices[i] * sizeof(type), sizeof(type)); \
        memcpy(target + i * sizeof(type), &value, sizeof(type));                   \
    }

void ck_gather(uint8_t *target, const uint8_t *dictionary, size_t width, const uint32_t *indices, size_t count) {
    switch (width) {
    case 1: GATHER(uint8_t) break;
    case 2: GATHER(uint16_t) break;
    case 4: GATHER(uint32_t) break;
    case 8: GATHER(uint64_t) break;
    case 16: GATHER(bytes16) break;
    case 32: GATHER(bytes32) break;
    default:
        for (size_t i = 0; i < count; i++) memcpy(target + i * width, dictionary + indices[i] * width, width);
    }
}

#define FILL(type)                                                                               \
    {                                                                                            \
        type constant;                                                                           \
        memcpy(&constant, value, sizeof(type));                                                  \
        for (size_t i = 0; i < count; i++) memcpy(target + i * sizeof(type), &constant, sizeof(type)); \
    }

void ck_fill(uint8_t *target, const uint8_t *value, size_t width, size_t count) {
    switch (width) {
    case 1: memset(target, *value, count); break;
    case 2: FILL(uint16_t) break;
    case 4: FILL(uint32_t) break;
    case 8: FILL(uint64_t) break;
    case 16: FILL(bytes16) break;
    case 32: FILL(bytes32) break;
    default:
        for (size_t i = 0; i < count; i++) memcpy(target + i * width, value, width);
    }
}

void ck_narrow_32_to_8(uint8_t *target, const uint8_t *source, size_t count) {
    for (size_t i = 0; i < count; i++) target[i] = source[4 * i];
}

void ck_narrow_32_to_16(uint8_t *target, const uint8_t *source, size_t count) {
    for (size_t i = 0; i < count; i++) {
        uint32_t wide;
        memcpy(&wide, source + 4 * i, 4);
        uint16_t value = (uint16_t)wide;
        memcpy(target + 2 * i, &value, 2);
    }
}

void ck_widen_32_to_128(uint8_t *target, const uint8_t *source, size_t count) {
    for (size_t i = 0; i < count; i++) {
        int32_t value;
        memcpy(&value, source + 4 * i, 4);
        int64_t parts[2] = {value, value >> 31};
        memcpy(target + 16 * i, parts, 16);
    }
}

void ck_widen_64_to_128(uint8_t *target, const uint8_t *source, size_t count) {
    for (size_t i = 0; i < count; i++) {
        int64_t value;
        memcpy(&value, source + 8 * i, 8);
        int64_t parts[2] = {value, value >> 63};
        memcpy(target + 16 * i, parts, 16);
    }
}

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

void ck_big_endian(uint8_t *target, size_t target_width, const uint8_t *source, size_t source_width, size_t count) {
    if (target_width == 16) {
        for (size_t i = 0; i < count; i++) big_endian_to_16(target + 16 * i, source + source_width * i, source_width);
    } else {
        for (size_t i = 0; i < count; i++) {
            big_endian(target + target_width * i, target_width, source + source_width * i, source_width);
        }
    }
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
