// The speed of light of a scan: CPU seconds to receive a file's compressed bytes, run its codec over its real pages, write as
// many bytes as its Arrow form has once, and send them; no protocol, no decoding of values.
//
//     light LIST ARROW_BYTES PASSES CORE OTHERS_CORE
//
// LIST is what pages.py writes. Three processes over loopback TCP: a sender of the file's bytes, this one on CORE, and a
// receiver that discards. A warm-up, then PASSES passes that are timed as one, then a pass that tells the parts apart.
// Prints one line of JSON; the numbers are of one pass and of this process alone.
#define _GNU_SOURCE
#include "loopback.h"

#include <fcntl.h>
#include <lz4.h>
#include <snappy-c.h>
#include <sys/sendfile.h>
#include <sys/wait.h>
#include <zstd.h>

enum { BLOCK = 1 << 20, LIMIT_SECONDS = 600 };

typedef struct { int file; off_t offset; size_t length; } Range;
typedef struct { size_t end, compressed, uncompressed; char codec; } Page;  // end: of the payload, within all that is sent

static Range *ranges;
static Page *pages;
static size_t range_count, page_count, file_bytes, page_bytes, largest_group, largest_page;

static void read_list(const char *path) {
    FILE *list = fopen(path, "r");
    if (!list) fail("%s", path);
    char line[4200], name[4096], codec[16];
    size_t range_room = 0, page_room = 0, offset, length, compressed, uncompressed, range_offset = 0;
    int file = -1;
    while (fgets(line, sizeof line, list)) {
        if (sscanf(line, "file %4095[^\n]", name) == 1) {
            if ((file = open(name, O_RDONLY)) < 0) fail("%s", name);
        } else if (sscanf(line, "range %zu %zu", &offset, &length) == 2) {
            if (range_count == range_room) ranges = realloc(ranges, (range_room = 2 * range_room + 64) * sizeof *ranges);
            ranges[range_count++] = (Range){file, (off_t)offset, length};
            range_offset = offset;
            file_bytes += length;
        } else if (sscanf(line, "page %zu %zu %zu %15s", &offset, &compressed, &uncompressed, codec) == 4 && range_count) {
            if (page_count == page_room) pages = realloc(pages, (page_room = 2 * page_room + 1024) * sizeof *pages);
            size_t end = file_bytes - ranges[range_count - 1].length + (offset - range_offset) + compressed;
            pages[page_count++] = (Page){end, compressed, uncompressed, codec[0]};
            page_bytes += uncompressed;
            if (uncompressed > largest_page) largest_page = uncompressed;
        } else {
            errno = 0;
            fail("not a page list: %s", line);
        }
    }
    fclose(list);
    if (!page_count) fail("no pages in %s", path);
}

/// How many pages from `first` on are received at once: those within a block, or one that is larger.
static size_t group_end(size_t first, size_t at) {
    size_t end = first + 1;
    while (end < page_count && pages[end].end - at <= BLOCK) end++;
    return end;
}

static void send_ranges(int socket) {
    for (size_t i = 0; i < range_count; i++) {
        off_t at = ranges[i].offset, end = at + (off_t)ranges[i].length;
        while (at < end) {
            ssize_t sent = sendfile(socket, ranges[i].file, &at, (size_t)(end - at));
            if (sent < 0 && errno == EINTR) continue;
            if (sent <= 0) fail("sendfile");
        }
    }
}

static const char *decompressed(const Page *page, const char *payload, char *room, ZSTD_DCtx *zstd) {
    size_t count = page->uncompressed;
    int good;
    switch (page->codec) {
    case 'U': return payload;
    case 'S': good = snappy_uncompress(payload, page->compressed, room, &count) == SNAPPY_OK; break;
    case 'Z': count = ZSTD_decompressDCtx(zstd, room, count, payload, page->compressed); good = !ZSTD_isError(count); break;
    case 'L': count = (size_t)LZ4_decompress_safe(payload, room, (int)page->compressed, (int)count); good = 1; break;
    default: good = 0;
    }
    if (!good || count != page->uncompressed) { errno = 0; fail("a page of codec %c does not decompress", page->codec); }
    return room;
}

typedef struct { double receive, codec, write, send; } Parts;

static int from_sender, to_receiver;
static char *arrived, *decoded, *block;
static ZSTD_DCtx *zstd;

