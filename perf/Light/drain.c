// A client that costs as little as one can: DoGets over one HTTP/2 connection, their DATA discarded. For questions about wall
// time, where a client that builds record batches would be what is measured.
//
//     drain PORT TICKET_FILE STREAMS
//
// Prints one line of JSON: wall seconds from before the connection to the last trailer, DATA bytes, and for each stream the
// seconds until its first DATA. Ends with 1 and the reason when a call does not end with status 0.
#define _GNU_SOURCE
#include "loopback.h"

#include <nghttp2/nghttp2.h>

enum { ROOM = 1 << 20, FRAME = 1 << 20, LIMIT_SECONDS = 600 };
static const int32_t WINDOW = 0x7fffffff;  // the largest that HTTP/2 knows; nghttp2 renews it when half of it is used

typedef struct { int32_t id; size_t sent; double first; char status[8], message[256]; } Call;

static Call *calls;
static int call_count, calls_left;
static uint8_t *request;
static size_t request_size;
static uint64_t data_bytes;
static double began;

static Call *call_of(int32_t id) {
    for (int i = 0; i < call_count; i++) {
        if (calls[i].id == id) return &calls[i];
    }
    return NULL;
}

static ssize_t read_request(nghttp2_session *session, int32_t id, uint8_t *room, size_t size, uint32_t *flags,
                            nghttp2_data_source *source, void *user) {
    (void)session, (void)id, (void)user;
    Call *call = source->ptr;
    if (size > request_size - call->sent) size = request_size - call->sent;
    memcpy(room, request + call->sent, size);
    call->sent += size;
    if (call->sent == request_size) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)size;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *bytes, size_t size, void *user) {
    (void)flags, (void)bytes, (void)user;
    Call *call = nghttp2_session_get_stream_user_data(session, id);
    if (call && !call->first) call->first = seconds_of(CLOCK_MONOTONIC) - began;
    data_bytes += size;
    return 0;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name, size_t name_size,
                     const uint8_t *value, size_t value_size, uint8_t flags, void *user) {
    (void)session, (void)flags, (void)user;
    Call *call = call_of(frame->hd.stream_id);
    if (call && name_size == 11 && !memcmp(name, "grpc-status", 11))
        snprintf(call->status, sizeof call->status, "%.*s", (int)value_size, (const char *)value);
    if (call && name_size == 12 && !memcmp(name, "grpc-message", 12))
        snprintf(call->message, sizeof call->message, "%.*s", (int)value_size, (const char *)value);
    return 0;
}

static int on_close(nghttp2_session *session, int32_t id, uint32_t code, void *user) {
    (void)session, (void)user;
    Call *call = call_of(id);
    errno = 0;
    if (!call || strcmp(call->status, "0")) fail("stream %d ended with HTTP/2 code %u, gRPC status %s: %s", id, code,
                                                 call ? call->status : "?", call ? call->message : "");
    calls_left--;
    return 0;
}

/// The ticket as gRPC sends it: not compressed, a length, then a protobuf message with one field of bytes.
static void read_ticket(const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file) fail("%s", path);
    fseek(file, 0, SEEK_END);
    size_t size = (size_t)ftell(file), at = 5;
    rewind(file);
    request = allocated(size + 32);
    request[at++] = 1 << 3 | 2;
    for (size_t left = size; ; left >>= 7) {
        request[at++] = (uint8_t)(left & 127) | (left > 127 ? 128 : 0);
        if (left <= 127) break;
    }
    if (fread(request + at, 1, size, file) != size) fail("%s", path);
    fclose(file);
    request_size = at + size;
    uint32_t length = htonl((uint32_t)(request_size - 5));
    request[0] = 0;
    memcpy(request + 1, &length, 4);
}

#define HEADER(name, value) {(uint8_t *)name, (uint8_t *)value, sizeof name - 1, sizeof value - 1, NGHTTP2_NV_FLAG_NONE}

static void submit(nghttp2_session *session, Call *call) {
    const nghttp2_nv headers[] = {
        HEADER(":method", "POST"), HEADER(":scheme", "http"), HEADER(":authority", "127.0.0.1"),
        HEADER(":path", "/arrow.flight.protocol.FlightService/DoGet"), HEADER("content-type", "application/grpc"),
        HEADER("te", "trailers"), HEADER("user-agent", "drain"),
    };
    nghttp2_data_provider body = {.source.ptr = call, .read_callback = read_request};
    call->id = nghttp2_submit_request(session, NULL, headers, sizeof headers / sizeof *headers, &body, call);
    if (call->id < 0) fail("request: %s", nghttp2_strerror(call->id));
}

static void send_pending(nghttp2_session *session, int socket) {
    const uint8_t *bytes;
    for (ssize_t count; (count = nghttp2_session_mem_send(session, &bytes)) != 0;) {
        if (count < 0) fail("HTTP/2: %s", nghttp2_strerror((int)count));
        send_all(socket, bytes, (size_t)count);
    }
}

int main(int count, char **words) {
    if (count != 4 || (call_count = atoi(words[3])) < 1) fail("usage: drain PORT TICKET_FILE STREAMS");
    live_at_most(LIMIT_SECONDS);
    read_ticket(words[2]);
    calls = memset(allocated((size_t)call_count * sizeof *calls), 0, (size_t)call_count * sizeof *calls);
    calls_left = call_count;

    nghttp2_session_callbacks *callbacks;
    nghttp2_session *session;
    if (nghttp2_session_callbacks_new(&callbacks)) fail("nghttp2");
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    if (nghttp2_session_client_new(&session, callbacks, NULL)) fail("nghttp2");
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_ENABLE_PUSH, 0}, {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, (uint32_t)WINDOW},
        {NGHTTP2_SETTINGS_MAX_FRAME_SIZE, FRAME},
    };
    if (nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings, sizeof settings / sizeof *settings)
        || nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0, WINDOW)) fail("nghttp2");

    uint8_t *room = allocated(ROOM);
    began = seconds_of(CLOCK_MONOTONIC);
    int socket = connected((uint16_t)atoi(words[1]));
    for (int i = 0; i < call_count; i++) submit(session, &calls[i]);
    send_pending(session, socket);
    while (calls_left) {
        size_t size = received(socket, room, ROOM, 0);
        errno = 0;
        if (!size) fail("the server closed the connection");
        ssize_t used = nghttp2_session_mem_recv(session, room, size);
        if (used < 0) fail("HTTP/2: %s", nghttp2_strerror((int)used));
        send_pending(session, socket);
    }
    double wall = seconds_of(CLOCK_MONOTONIC) - began;

    printf("{\"wall\": %.6f, \"bytes\": %llu, \"first\": [", wall, (unsigned long long)data_bytes);
    for (int i = 0; i < call_count; i++) printf("%s%.6f", i ? ", " : "", calls[i].first);
    printf("]}\n");
    return 0;
}
