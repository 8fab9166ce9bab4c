// Loopback sockets, clocks and orderly ends: what the programs here share.
#pragma once
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

__attribute__((noreturn, format(printf, 1, 2))) static inline void fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, errno ? " (%s)\n" : "\n", strerror(errno));
    exit(1);
}

static inline double seconds_of(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static inline void *allocated(size_t size) {
    void *memory = malloc(size ? size : 1);
    if (!memory) fail("out of memory: %zu bytes", size);
    return memory;
}

/// Nothing outlives `seconds`, nor the process that started it.
static inline void live_at_most(unsigned seconds) {
    pid_t parent = getppid();
    if (prctl(PR_SET_PDEATHSIG, SIGKILL)) fail("prctl");
    if (getppid() != parent) exit(1);
    alarm(seconds);
}

static inline void pin_to(int core) {
    cpu_set_t cores;
    CPU_ZERO(&cores);
    CPU_SET(core, &cores);
    if (sched_setaffinity(0, sizeof cores, &cores)) fail("cannot run on core %d", core);
}

static inline struct sockaddr_in loopback(uint16_t port) {
    return (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

/// A listening socket on a free port.
static inline int listening(uint16_t *port) {
    struct sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    int one = socket(AF_INET, SOCK_STREAM, 0);
    if (one < 0 || bind(one, (void *)&address, size) || listen(one, 4)) fail("listen");
    if (getsockname(one, (void *)&address, &size)) fail("getsockname");
    *port = ntohs(address.sin_port);
    return one;
}

static inline int connected(uint16_t port) {
    struct sockaddr_in address = loopback(port);
    int one = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    if (one < 0 || connect(one, (void *)&address, sizeof address)) fail("cannot connect to port %d", port);
    setsockopt(one, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    return one;
}

static inline void send_all(int socket, const void *bytes, size_t count) {
    for (const char *at = bytes; count;) {
        ssize_t sent = send(socket, at, count, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0) fail("send");
        at += sent;
        count -= (size_t)sent;
    }
}

/// What comes within one call, 0 at the end.
static inline size_t received(int socket, void *bytes, size_t room, int flags) {
    for (;;) {
        ssize_t count = recv(socket, bytes, room, flags);
        if (count >= 0) return (size_t)count;
        if (errno != EINTR) fail("receive");
    }
}
