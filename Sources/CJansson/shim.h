#pragma once
#include <jansson.h>

// json_decref is inline over a field that the macros hide behind an atomic; this is the same call, importable.
static inline void shim_json_release(json_t *value) { json_decref(value); }
// json_typeof and the predicates are macros.
static inline int shim_json_type(const json_t *value) { return (int)json_typeof(value); }
// json_error_code is inline and reads the last byte of a fixed-size array, which imports as a tuple.
static inline int shim_json_error_code(const json_error_t *error) { return (int)json_error_code(error); }

#include <stdlib.h>
#include <string.h>
// Jansson's own allocator is malloc here; these keep the C library out of the Swift file.
static inline void shim_json_free(char *text) { free(text); }
static inline size_t shim_json_text_length(const char *text) { return strlen(text); }
static inline const char *shim_json_empty_text(void) { return ""; }
