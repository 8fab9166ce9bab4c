#include "CKernels.h"

#include <string.h>

// Heads fit into 32 bits, so that counts cannot overflow.
static ck_runs_status read_head(ck_runs *runs, const uint8_t *bytes, size_t byte_count, unsigned width) {
    uint64_t head = 0;
    size_t offset = runs->offset;
    for (unsigned shift = 0;; shift += 7) {
        if (shift >= 35) return CK_RUNS_BAD_HEAD;
        if (offset == byte_count) return CK_RUNS_CUT;
        uint8_t byte = bytes[offset++];
        head |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) break;
    }
    if (head > UINT32_MAX) return CK_RUNS_BAD_HEAD;
    size_t rest = byte_count - offset;
    if (head & 1) {
        size_t groups = (size_t)(head >> 1), stored = groups * width;
        // Some writers leave out the padding of the last group; what is there decides.
        if (stored > rest) stored = rest;
        runs->left = width == 0 ? groups * 8 : stored * 8 / width;
        runs->packed = offset;
        runs->packed_byte_count = stored;
        runs->next = 0;
        runs->is_packed = width > 0;
        runs->value = 0;
        offset += stored;
    } else {
        size_t value_byte_count = (width + 7) / 8;
        if (value_byte_count > rest) return CK_RUNS_CUT;
        uint32_t value = 0;
        memcpy(&value, bytes + offset, value_byte_count);
        runs->left = (size_t)(head >> 1);
        runs->is_packed = false;
        runs->value = value;
        offset += value_byte_count;
    }
    runs->offset = offset;
    return CK_RUNS_OK;
}

ck_runs_status ck_runs_begin(ck_runs *runs, const uint8_t *bytes, size_t byte_count, unsigned width) {
    while (runs->left == 0) {
        if (runs->offset >= byte_count) return CK_RUNS_END;
        ck_runs_status status = read_head(runs, bytes, byte_count, width);
        if (status != CK_RUNS_OK) return status;
    }
    return CK_RUNS_OK;
}

static inline size_t take(ck_runs *runs, size_t wanted) {
    size_t count = runs->left < wanted ? runs->left : wanted;
    runs->left -= count;
    return count;
}

ck_runs_status ck_runs_indices(ck_runs *runs, const uint8_t *bytes, size_t byte_count, unsigned width, size_t count,
                               size_t long_run, uint32_t *target, size_t *done, uint32_t *largest) {
    size_t filled = 0;
    uint32_t most = 0;
    ck_runs_status status = CK_RUNS_OK;
    while (filled < count && (status = ck_runs_begin(runs, bytes, byte_count, width)) == CK_RUNS_OK) {
        uint32_t found;
        if (runs->is_packed) {
            size_t first = runs->next, part = take(runs, count - filled);
            found = ck_unpack(bytes + runs->packed, runs->packed_byte_count, width, first, part, target + filled);
            runs->next += part;
            filled += part;
        } else {
            if (runs->left >= long_run) break;
            size_t part = take(runs, count - filled);
            found = runs->value;
            for (size_t i = 0; i < part; i++) target[filled + i] = found;
            filled += part;
        }
        most = found > most ? found : most;
    }
    *done = filled;
    *largest = most;
    return status;
}

ck_runs_status ck_runs_levels(ck_runs *runs, const uint8_t *bytes, size_t byte_count, unsigned width, size_t count,
                              uint8_t *target, uint32_t *largest) {
    size_t filled = 0;
    uint32_t most = 0;
    while (filled < count) {
        ck_runs_status status = ck_runs_begin(runs, bytes, byte_count, width);
        if (status != CK_RUNS_OK) return status;
        uint32_t found;
        size_t part = take(runs, count - filled);
        if (runs->is_packed) {
            found = ck_unpack_levels(bytes + runs->packed, runs->packed_byte_count, width, runs->next, part, target + filled);
            runs->next += part;
        } else {
            found = runs->value;
            memset(target + filled, (int)found, part);
        }
        filled += part;
        most = found > most ? found : most;
    }
    *largest = most;
    return CK_RUNS_OK;
}

// A bitmap that grows at its end; up to 63 bits wait to become a word.
typedef struct {
    uint8_t *target;
    uint64_t pending;
    unsigned used;
    size_t set;
} bit_writer;

static inline void append(bit_writer *writer, uint64_t bits, unsigned count) {
    writer->set += (size_t)__builtin_popcountll(bits);
    writer->pending |= bits << writer->used;
    if (writer->used + count >= 64) {
        memcpy(writer->target, &writer->pending, 8);
        writer->target += 8;
        writer->pending = writer->used == 0 ? 0 : bits >> (64 - writer->used);
    }
    writer->used = (writer->used + count) & 63;
}

ck_runs_status ck_runs_bits(ck_runs *runs, const uint8_t *bytes, size_t byte_count, size_t count, uint8_t *target,
                            size_t target_bit, size_t *set) {
    // Begins with the bits of the byte that is there in part.
    bit_writer writer = {target + (target_bit >> 3), 0, target_bit & 7, 0};
    if (writer.used > 0) writer.pending = *writer.target & ((1u << writer.used) - 1);
    size_t left = count;
    while (left > 0) {
        ck_runs_status status = ck_runs_begin(runs, bytes, byte_count, 1);
        if (status != CK_RUNS_OK) return status;
        if (!runs->is_packed && runs->value > 1) return CK_RUNS_BAD_VALUE;
        size_t part = take(runs, left);
        left -= part;
        if (runs->is_packed) {
            const uint8_t *packed = bytes + runs->packed;
            while (part > 0) {
                size_t byte = runs->next >> 3, there = runs->packed_byte_count - byte;
                unsigned shift = runs->next & 7, most = 64 - shift, step = part < most ? (unsigned)part : most;
                uint64_t word = 0;
                memcpy(&word, packed + byte, there < 8 ? there : 8);
                word >>= shift;
                if (step < 64) word &= (1ull << step) - 1;
                append(&writer, word, step);
                runs->next += step;
                part -= step;
            }
        } else {
            uint64_t ones = runs->value ? ~0ull : 0;
            for (; part >= 64; part -= 64) append(&writer, ones, 64);
            if (part > 0) append(&writer, ones & ((1ull << part) - 1), (unsigned)part);
        }
    }
    memcpy(writer.target, &writer.pending, (writer.used + 7) >> 3);
    *set = writer.set;
    return CK_RUNS_OK;
}