/// One scan. The clock is read between the parts only when they are asked for.
static void pass(size_t arrow_bytes, Parts *parts) {
    size_t at = 0, seen = 0, written = 0, filled = 0;
    double began = parts ? seconds_of(CLOCK_THREAD_CPUTIME_ID) : 0;
#define CHARGE(part) \
    if (parts) { double now = seconds_of(CLOCK_THREAD_CPUTIME_ID); parts->part += now - began; began = now; }
    for (size_t first = 0; first < page_count;) {
        size_t last = group_end(first, at), wanted = (last == page_count ? file_bytes : pages[last - 1].end) - at;
        for (size_t got = 0; got < wanted;) {
            size_t count = received(from_sender, arrived + got, wanted - got, MSG_WAITALL);
            if (!count) fail("the sender has gone");
            got += count;
        }
        CHARGE(receive)
        for (; first < last; first++) {
            const Page *page = &pages[first];
            const char *bytes = decompressed(page, arrived + (page->end - page->compressed - at), decoded, zstd);
            CHARGE(codec)
            seen += page->uncompressed;
            size_t goal = (size_t)((double)arrow_bytes * ((double)seen / (double)page_bytes)), from = 0;
            if (seen == page_bytes) goal = arrow_bytes;
            while (written < goal && page->uncompressed) {
                size_t count = goal - written;
                if (count > BLOCK - filled) count = BLOCK - filled;
                if (count > page->uncompressed - from) count = page->uncompressed - from;
                memcpy(block + filled, bytes + from, count);
                written += count, filled += count, from = (from + count) % page->uncompressed;
                if (filled < BLOCK) continue;
                CHARGE(write)
                send_all(to_receiver, block, filled);
                filled = 0;
                CHARGE(send)
            }
            CHARGE(write)
        }
        at += wanted;
    }
    send_all(to_receiver, block, filled);
    CHARGE(send)
}

static double peak_resident(void) {
    FILE *status = fopen("/proc/self/status", "r");
    char line[256];
    unsigned long kilobytes = 0;
    while (status && fgets(line, sizeof line, status)) sscanf(line, "VmHWM: %lu", &kilobytes);
    if (status) fclose(status);
    return (double)kilobytes * 1024;
}

static pid_t forked(int core) {
    pid_t child = fork();
    if (child < 0) fail("fork");
    if (!child) {
        live_at_most(LIMIT_SECONDS);
        pin_to(core);
    }
    return child;
}

int main(int count, char **words) {
    if (count != 6) fail("usage: light LIST ARROW_BYTES PASSES CORE OTHERS_CORE");
    live_at_most(LIMIT_SECONDS);
    read_list(words[1]);
    size_t arrow_bytes = strtoull(words[2], NULL, 10);
    int passes = atoi(words[3]), core = atoi(words[4]), others = atoi(words[5]);

    uint16_t sender_port, receiver_port;
    int sender = listening(&sender_port), receiver = listening(&receiver_port);
    pid_t children[2];
    if (!(children[0] = forked(others))) {
        int one = accept(sender, NULL, NULL);
        for (int i = 0; i < passes + 2; i++) send_ranges(one);
        exit(0);
    }
    if (!(children[1] = forked(others))) {
        int one = accept(receiver, NULL, NULL);
        void *room = allocated(BLOCK);
        while (received(one, room, BLOCK, 0)) {}
        exit(0);
    }
    pin_to(core);
    from_sender = connected(sender_port);
    to_receiver = connected(receiver_port);

    for (size_t first = 0, at = 0; first < page_count;) {
        size_t last = group_end(first, at), end = last == page_count ? file_bytes : pages[last - 1].end;
        if (end - at > largest_group) largest_group = end - at;
        first = last, at = end;
    }
    arrived = allocated(largest_group);
    decoded = allocated(largest_page);
    block = allocated(BLOCK);
    if (!(zstd = ZSTD_createDCtx())) fail("zstd");

    pass(arrow_bytes, NULL);
    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    double cpu = seconds_of(CLOCK_PROCESS_CPUTIME_ID), wall = seconds_of(CLOCK_MONOTONIC);
    for (int i = 0; i < passes; i++) pass(arrow_bytes, NULL);
    cpu = (seconds_of(CLOCK_PROCESS_CPUTIME_ID) - cpu) / passes;
    wall = (seconds_of(CLOCK_MONOTONIC) - wall) / passes;
    getrusage(RUSAGE_SELF, &after);
    double system = (double)(after.ru_stime.tv_sec - before.ru_stime.tv_sec)
        + (double)(after.ru_stime.tv_usec - before.ru_stime.tv_usec) * 1e-6;
    Parts parts = {0};
    pass(arrow_bytes, &parts);

    shutdown(to_receiver, SHUT_WR);
    for (int i = 0; i < 2; i++) {
        int status;
        if (waitpid(children[i], &status, 0) < 0 || status) fail("a helper failed");
    }
    printf("{\"cpu\": %.6f, \"system\": %.6f, \"wall\": %.6f, \"rss\": %.0f, \"file_bytes\": %zu, \"pages\": %zu, "
           "\"page_bytes\": %zu, \"parts\": {\"receive\": %.6f, \"codec\": %.6f, \"write\": %.6f, \"send\": %.6f}}\n",
           cpu, system / passes, wall, peak_resident(), file_bytes, page_count, page_bytes,
           parts.receive, parts.codec, parts.write, parts.send);
    return 0;
}
