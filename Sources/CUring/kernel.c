#define _GNU_SOURCE
#include "CUring.h"

#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <linux/openat2.h>
#include <linux/tcp.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// Linux 6.2 has these, the headers of liburing 2.3 do not.
#ifndef IORING_SEND_ZC_REPORT_USAGE
#define IORING_SEND_ZC_REPORT_USAGE (1U << 3)
#endif
#ifndef IORING_NOTIF_USAGE_ZC_COPIED
#define IORING_NOTIF_USAGE_ZC_COPIED (1U << 31)
#endif

struct cu_ring {
    struct io_uring ring;
    uint64_t entered;
    int sends_zero_copy;
};

static void prepare_send_zero_copy(struct io_uring_sqe *entry, int descriptor, const struct msghdr *message) {
    io_uring_prep_sendmsg_zc(entry, descriptor, message, MSG_NOSIGNAL | MSG_WAITALL);
    entry->ioprio = IORING_SEND_ZC_REPORT_USAGE;
}

/// 1 when this kernel sends without copying and reports on it, otherwise 0, or a negative errno. The probe knows opcodes
/// only, so a send to no descriptor asks for the rest: Linux 6.1 refuses the flag before it looks at the descriptor.
static int probe_zero_copy(struct io_uring *ring, const struct io_uring_probe *probe) {
    if (!io_uring_opcode_supported(probe, IORING_OP_SENDMSG_ZC)) return 0;
    struct io_uring_sqe *entry = io_uring_get_sqe(ring);
    if (!entry) return -EBUSY;
    struct msghdr message;
    memset(&message, 0, sizeof message);
    prepare_send_zero_copy(entry, -1, &message);
    entry->user_data = 0;
    int status = io_uring_submit(ring), result = 0;
    if (status < 0) return status;
    for (int more = 1; more;) {
        struct io_uring_cqe *completion;
        status = io_uring_wait_cqe(ring, &completion);
        if (status == -EINTR) continue;
        if (status < 0) return status;
        if (!(completion->flags & IORING_CQE_F_NOTIF)) result = completion->res;
        more = (completion->flags & IORING_CQE_F_MORE) != 0;
        io_uring_cqe_seen(ring, completion);
    }
    return result == -EBADF;
}

int cu_ring_open(unsigned entries, cu_ring **out) {
    // The first set needs Linux 6.1, the last one 5.6. TASKRUN_FLAG lets cu_ring_wait see pending work without a call.
    static const unsigned choices[] = {
        IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_TASKRUN_FLAG,
        IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG,
        0,
    };
    cu_ring *ring = calloc(1, sizeof *ring);
    if (!ring) return -ENOMEM;
    int status = -EINVAL;
    for (unsigned choice = 0; choice < sizeof choices / sizeof *choices; choice++) {
        struct io_uring_params parameters;
        memset(&parameters, 0, sizeof parameters);
        parameters.flags = choices[choice] | IORING_SETUP_CQSIZE;
        parameters.cq_entries = entries * 4;
        status = io_uring_queue_init_params(entries, &ring->ring, &parameters);
        if (status == 0) break;
        if (status != -EINVAL) break;
    }
    if (status == 0) {
        struct io_uring_probe *probe = io_uring_get_probe_ring(&ring->ring);
        int usable = probe && io_uring_opcode_supported(probe, IORING_OP_OPENAT2)
            && io_uring_opcode_supported(probe, IORING_OP_SENDMSG) && io_uring_opcode_supported(probe, IORING_OP_RECV)
            && io_uring_opcode_supported(probe, IORING_OP_CONNECT) && (ring->ring.features & IORING_FEAT_EXT_ARG)
            && (ring->ring.features & IORING_FEAT_NODROP);
        status = usable ? probe_zero_copy(&ring->ring, probe) : -ENOSYS;
        if (probe) io_uring_free_probe(probe);
        if (status >= 0) {
            ring->sends_zero_copy = status;
            *out = ring;
            return 0;
        }
        io_uring_queue_exit(&ring->ring);
    }
    free(ring);
    return status;
}

void cu_ring_close(cu_ring *ring) {
    io_uring_queue_exit(&ring->ring);
    free(ring);
}

int cu_ring_sends_zero_copy(const cu_ring *ring) {
    return ring->sends_zero_copy;
}

