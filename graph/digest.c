/* SPDX-License-Identifier: MIT */
#include "graph/digest.h"

#include "graph/wire.h"

enum fgr_err fgr_digest_message(struct fgr_sha256 *sha, uint8_t out_hash[FGR_SHA256_BYTES],
                                const uint8_t *message, size_t n_bytes, unsigned type,
                                struct fgr_error *err)
{
    size_t at = fgr_wire_signed_at(type);
    enum fgr_err code = fgr_sha256(sha, out_hash, message + at, n_bytes - at, err);
    return code != FGR_OK ? code : fgr_sha256(sha, out_hash, out_hash, FGR_SHA256_BYTES, err);
}
