// Innermost loops of the decoder. Portable C first; where it pays, an AVX2 or AVX-512 twin chosen at run time.
//
// Every function trusts its caller: pointers and counts were checked in Swift. What a function may read or write
// beyond its arguments is said beside it. No function changes state or allocates.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What the processor can do (level.c), found once when the library is loaded; tests ask for each level up to the best through
// the twin functions that end in `_at`, which take a level that the processor has.
typedef enum { CK_PORTABLE, CK_AVX2, CK_AVX512 } ck_level;
ck_level ck_best_level(void);

// Bytes that string copies may write beyond the last byte they promise.
#define CK_COPY_SLACK 64

// Where one string lies in a page or a dictionary.
typedef struct {
    uint32_t start;
    uint32_t length;
} ck_view;

// Bits (bits.c). Bit i of a bitmap is bit i % 8 of byte i / 8.

// Appends `count` bits from `source` to `target`; bits of the last target byte beyond the end become zero.
// Reads nothing outside `source[0 ..< source_byte_count]`.
void ck_copy_bits(uint8_t *target, size_t target_bit, const uint8_t *source, size_t source_byte_count, size_t source_bit,
                  size_t count);
// Appends `count` equal bits; bits of the last target byte beyond the end become zero.
void ck_fill_bits(uint8_t *target, size_t target_bit, bool value, size_t count);
// Set bits in `bits[first ..< first + count]`.
size_t ck_count_bits(const uint8_t *bits, size_t first, size_t count);
// Spreads packed bits over the rows that are set in `validity`; the others become zero.
void ck_expand_bits(uint8_t *target, const uint8_t *packed, const uint8_t *validity, size_t row_count);

// Bit-packed integers (unpack.c).

// Unpacks values `first ..< first + count` of a run of `width`-bit integers, 1 ... 32; returns the largest.
// Reads nothing outside `source[0 ..< source_byte_count]`, which holds all of them.
uint32_t ck_unpack(const uint8_t *source, size_t source_byte_count, unsigned width, size_t first, size_t count,
                   uint32_t *target);
uint32_t ck_unpack_at(ck_level level, const uint8_t *source, size_t source_byte_count, unsigned width, size_t first,
                      size_t count, uint32_t *target);

// RLE / bit-packing hybrid (runs.c).

// Where in the runs the next value is; all zero at the beginning.
typedef struct {
    // Next byte that no run was read from.
    size_t offset;
    // Values left in the current run.
    size_t left;
    // Where the current run's packed values lie, and which of them is next.
    size_t packed, packed_byte_count, next;
    // What the current run repeats, unless it is packed.
    uint32_t value;
    bool is_packed;
} ck_runs;

typedef enum {
    CK_RUNS_OK,
    // No more runs.
    CK_RUNS_END,
    // A run ends early.
    CK_RUNS_CUT,
    // A head of more than 32 bits.
    CK_RUNS_BAD_HEAD,
    // A repeated value above 1 among single bits.
    CK_RUNS_BAD_VALUE
} ck_runs_status;

// All of these read nothing outside `bytes[0 ..< byte_count]`; values have `width` bits, 0 ... 32.

// Makes sure that the current run has a value left.
ck_runs_status ck_runs_begin(ck_runs *runs, const uint8_t *bytes, size_t byte_count, unsigned width);
// Decodes up to `count` values and says how many and which is the largest; stops before a repeated run that has
// `long_run` values left, and where the status says why.
ck_runs_status ck_runs_indices(ck_runs *runs, const uint8_t *bytes, size_t byte_count, unsigned width, size_t count,
                               size_t long_run, uint32_t *target, size_t *done, uint32_t *largest);
// Decodes `count` values of at most 8 bits to a byte each; of a repeated value that is larger the low byte.
ck_runs_status ck_runs_levels(ck_runs *runs, const uint8_t *bytes, size_t byte_count, unsigned width, size_t count,
                              uint8_t *target, uint32_t *largest);
// Appends `count` single bits to a bitmap and counts those that are set; bits of the last byte beyond them become zero.
ck_runs_status ck_runs_bits(ck_runs *runs, const uint8_t *bytes, size_t byte_count, size_t count, uint8_t *target,
                            size_t target_bit, size_t *set);