/// The next free entry; a full queue is handed to the kernel first.
static struct io_uring_sqe *next_entry(cu_ring *ring, uint64_t token) {
    struct io_uring_sqe *entry = io_uring_get_sqe(&ring->ring);
    if (!entry) {
        ring->entered++;
        if (io_uring_submit(&ring->ring) < 0) return NULL;
        entry = io_uring_get_sqe(&ring->ring);
    }
    // liburing 2.3 does not clear the token in its prepare functions; it is set here for all of them.
    if (entry) entry->user_data = token;
    return entry;
}

#define PREPARE(prepare, ...)                                     \
    struct io_uring_sqe *entry = next_entry(ring, token);         \
    if (!entry) return -EBUSY;                                    \
    prepare(entry, __VA_ARGS__);                                  \
    entry->user_data = token;                                     \
    return 0

int cu_ring_accept(cu_ring *ring, int descriptor, uint64_t token) {
    PREPARE(io_uring_prep_accept, descriptor, NULL, NULL, SOCK_CLOEXEC);
}

int cu_ring_connect(cu_ring *ring, int descriptor, const void *address, unsigned byteCount, uint64_t token) {
    PREPARE(io_uring_prep_connect, descriptor, address, byteCount);
}

int cu_ring_receive(cu_ring *ring, int descriptor, void *target, size_t byteCount, int fills, uint64_t token) {
    PREPARE(io_uring_prep_recv, descriptor, target, byteCount, fills ? MSG_WAITALL : 0);
}

int cu_ring_send(cu_ring *ring, int descriptor, const struct msghdr *message, uint64_t token) {
    PREPARE(io_uring_prep_sendmsg, descriptor, message, MSG_NOSIGNAL | MSG_WAITALL);
}

int cu_ring_send_zero_copy(cu_ring *ring, int descriptor, const struct msghdr *message, uint64_t token) {
    PREPARE(prepare_send_zero_copy, descriptor, message);
}

int cu_ring_read(cu_ring *ring, int descriptor, void *target, size_t byteCount, uint64_t offset, uint64_t token) {
    PREPARE(io_uring_prep_read, descriptor, target, (unsigned)byteCount, offset);
}

int cu_ring_open_beneath(cu_ring *ring, int directory, const char *path, const void *how, uint64_t token) {
    PREPARE(io_uring_prep_openat2, directory, path, (struct open_how *)how);
}

int cu_ring_cancel(cu_ring *ring, uint64_t target, uint64_t token) {
    PREPARE(io_uring_prep_cancel64, target, 0);
}

int cu_ring_start(cu_ring *ring) {
    if (io_uring_sq_ready(&ring->ring) == 0) return 0;
    ring->entered++;
    int status = io_uring_submit(&ring->ring);
    // The queue of completions is full: what could not start does so once they are collected.
    return status == -EBUSY || status == -EAGAIN || status == -EINTR ? 0 : status < 0 ? status : 0;
}

int cu_ring_wait(cu_ring *ring, int64_t timeoutNanoseconds, struct cu_completion *target, unsigned capacity,
                 uint64_t *entered) {
    struct io_uring_cqe *first = NULL;
    int status = 0;
    unsigned ready = io_uring_cq_ready(&ring->ring);
    if (timeoutNanoseconds != 0 && ready == 0) {
        struct __kernel_timespec timeout = { timeoutNanoseconds / 1000000000, timeoutNanoseconds % 1000000000 };
        ring->entered++;
        status = io_uring_submit_and_wait_timeout(&ring->ring, &first, 1, timeoutNanoseconds < 0 ? NULL : &timeout, NULL);
    } else {
        unsigned flags = __atomic_load_n(ring->ring.sq.kflags, __ATOMIC_RELAXED);
        if (flags & (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW)) {
            ring->entered++;
            status = io_uring_submit_and_get_events(&ring->ring);
        } else if (io_uring_sq_ready(&ring->ring) > 0) {
            ring->entered++;
            status = io_uring_submit(&ring->ring);
        }
    }
    *entered += ring->entered;
    ring->entered = 0;
    if (status < 0 && status != -ETIME && status != -EINTR && status != -EAGAIN && status != -EBUSY) return status;

    unsigned head, count = 0;
    io_uring_for_each_cqe(&ring->ring, head, first) {
        if (count == capacity) break;
        int isNotification = (first->flags & IORING_CQE_F_NOTIF) != 0;
        target[count].token = first->user_data;
        target[count].result = isNotification ? (first->res & IORING_NOTIF_USAGE_ZC_COPIED) != 0 : first->res;
        target[count].hasMore = (first->flags & IORING_CQE_F_MORE) != 0;
        target[count].isNotification = (uint8_t)isNotification;
        count++;
    }
    io_uring_cq_advance(&ring->ring, count);
    return (int)count;
}

