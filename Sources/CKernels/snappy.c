#include "CKernels.h"

#include <string.h>

// Most elements are shorter than 16 bytes and their order is random, so what counts is to decode one without a branch to
// guess and to know early where the next begins. While both sides have this much room, a literal and a copy are the same
// 16 bytes from somewhere, and the tags behind either are read before it is known which it is.
#define ROOM 80

// What an element's first byte says. Its offset is `base` plus the masked bytes behind it.
typedef struct {
    uint32_t mask;
    uint16_t base;
    // NOT_PLAIN for what the plain loop leaves alone: literals with a length of their own, copies from far away.
    uint8_t length;
} kind;

#define NOT_PLAIN 255
static kind kinds[256];

__attribute__((constructor)) static void fill_kinds(void) {
    for (unsigned tag = 0; tag < 256; tag++) {
        uint8_t length = (uint8_t)((tag >> 2) + 1);
        switch (tag & 3) {
        // A literal has an offset that every check lets pass.
        case 0: kinds[tag] = (kind){0, 16, length > 60 ? NOT_PLAIN : length}; break;
        case 1: kinds[tag] = (kind){0xff, (uint16_t)(tag >> 5 << 8), (uint8_t)(4 + (tag >> 2 & 7))}; break;
        case 2: kinds[tag] = (kind){0xffff, 0, length}; break;
        case 3: kinds[tag] = (kind){0, 16, NOT_PLAIN}; break;
        }
    }
}

// Both sides of a block. `tag` is the start of the next element.
typedef struct {
    const uint8_t *tag, *end;
    uint8_t *target;
    size_t done, count;
} block;

// Up to four bytes, little-endian; false where the block ends.
static inline bool take(block *it, unsigned byte_count, uint32_t *value) {
    *value = 0;
    if ((size_t)(it->end - it->tag) < byte_count) return false;
    memcpy(value, it->tag, byte_count);
    it->tag += byte_count;
    return true;
}

// One element of any kind, every byte of it checked. There is at least its tag.
static bool decode_element(block *it) {
    unsigned tag = *it->tag++, type = tag & 3;
    size_t length = (tag >> 2) + 1;
    uint32_t number;
    if (type == 0) {
        if (length > 60) {
            if (!take(it, (unsigned)length - 60, &number)) return false;
            length = (size_t)number + 1;
        }
        if ((size_t)(it->end - it->tag) < length || it->count - it->done < length) return false;
        memcpy(it->target + it->done, it->tag, length);
        it->tag += length;
    } else {
        if (!take(it, type == 3 ? 4 : type, &number)) return false;
        if (type == 1) length = kinds[tag].length;
        size_t offset = kinds[tag].base * (size_t)(type == 1) + number;
        if (offset - 1 >= it->done || it->count - it->done < length) return false;
        uint8_t *target = it->target + it->done;
        for (size_t i = 0; i < length; i++) target[i] = (target - offset)[i];
    }
    it->done += length;
    return true;
}

static inline void copy_16(uint8_t *target, const uint8_t *source) {
    uint64_t words[2];
    memcpy(words, source, 16);
    memcpy(target, words, 16);
}

// A copy that reads what it writes: as long as less than 16 bytes repeat, each round doubles what repeats. Writes up to 15
// bytes more than `length`.
static inline void repeat(uint8_t *target, size_t offset, size_t length) {
    size_t done = 0, period = offset;
    for (; period < 16 && done < length; period *= 2) {
        copy_16(target + done, target - offset);
        done += period;
    }
    for (; done < length; done += 16) copy_16(target + done, target + done - period);
}

// Elements of at most 64 bytes, until there is less than ROOM on one side or an element is not plain. False for damage.
// Needs ROOM on both sides, and 16 bytes written, so that the offset of a literal passes for one.
static bool decode_plain(block *it) {
    const uint8_t *source = it->tag, *last_source = it->end - ROOM;
    uint8_t *const target = it->target;
    size_t done = it->done, last_done = it->count - ROOM, tag = *source++;
    for (;;) {
        size_t type = tag & 3, length = kinds[tag].length;
        uint32_t word;
        memcpy(&word, source, 4);
        size_t offset = kinds[tag].base + (word & kinds[tag].mask);
        if (offset - 1 >= done) return false;
        const uint8_t *from = type == 0 ? source : target + done - offset;
        if (length <= 16 && length <= offset) {
            copy_16(target + done, from);
        } else if (length == NOT_PLAIN) {
            break;
        } else if (offset < 16) {
            repeat(target + done, offset, length);
        } else {
            for (size_t i = 0; i < 64; i += 16) copy_16(target + done + i, from + i);
        }
        done += length;
        size_t behind_literal = source[(tag >> 2) + 1], behind_copy = source[type];
        // Keeps the compiler from choosing an address first and waiting for one load then.
        __asm__("" : "+r"(behind_literal), "+r"(behind_copy));
        source += type == 0 ? (tag >> 2) + 2 : type + 1;
        tag = type == 0 ? behind_literal : behind_copy;
        if (source > last_source || done > last_done) break;
    }
    it->tag = source - 1;
    it->done = done;
    return true;
}

bool ck_snappy_decompress(const uint8_t *source, size_t source_byte_count, uint8_t *target, size_t target_byte_count) {
    block it = {source, source + source_byte_count, target, 0, target_byte_count};
    uint64_t length = 0;
    for (unsigned shift = 0, byte = 0x80; byte >= 0x80; shift += 7) {
        if (it.tag == it.end || shift > 28) return false;
        byte = *it.tag++;
        length |= (uint64_t)(byte & 0x7f) << shift;
    }
    if (length != target_byte_count) return false;
    while (it.tag < it.end) {
        if (it.done >= 16 && it.end - it.tag >= ROOM && it.count - it.done >= ROOM && !decode_plain(&it)) return false;
        // What ended the plain loop, or comes before or after it.
        if (!decode_element(&it)) return false;
    }
    return it.done == it.count;
}