// DELTA_BINARY_PACKED (delta.c).

// Decodes deltas `first ..< first + count` of one miniblock of `width`-bit integers, 0 ... 64 or 0 ... 32:
// running += min_delta + delta, wrapping around. Stores every running value, little-endian, unaligned. Returns the last
// one, or `previous` if `count` is 0. Reads nothing outside `source[0 ..< source_byte_count]`, which holds all of them;
// where more bytes follow, counting them in makes the last values faster.
uint64_t ck_delta_64(const uint8_t *source, size_t source_byte_count, unsigned width, size_t first, size_t count,
                     uint64_t min_delta, uint64_t previous, uint8_t *target);
uint32_t ck_delta_32(const uint8_t *source, size_t source_byte_count, unsigned width, size_t first, size_t count,
                     uint32_t min_delta, uint32_t previous, uint8_t *target);
uint64_t ck_delta_64_at(ck_level level, const uint8_t *source, size_t source_byte_count, unsigned width, size_t first,
                        size_t count, uint64_t min_delta, uint64_t previous, uint8_t *target);
uint32_t ck_delta_32_at(ck_level level, const uint8_t *source, size_t source_byte_count, unsigned width, size_t first,
                        size_t count, uint32_t min_delta, uint32_t previous, uint8_t *target);
// Whole miniblocks of `value_count` values of 4 or 8 bytes, one after another, each with its own of the `widths`. Returns the
// bytes read, or -1 when they run out or a width is above that of the values.
ptrdiff_t ck_delta_miniblocks(const uint8_t *widths, size_t miniblock_count, size_t value_count, size_t byte_width,
                              const uint8_t *source, size_t source_byte_count, uint64_t min_delta, uint64_t *running,
                              uint8_t *target);

// BYTE_STREAM_SPLIT (split.c).

// Value i is made of byte `first + i` of each of `width` streams of `stream_byte_count` bytes each, which lie one after
// another in `source`.
void ck_byte_stream_split(const uint8_t *source, size_t stream_byte_count, size_t width, size_t first, size_t count,
                          uint8_t *target);
void ck_byte_stream_split_at(ck_level level, const uint8_t *source, size_t stream_byte_count, size_t width, size_t first,
                             size_t count, uint8_t *target);

// Levels (levels.c).

// Unpacks values `first ..< first + count` of a run of `width`-bit integers, 1 ... 8, to one byte each; returns the
// largest, or 0 if there are none. Reads nothing outside `source[0 ..< source_byte_count]`, which holds all of them.
uint8_t ck_unpack_levels(const uint8_t *source, size_t source_byte_count, unsigned width, size_t first, size_t count,
                         uint8_t *target);
uint8_t ck_unpack_levels_at(ck_level level, const uint8_t *source, size_t source_byte_count, unsigned width, size_t first,
                            size_t count, uint8_t *target);

// Entries of nested columns (entries.c). A bitmap over entries has 64 to a word; bits beyond the last are zero.

// Which levels are in low ... high.
void ck_in_range(const uint8_t *levels, size_t count, uint8_t low, uint8_t high, uint64_t *bitmap);
void ck_in_range_at(ck_level level, const uint8_t *levels, size_t count, uint8_t low, uint8_t high, uint64_t *bitmap);
size_t ck_count_words(const uint64_t *words, size_t word_count);
size_t ck_count_value(const uint8_t *levels, size_t count, uint8_t value);
size_t ck_count_value_at(ck_level level, const uint8_t *levels, size_t count, uint8_t value);
// The place of the level number `rank`, counted from 0, that is `value`; `count` when there are not so many.
size_t ck_find_value(const uint8_t *levels, size_t count, uint8_t value, size_t rank);
// Writes the bits of `bits` that stand where `places` is set, one after another; returns how many. Bits of the last byte
// beyond them become zero.
size_t ck_compress_bits(uint8_t *target, const uint64_t *bits, const uint64_t *places, size_t word_count);
size_t ck_compress_bits_at(ck_level level, uint8_t *target, const uint64_t *bits, const uint64_t *places, size_t word_count);
// For each entry that is a list, the elements before it; then all of them.
void ck_list_offsets(const uint64_t *lists, const uint64_t *elements, size_t word_count, int32_t *offsets);
// Whether each of `count` lists has `step` elements.
bool ck_offsets_step_by(const int32_t *offsets, size_t count, int32_t step);
// 32-bit offsets to 64-bit ones, in place.
void ck_widen_offsets(uint8_t *offsets, size_t count);

