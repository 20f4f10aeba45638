/* SPDX-License-Identifier: MIT */
#include "tools/fgr/synth.h"

#include "graph/builder.h"
#include "tools/fgr/synth_records.h"

static enum fgr_err feed_channel(const struct fgr_synth_records *records,
                                 struct fgr_builder *builder, uint32_t chan, struct fgr_error *err)
{
    struct fgr_synth_channel channel;
    struct fgr_place place = {chan, FGR_NO_POSITION};
    fgr_synth_records_channel(records, &channel, chan);
    enum fgr_err rc = fgr_builder_channel(builder, &channel.record, place, err);
    for (unsigned i = 0; i < channel.n_policies && rc == FGR_OK; i++) {
        rc = fgr_builder_policy(builder, &channel.policies[i], place, err);
    }
    return rc;
}

static enum fgr_err feed_node(const struct fgr_synth_records *records, struct fgr_builder *builder,
                              uint32_t node, struct fgr_error *err)
{
    struct fgr_synth_announcement announcement;
    struct fgr_place place = {node, FGR_NO_POSITION};
    return fgr_synth_records_node(records, &announcement, node)
               ? fgr_builder_node(builder, &announcement.record, place, err)
               : FGR_OK;
}

static enum fgr_err feed(const struct fgr_synth_records *records, struct fgr_builder *builder,
                         struct fgr_error *err)
{
    enum fgr_err rc = FGR_OK;
    for (uint32_t i = 0; i < records->net.n_nodes && rc == FGR_OK; i++) {
        rc = feed_node(records, builder, i, err);
    }
    for (uint32_t i = 0; i < records->net.n_chans && rc == FGR_OK; i++) {
        rc = feed_channel(records, builder, i, err);
    }
    return rc;
}

enum fgr_err fgr_synth_generate(void **out_bytes, size_t *out_n_bytes,
                                const struct fgr_synth_options *options,
                                struct fgr_import_report *out_report, struct fgr_error *err)
{
    struct fgr_synth_records records;
    struct fgr_builder *builder = NULL;
    enum fgr_err rc = fgr_synth_records_create(&records, options, err);
    if (rc != FGR_OK) {
        return rc;
    }
    rc = fgr_builder_create(&builder, out_report, err);
    if (rc == FGR_OK) {
        rc = feed(&records, builder, err);
    }
    fgr_synth_records_free(&records);
    if (rc == FGR_OK) {
        rc = fgr_builder_finish(builder, out_bytes, out_n_bytes, options->threads, err);
    }
    fgr_builder_destroy(builder);
    return rc;
}
