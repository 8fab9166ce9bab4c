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
