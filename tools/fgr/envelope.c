/* SPDX-License-Identifier: MIT */
#include "tools/fgr/envelope.h"

#include "graph/util/hash.h"
#include "graph/util/sha256.h"
#include "tools/fgr/put.h"

#include <string.h>

/* What is hashed to a payment secret: nothing else that comes from the seed begins so. */
static const char secret_label[] = "fulgurite/payment-secret";

enum { LABEL_BYTES = sizeof secret_label - 1 };

uint32_t fgr_envelope_final_bytes(const struct fgr_envelope *envelope)
{
    /* payment_data is counted always. */
    return envelope->kind == FGR_ENVELOPE_AMP ? FGR_AMP_RECORD_BYTES_MAX : 0;
}

static enum fgr_err make_secret(struct fgr_envelope *envelope, struct fgr_error *err)
{
    uint8_t input[LABEL_BYTES + FGR_SECRET_BYTES];
    struct fgr_sha256 sha;
    enum fgr_err code = fgr_sha256_init(&sha, err);
    if (code != FGR_OK) {
        return code;
    }
    memcpy(input, secret_label, LABEL_BYTES);
    memcpy(input + LABEL_BYTES, envelope->seed, FGR_SECRET_BYTES);
    code = fgr_sha256(&sha, envelope->payment_secret, input, sizeof input, err);
    fgr_sha256_deinit(&sha);
    return code;
}

static enum fgr_err make_children(struct fgr_envelope *envelope, struct fgr_error *err)
{
    struct fgr_amp *amp;
    enum fgr_err code = fgr_amp_create(&amp, FGR_PARTS_MAX, NULL, err);
    if (code != FGR_OK) {
        return code;
    }
    code = fgr_amp_begin(amp, &envelope->root, envelope->seed, err);
    if (code == FGR_OK) {
        code = fgr_amp_split(amp, envelope->child, envelope->n_parts, err);
    }
    fgr_amp_destroy(amp);
    return code;
}

enum fgr_err fgr_envelope_seal(struct fgr_envelope *envelope, const struct fgr_split *split,
                               struct fgr_error *err)
{
    enum fgr_err code = FGR_OK;
    envelope->total = split->amount;
    envelope->n_parts = split->n_parts;
    if (!envelope->has_seed) {
        code = fgr_random_bytes(envelope->seed, sizeof envelope->seed, err);
    }
    if (code == FGR_OK && !envelope->has_secret) {
        code = make_secret(envelope, err);
    }
    if (code == FGR_OK && envelope->kind == FGR_ENVELOPE_AMP) {
        code = make_children(envelope, err);
    }
    return code;
}

void fgr_envelope_put(struct fgr_json_writer *json, const struct fgr_envelope *envelope)
{
    bool is_amp = envelope->kind == FGR_ENVELOPE_AMP;
    fgr_json_key(json, is_amp ? "amp" : "mpp");
    fgr_json_object_begin(json);
    if (is_amp) {
        fgr_put_hex(json, "root", envelope->root.root, FGR_SECRET_BYTES);
        fgr_put_hex(json, "set_id", envelope->root.set_id, FGR_SECRET_BYTES);
    }
    fgr_put_hex(json, "payment_secret", envelope->payment_secret, FGR_SECRET_BYTES);
    fgr_put_u64(json, "total_msat", envelope->total.v);
    fgr_json_object_end(json);
}

void fgr_envelope_put_part(struct fgr_json_writer *json, const struct fgr_envelope *envelope,
                           uint32_t i)
{
    uint8_t records[FGR_MPP_RECORD_BYTES_MAX + FGR_AMP_RECORD_BYTES_MAX];
    size_t n = fgr_mpp_record(records, envelope->payment_secret, envelope->total);
    if (envelope->kind == FGR_ENVELOPE_AMP) {
        const struct fgr_amp_child *child = &envelope->child[i];
        n += fgr_amp_record(records + n, child, envelope->root.set_id);
        fgr_json_key(json, "amp");
        fgr_json_object_begin(json);
        fgr_put_u64(json, "child_index", child->index);
        fgr_put_hex(json, "share", child->share, FGR_SECRET_BYTES);
        fgr_put_hex(json, "payment_hash", child->hash, FGR_SECRET_BYTES);
        fgr_json_object_end(json);
    }
    fgr_put_hex(json, "final_records", records, n);
}
