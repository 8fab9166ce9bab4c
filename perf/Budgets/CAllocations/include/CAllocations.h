// Counts what the program asks of the allocator. Linking this is enough: its malloc and relatives take the place of the
// C library's and call them.
#pragma once

#include <stdint.h>

// Requests since the program began: malloc, calloc, realloc and the aligned ones.
uint64_t ca_count(void);