// Values of one width (fixed.c).

// target[i] = dictionary[indices[i]].
void ck_gather(uint8_t *target, const uint8_t *dictionary, size_t width, const uint32_t *indices, size_t count);
// target[i] = value. Neither is aligned.
void ck_fill(uint8_t *target, const uint8_t *value, size_t width, size_t count);
void ck_narrow_32_to_8(uint8_t *target, const uint8_t *source, size_t count);
void ck_narrow_32_to_16(uint8_t *target, const uint8_t *source, size_t count);
void ck_widen_32_to_128(uint8_t *target, const uint8_t *source, size_t count);
void ck_widen_64_to_128(uint8_t *target, const uint8_t *source, size_t count);
// Big-endian decimals (big_endian.c).

// Big-endian two's complement to little-endian, sign-extended; 1 <= source_width <= target_width.
void ck_big_endian(uint8_t *target, size_t target_width, const uint8_t *source, size_t source_width, size_t count);
void ck_big_endian_at(ck_level level, uint8_t *target, size_t target_width, const uint8_t *source, size_t source_width,
                      size_t count);
// The same for length-prefixed values of 1 ... target_width bytes. Returns the bytes read, or -1 for a bad one.
ptrdiff_t ck_big_endian_variable(uint8_t *target, size_t target_width, const uint8_t *source, size_t source_byte_count,
                              size_t count);

// Rarer conversions (integers.c). Nothing is aligned.

void ck_widen_32_to_64(uint8_t *target, const uint8_t *source, size_t count);
void ck_days_to_milliseconds(uint8_t *target, const uint8_t *source, size_t count);
// Cut towards zero.
void ck_divide_64(uint8_t *target, const uint8_t *source, size_t count, int64_t divisor);
// INT96 to units since 1970, `per_second` of them in a second, wrapping around.
void ck_int96(uint8_t *target, const uint8_t *source, size_t count, int64_t per_second);
// Bytes `offset ..< offset + part_count` of each value of `width` bytes.
void ck_part(uint8_t *target, size_t part_count, const uint8_t *source, size_t width, size_t offset, size_t count);
// Little-endian two's complement of another width. False when one does not fit.
bool ck_resize(uint8_t *target, size_t target_width, const uint8_t *source, size_t width, size_t count);
// Big-endian two's complement to fewer little-endian bytes. False when one does not fit.
bool ck_big_endian_narrow(uint8_t *target, size_t target_width, const uint8_t *source, size_t width, size_t count);
// Big-endian two's complement of 1 ... target_width bytes, wherever they lie. False for another length.
bool ck_big_endian_views(uint8_t *target, size_t target_width, const uint8_t *source, const ck_view *views, size_t count);

// Nulls (expand.c).

// Moves the packed values at the front of `values` to the rows set in `validity`; the other rows become zero.
// `value_count` rows are set; `values` has room for `row_count`.
void ck_expand(uint8_t *values, size_t width, const uint8_t *validity, size_t row_count, size_t value_count);
void ck_expand_at(ck_level level, uint8_t *values, size_t width, const uint8_t *validity, size_t row_count,
                  size_t value_count);
// The same for offsets: a row that is not set gets the start of the next value. Works on `row_count + 1` offsets.
void ck_expand_offsets(int32_t *offsets, const uint8_t *validity, size_t row_count, size_t value_count);
void ck_expand_offsets_at(ck_level level, int32_t *offsets, const uint8_t *validity, size_t row_count,
                          size_t value_count);

// Strings (strings.c).

// Finds `count` length-prefixed strings. Returns the bytes read, or -1 when they run out.
ptrdiff_t ck_plain_views(const uint8_t *source, size_t source_byte_count, size_t count, ck_view *views,
                      uint64_t *total_length);
uint64_t ck_sum_view_lengths(const ck_view *views, size_t count);
uint64_t ck_sum_entry_lengths(const ck_view *entries, const uint32_t *indices, size_t count);
// Copies strings one after another to `target + position` and their starts to `offsets`; returns the end position.
// Writes up to CK_COPY_SLACK bytes beyond it. `average` only picks the chunk size.
size_t ck_copy_views(const uint8_t *source, size_t source_byte_count, const ck_view *views, size_t count,
                     uint8_t *target, int32_t *offsets, size_t position, size_t average);