struct cu_open_how cu_open_how_beneath(void) {
    struct cu_open_how how = { O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0,
                               RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS };
    return how;
}

int cu_open_beneath(int directory, const char *path, const struct cu_open_how *how) {
    long status = syscall(SYS_openat2, directory, path, how, sizeof *how);
    return status < 0 ? -errno : (int)status;
}

int cu_epoll_open(void) {
    int descriptor = epoll_create1(EPOLL_CLOEXEC);
    return descriptor < 0 ? -errno : descriptor;
}

int cu_epoll_add(int epoll, int descriptor) {
    struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data = { .fd = descriptor } };
    return epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) < 0 ? -errno : 0;
}

int cu_epoll_wait(int epoll, int64_t timeoutNanoseconds, struct cu_readiness *target, unsigned capacity) {
    struct epoll_event events[256];
    struct timespec timeout = { timeoutNanoseconds / 1000000000, timeoutNanoseconds % 1000000000 };
    if (capacity > 256) capacity = 256;
    int count = epoll_pwait2(epoll, events, (int)capacity, timeoutNanoseconds < 0 ? NULL : &timeout, NULL);
    if (count < 0) return errno == EINTR ? 0 : -errno;
    for (int position = 0; position < count; position++) {
        unsigned bits = events[position].events;
        target[position].descriptor = events[position].data.fd;
        target[position].readable = (bits & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
        target[position].writable = (bits & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0;
    }
    return count;
}

int cu_eventfd_open(int nonblocking) {
    int descriptor = eventfd(0, EFD_CLOEXEC | (nonblocking ? EFD_NONBLOCK : 0));
    return descriptor < 0 ? -errno : descriptor;
}

int cu_accept(int descriptor, int flags) {
    return accept4(descriptor, NULL, NULL, SOCK_CLOEXEC | flags);
}

int cu_regular_file_size(int descriptor, uint64_t *byteCount) {
    struct stat status;
    if (fstat(descriptor, &status) < 0) return -errno;
    *byteCount = (uint64_t)status.st_size;
    return S_ISREG(status.st_mode) ? 1 : 0;
}

struct thread_start {
    void (*body)(void *);
    void *context;
    int core;
    char name[16];
};

static void *thread_main(void *raw) {
    struct thread_start start = *(struct thread_start *)raw;
    free(raw);
    pthread_setname_np(pthread_self(), start.name);
    if (start.core >= 0) {
        cpu_set_t set;
        CPU_ZERO(&set);
        CPU_SET(start.core, &set);
        // Placement is a wish: a container may have taken the core away since it was counted.
        (void)pthread_setaffinity_np(pthread_self(), sizeof set, &set);
    }
    start.body(start.context);
    return NULL;
}

int cu_thread_start(void (*body)(void *), void *context, int core, const char *name) {
    struct thread_start *start = calloc(1, sizeof *start);
    if (!start) return ENOMEM;
    start->body = body;
    start->context = context;
    start->core = core;
    strncpy(start->name, name, sizeof start->name - 1);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, 8 << 20);
    pthread_t thread;
    int status = pthread_create(&thread, &attributes, thread_main, start);
    pthread_attr_destroy(&attributes);
    if (status != 0) free(start);
    return status;
}

int cu_allowed_cores(int *target, int capacity) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) < 0) return 0;
    int count = 0;
    for (int core = 0; core < CPU_SETSIZE; core++) {
        if (!CPU_ISSET(core, &set)) continue;
        if (count < capacity) target[count] = core;
        count++;
    }
    return count;
}

uint64_t cu_received_byte_count(int descriptor) {
    struct tcp_info facts = {0};
    socklen_t size = sizeof facts;
    // The C library's own header lacks the field, and IPPROTO_TCP would bring it in.
    if (getsockopt(descriptor, 6, TCP_INFO, &facts, &size) < 0) return 0;
    return facts.tcpi_bytes_received;
}

void cu_return_freed_memory(int block_size) {
    // Setting the first also keeps it from growing with what is freed.
    mallopt(M_MMAP_THRESHOLD, block_size);
    mallopt(M_TRIM_THRESHOLD, 4 * block_size);
}
