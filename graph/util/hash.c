/* SPDX-License-Identifier: MIT */
#include "graph/util/hash.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <xxhash.h>
#ifdef __x86_64__
/* Takes the widest vectors this CPU has, whatever the library was built for. */
#include <xxh_x86dispatch.h>
#endif

#include "graph/util/attr.h"
#include "graph/util/error.h"

/* The library's wide loops leave the upper halves of the vector registers in use (xxHash 0.8.1).
 * Until they are cleared, scalar floating point that mixes both encodings, as the math library's
 * does, is 30 times slower: measured after fgr_view_open. */
static void clear_upper_halves(void)
{
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx")) {
        FGR_CLEAR_UPPER_HALVES();
    }
#endif
}

uint64_t fgr_hash(const void *bytes, size_t n_bytes)
{
    uint64_t hash = XXH3_64bits(bytes, n_bytes);
    clear_upper_halves();
    return hash;
}

uint64_t fgr_hash_keyed(const void *bytes, size_t n_bytes, uint64_t key)
{
    uint64_t hash = XXH3_64bits_withSeed(bytes, n_bytes, key);
    clear_upper_halves();
    return hash;
}

enum fgr_err fgr_random_bytes(void *out_bytes, size_t n_bytes, struct fgr_error *err)
{
    if (getentropy(out_bytes, n_bytes) != 0) {
        return fgr_fail(err, FGR_ERR_IO, "the system gives no random bytes: %s", strerror(errno));
    }
    return FGR_OK;
}
