/* SPDX-License-Identifier: MIT */
#include "graph/util/steady.h"

#include <sys/mman.h>

#include "graph/util/error.h"

/* Grown by an eighth, in steps of this: few calls, little to spare. A multiple of every page. */
#define STEP_BYTES ((size_t)1 << 16)

static size_t round_up(size_t n_bytes)
{
    return (n_bytes + STEP_BYTES - 1) / STEP_BYTES * STEP_BYTES;
}

enum fgr_err fgr_steady_init(struct fgr_steady *out_steady, size_t n_bytes_reserved,
                             struct fgr_error *err)
{
    size_t n_bytes = round_up(n_bytes_reserved);
    void *base = mmap(NULL, n_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED) {
        return fgr_fail_memory(err, n_bytes);
    }
    *out_steady = (struct fgr_steady){.base = base, .n_bytes_reserved = n_bytes};
    return FGR_OK;
}

void fgr_steady_free(struct fgr_steady *steady)
{
    if (steady->base != NULL) {
        munmap(steady->base, steady->n_bytes_reserved);
    }
    *steady = (struct fgr_steady){.base = NULL};
}

enum fgr_err fgr_steady_grow(struct fgr_steady *steady, size_t n_bytes, struct fgr_error *err)
{
    if (n_bytes <= steady->n_bytes) {
        return FGR_OK;
    }
    if (n_bytes > steady->n_bytes_reserved) {
        return fgr_fail(err, FGR_ERR_LIMIT, "%zu bytes do not fit where %zu were set aside",
                        n_bytes, steady->n_bytes_reserved);
    }
    size_t wanted = round_up(n_bytes + steady->n_bytes / 8);
    if (wanted > steady->n_bytes_reserved) {
        wanted = steady->n_bytes_reserved;
    }
    uint8_t *end = (uint8_t *)steady->base + steady->n_bytes;
    if (mprotect(end, wanted - steady->n_bytes, PROT_READ | PROT_WRITE) != 0) {
        return fgr_fail_memory(err, wanted);
    }
    steady->n_bytes = wanted;
    return FGR_OK;
}
