#include "CKernels.h"

ck_level ck_best_level(void) {
#if defined(__x86_64__)
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("bmi2")) return CK_PORTABLE;
    if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vbmi") &&
        __builtin_cpu_supports("avx512vbmi2")) {
        return CK_AVX512;
    }
    return CK_AVX2;
#else
    return CK_PORTABLE;
#endif
}
