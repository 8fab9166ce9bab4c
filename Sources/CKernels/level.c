#include "CKernels.h"

static ck_level best = CK_PORTABLE;

// Once: kernels that work on a few values each are called often, and the look itself is a call into a library.
__attribute__((constructor)) static void find_best(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("bmi2")) return;
    best = CK_AVX2;
    if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vbmi") &&
        __builtin_cpu_supports("avx512vbmi2")) {
        best = CK_AVX512;
    }
#endif
}

ck_level ck_best_level(void) { return best; }
