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

#include "graph/util/error.h"

uint64_t fgr_hash(const void *bytes, size_t n_bytes)
{
    return XXH3_64bits(bytes, n_bytes);
}

uint64_t fgr_hash_keyed(const void *bytes, size_t n_bytes, uint64_t key)
{
    return XXH3_64bits_withSeed(bytes, n_bytes, key);
}

enum fgr_err fgr_random_bytes(void *out_bytes, size_t n_bytes, struct fgr_error *err)
{
    if (getentropy(out_bytes, n_bytes) != 0) {
        return fgr_fail(err, FGR_ERR_IO, "the system gives no random bytes: %s", strerror(errno));
    }
    return FGR_OK;
}
