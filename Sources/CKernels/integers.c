#include "CKernels.h"

#include <string.h>

void ck_widen_32_to_64(uint8_t *target, const uint8_t *source, size_t count) {
    for (size_t i = 0; i < count; i++) {
        int32_t value;
        memcpy(&value, source + 4 * i, 4);
        int64_t wide = value;
        memcpy(target + 8 * i, &wide, 8);
    }
}

void ck_days_to_milliseconds(uint8_t *target, const uint8_t *source, size_t count) {
    for (size_t i = 0; i < count; i++) {
        int32_t days;
        memcpy(&days, source + 4 * i, 4);
        int64_t milliseconds = (int64_t)days * 86400000;
        memcpy(target + 8 * i, &milliseconds, 8);
    }
}

void ck_divide_64(uint8_t *target, const uint8_t *source, size_t count, int64_t divisor) {
    for (size_t i = 0; i < count; i++) {
        int64_t value;
        memcpy(&value, source + 8 * i, 8);
        value /= divisor;
        memcpy(target + 8 * i, &value, 8);
    }
}

void ck_int96(uint8_t *target, const uint8_t *source, size_t count, int64_t per_second) {
    const uint64_t nanoseconds_per_unit = 1000000000ull / (uint64_t)per_second;
    for (size_t i = 0; i < count; i++) {
        int64_t nanoseconds;
        int32_t julian_day;
        memcpy(&nanoseconds, source + 12 * i, 8);
        memcpy(&julian_day, source + 12 * i + 8, 4);
        uint64_t days = (uint64_t)((int64_t)julian_day - 2440588);
        uint64_t value = days * (86400ull * (uint64_t)per_second) + (uint64_t)(nanoseconds / (int64_t)nanoseconds_per_unit);
        memcpy(target + 8 * i, &value, 8);
    }
}

void ck_part(uint8_t *target, size_t part_count, const uint8_t *source, size_t width, size_t offset, size_t count) {
    for (size_t i = 0; i < count; i++) memcpy(target + i * part_count, source + i * width + offset, part_count);
}

// Whether the bytes from `first` on only repeat the sign of the byte before.
static inline bool repeats_sign(const uint8_t *value, size_t first, size_t width) {
    uint8_t sign = value[first - 1] & 0x80 ? 0xff : 0;
    bool same = true;
    for (size_t i = first; i < width; i++) same &= value[i] == sign;
    return same;
}

bool ck_resize(uint8_t *target, size_t target_width, const uint8_t *source, size_t width, size_t count) {
    bool fits = true;
    for (size_t i = 0; i < count; i++) {
        const uint8_t *value = source + i * width;
        if (target_width < width) {
            fits &= repeats_sign(value, target_width, width);
            memcpy(target + i * target_width, value, target_width);
        } else {
            memcpy(target + i * target_width, value, width);
            memset(target + i * target_width + width, value[width - 1] & 0x80 ? 0xff : 0, target_width - width);
        }
    }
    return fits;
}

static inline void reverse(uint8_t *target, const uint8_t *source, size_t count) {
    for (size_t i = 0; i < count; i++) target[i] = source[count - 1 - i];
}

bool ck_big_endian_narrow(uint8_t *target, size_t target_width, const uint8_t *source, size_t width, size_t count) {
    bool fits = true;
    for (size_t i = 0; i < count; i++) {
        const uint8_t *value = source + i * width, *kept = value + width - target_width;
        uint8_t sign = *kept & 0x80 ? 0xff : 0;
        for (const uint8_t *byte = value; byte < kept; byte++) fits &= *byte == sign;
        reverse(target + i * target_width, kept, target_width);
    }
    return fits;
}

bool ck_big_endian_views(uint8_t *target, size_t target_width, const uint8_t *source, const ck_view *views, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const uint8_t *value = source + views[i].start;
        size_t width = views[i].length;
        if (width == 0 || width > target_width) return false;
        reverse(target + i * target_width, value, width);
        memset(target + i * target_width + width, *value & 0x80 ? 0xff : 0, target_width - width);
    }
    return true;
}
