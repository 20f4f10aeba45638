/* SPDX-License-Identifier: MIT */
#include "graph/util/sha256.h"

#include <openssl/evp.h>

#include "graph/util/error.h"

enum fgr_err fgr_sha256_init(struct fgr_sha256 *out_sha, struct fgr_error *err)
{
    struct fgr_sha256 sha = {.method = EVP_MD_fetch(NULL, "SHA256", NULL),
                             .context = EVP_MD_CTX_new()};
    if (sha.method == NULL || sha.context == NULL) {
        bool has_method = sha.method != NULL;
        fgr_sha256_deinit(&sha);
        return has_method
                   ? fgr_fail(err, FGR_ERR_MEMORY, "out of memory for a hash context")
                   : fgr_fail(err, FGR_ERR_IO, "libcrypto offers no SHA-256: see its openssl.cnf");
    }
    *out_sha = sha;
    return FGR_OK;
}

void fgr_sha256_deinit(struct fgr_sha256 *sha)
{
    EVP_MD_CTX_free(sha->context);
    EVP_MD_free(sha->method);
    *sha = (struct fgr_sha256){NULL, NULL};
}

enum fgr_err fgr_sha256(struct fgr_sha256 *sha, uint8_t out_hash[FGR_SHA256_BYTES],
                        const void *bytes, size_t n_bytes, struct fgr_error *err)
{
    if (EVP_DigestInit_ex2(sha->context, sha->method, NULL) != 1 ||
        EVP_DigestUpdate(sha->context, bytes, n_bytes) != 1 ||
        EVP_DigestFinal_ex(sha->context, out_hash, NULL) != 1) {
        return fgr_fail(err, FGR_ERR_IO, "libcrypto failed to hash %zu bytes", n_bytes);
    }
    return FGR_OK;
}
