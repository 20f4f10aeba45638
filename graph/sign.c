/* SPDX-License-Identifier: MIT */
#include "graph/sign.h"

#include <stdlib.h>

#include "graph/digest.h"
#include "graph/util/error.h"
#include "graph/wire.h"

struct fgr_signer {
    struct fgr_curve_signer *curve;
    struct fgr_sha256 sha;
};

enum fgr_err fgr_signer_create(struct fgr_signer **out_signer, struct fgr_error *err)
{
    struct fgr_signer *signer = calloc(1, sizeof *signer);
    if (signer == NULL) {
        return fgr_fail_memory(err, sizeof *signer);
    }
    enum fgr_err code = fgr_sha256_init(&signer->sha, err);
    if (code == FGR_OK) {
        code = fgr_curve_signer_create(&signer->curve, err);
    }
    if (code != FGR_OK) {
        fgr_signer_destroy(signer);
        return code;
    }
    *out_signer = signer;
    return FGR_OK;
}

void fgr_signer_destroy(struct fgr_signer *signer)
{
    if (signer != NULL) {
        fgr_curve_signer_destroy(signer->curve);
        fgr_sha256_deinit(&signer->sha);
        free(signer);
    }
}

enum fgr_err fgr_sign(struct fgr_signer *signer, uint8_t *message, size_t n_bytes,
                      const uint8_t *const secrets[], struct fgr_error *err)
{
    struct fgr_message decoded;
    uint8_t hash[FGR_SHA256_BYTES];
    if (fgr_wire_decode(&decoded, message, n_bytes) != FGR_WIRE_GOOD) {
        return fgr_fail(err, FGR_ERR_FORMAT, "%zu bytes are no gossip message to sign", n_bytes);
    }
    enum fgr_err code = fgr_digest_message(&signer->sha, hash, message, n_bytes, decoded.type, err);
    uint8_t *signature = message + FGR_WIRE_TYPE_BYTES;
    for (unsigned i = 0; i < fgr_wire_n_signatures(decoded.type) && code == FGR_OK; i++) {
        if (!fgr_curve_sign(signer->curve, signature, hash, secrets[i])) {
            code = fgr_fail(err, FGR_ERR_ARG, "secret %u is 0 or not below the group order", i);
        }
        signature += FGR_WIRE_SIGNATURE_BYTES;
    }
    return code;
}