// The same through a dictionary whose bytes are followed by CK_COPY_SLACK readable ones.
size_t ck_copy_entries(const uint8_t *bytes, const ck_view *entries, const uint32_t *indices, size_t count,
                       uint8_t *target, int32_t *offsets, size_t position, size_t average);
// Copies each entry to 16 bytes of its own; false when one is longer. Reads up to CK_COPY_SLACK bytes beyond an entry.
bool ck_pad_entries(uint8_t *padded, const uint8_t *bytes, const ck_view *entries, size_t count);
// The same for entries of at most 16 bytes, each padded to 16.
size_t ck_copy_short_entries(const uint8_t *padded, const ck_view *entries, const uint32_t *indices, size_t count,
                             uint8_t *target, int32_t *offsets, size_t position);

// Delta-encoded strings (delta_strings.c).

// One string: so many bytes of the one before, then so many of its own.
typedef struct {
    uint32_t prefix;
    uint32_t suffix;
} ck_prefixed;

// Where strings of these lengths lie when they follow each other from `offset` on. Returns the end, or -1 when one goes
// past `byte_count`.
ptrdiff_t ck_length_views(const uint32_t *lengths, size_t count, size_t offset, size_t byte_count, ck_view *views);
// Puts lengths together and checks them: a prefix is at most as long as the string before, all suffixes together as
// `byte_count`. Adds the lengths to `total`; returns the bytes of the suffixes, or -1.
ptrdiff_t ck_prefixed_parts(const uint32_t *prefixes, const uint32_t *suffixes, size_t count, uint32_t *previous_length,
                            size_t byte_count, ck_prefixed *parts, uint64_t *total);
// The sum of the lengths; also that of the suffixes.
uint64_t ck_sum_prefixed_lengths(const ck_prefixed *parts, size_t count, uint64_t *suffix_byte_count);
// Builds strings one after another at `target + position`, the first from `previous`, each other from its neighbour, and
// their starts in `offsets`; returns the end position. Reads nothing outside the suffixes and the first prefix of
// `previous`; writes up to CK_COPY_SLACK bytes beyond the end.
size_t ck_copy_prefixed(const uint8_t *suffixes, size_t suffix_byte_count, const ck_prefixed *parts, size_t count,
                        const uint8_t *previous, uint8_t *target, int32_t *offsets, size_t position);
size_t ck_copy_prefixed_at(ck_level level, const uint8_t *suffixes, size_t suffix_byte_count, const ck_prefixed *parts,
                           size_t count, const uint8_t *previous, uint8_t *target, int32_t *offsets, size_t position);

// Arrow's views of strings that lie one after another in data buffer 0: short ones inside the view, others by offset.
void ck_make_views(uint8_t *target, const uint8_t *data, const int32_t *offsets, size_t count);

// Snappy blocks (snappy.c).

// Whether the block is sound and makes exactly `target_byte_count` bytes. Reads nothing outside
// `source[0 ..< source_byte_count]`, writes nothing outside the target, of which a damaged block leaves any bytes.
bool ck_snappy_decompress(const uint8_t *source, size_t source_byte_count, uint8_t *target, size_t target_byte_count);

// UTF-8 (utf8.c).

bool ck_is_ascii(const uint8_t *bytes, size_t count);
bool ck_is_utf8(const uint8_t *bytes, size_t count);
bool ck_is_utf8_at(ck_level level, const uint8_t *bytes, size_t count);
// Whether each of the entries is UTF-8 by itself.
bool ck_entries_are_utf8(const uint8_t *bytes, const ck_view *entries, size_t count);
// Whether no string that starts at one of the offsets (below `end`) begins inside a character.
bool ck_starts_are_boundaries(const uint8_t *bytes, const int32_t *offsets, size_t count, int32_t end);

// CRC-32 as in gzip (crc32.c).
uint32_t ck_crc32(uint32_t crc, const uint8_t *bytes, size_t count);
uint32_t ck_crc32_portable(uint32_t crc, const uint8_t *bytes, size_t count);
