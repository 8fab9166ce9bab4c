// Plain functions over liburing, epoll and a few system calls.
//
// Why not the libraries' own headers: liburing.h defines feature macros that make fd_set differ from the one Swift's
// Glibc module knows, and epoll, eventfd and openat2 are not in that module. Only kernel.c sees them.
#pragma once
#include <stddef.h>
#include <stdint.h>

struct msghdr;

/// One completion queue entry.
struct cu_completion {
    uint64_t token;
    /// What the call returned. Of a notification: 1 when the kernel copied the bytes after all, otherwise 0.
    int32_t result;
    /// A notification with the same token follows once the kernel no longer reads the operation's memory.
    uint8_t hasMore;
    uint8_t isNotification;
};

typedef struct cu_ring cu_ring;

/// Opens a ring with the best flags the kernel has; returns 0 or a negative errno.
int cu_ring_open(unsigned entries, cu_ring **ring);
void cu_ring_close(cu_ring *ring);

/// Whether cu_ring_send_zero_copy may be used: the kernel has it, and says of each send whether it copied.
int cu_ring_sends_zero_copy(const cu_ring *ring);

// Each of these queues one entry, submitting first when the queue is full. They return 0 or a negative errno.
int cu_ring_accept(cu_ring *ring, int descriptor, uint64_t token);
int cu_ring_connect(cu_ring *ring, int descriptor, const void *address, unsigned byteCount, uint64_t token);
int cu_ring_receive(cu_ring *ring, int descriptor, void *target, size_t byteCount, int fills, uint64_t token);
int cu_ring_send(cu_ring *ring, int descriptor, const struct msghdr *message, uint64_t token);
int cu_ring_send_zero_copy(cu_ring *ring, int descriptor, const struct msghdr *message, uint64_t token);
int cu_ring_read(cu_ring *ring, int descriptor, void *target, size_t byteCount, uint64_t offset, uint64_t token);
int cu_ring_open_beneath(cu_ring *ring, int directory, const char *path, const void *how, uint64_t token);
/// Hands the queued entries to the kernel without looking at completions; returns 0 or a negative errno.
int cu_ring_start(cu_ring *ring);
int cu_ring_cancel(cu_ring *ring, uint64_t target, uint64_t token);

/// Submits what is queued and collects completions, waiting for the first one at most `timeoutNanoseconds`
/// (negative: for ever, 0: not at all). Returns their number or a negative errno; counts kernel entries in `*entered`.
int cu_ring_wait(cu_ring *ring, int64_t timeoutNanoseconds, struct cu_completion *target, unsigned capacity,
                 uint64_t *entered);

/// What openat2 is told: read only, close on exec, never above `directory`, no links, no device magic.
struct cu_open_how {
    uint64_t flags, mode, resolve;
};
struct cu_open_how cu_open_how_beneath(void);
int cu_open_beneath(int directory, const char *path, const struct cu_open_how *how);

int cu_epoll_open(void);
/// Registers a descriptor for both directions, edge triggered.
int cu_epoll_add(int epoll, int descriptor);

/// One readiness event.
struct cu_readiness {
    int32_t descriptor;
    uint8_t readable, writable;
};
int cu_epoll_wait(int epoll, int64_t timeoutNanoseconds, struct cu_readiness *target, unsigned capacity);

int cu_eventfd_open(int nonblocking);

/// accept4 with close-on-exec; answers -1 and sets errno.
int cu_accept(int descriptor, int flags);

/// Bytes that have come over a TCP connection; 0 where the kernel does not tell.
uint64_t cu_received_byte_count(int descriptor);

/// 1 when `descriptor` is a regular file (its size is stored), 0 when it is something else, or a negative errno.
int cu_regular_file_size(int descriptor, uint64_t *byteCount);

/// Runs on its own thread, pinned to `core` when that is not negative; returns 0 or an errno.
int cu_thread_start(void (*body)(void *), void *context, int core, const char *name);

/// The process's allowed cores: fills `target` with their numbers and returns how many there are.
int cu_allowed_cores(int *target, int capacity);

/// Makes blocks of at least `block_size` bytes mappings of their own, which free() gives back at once.
void cu_return_freed_memory(int block_size);
