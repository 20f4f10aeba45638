/* SPDX-License-Identifier: MIT */
#include "graph/translate.h"

#include <string.h>

struct fgr_channel_record fgr_translate_channel(const struct fgr_channel_announcement *channel,
                                                uint64_t capacity_sat)
{
    struct fgr_channel_record record = {
        .scid = channel->scid,
        .capacity_sat = capacity_sat,
        .features = {channel->features, channel->features_len},
    };
    memcpy(record.node_id[0], channel->node_id[0], FGR_NODE_ID_BYTES);
    memcpy(record.node_id[1], channel->node_id[1], FGR_NODE_ID_BYTES);
    return record;
}

struct fgr_policy_record fgr_translate_update(const struct fgr_channel_update *update)
{
    return (struct fgr_policy_record){
        .scid = update->scid,
        .direction = fgr_wire_direction(update),
        .htlc_min_msat = update->htlc_min_msat,
        .htlc_max_msat = update->htlc_max_msat,
        .base_msat = update->base_msat,
        .ppm = update->ppm,
        .inbound_base_msat = update->inbound_base_msat,
        .inbound_ppm = update->inbound_ppm,
        .timestamp = update->timestamp,
        .cltv_delta = update->cltv_delta,
        .disabled = fgr_wire_is_disabled(update),
    };
}

struct fgr_node_record fgr_translate_node(const struct fgr_node_announcement *node)
{
    struct fgr_node_record record = {
        .timestamp = node->timestamp,
        .alias = {node->alias, FGR_ALIAS_BYTES_MAX},
        .features = {node->features, node->features_len},
    };
    memcpy(record.id, node->node_id, FGR_NODE_ID_BYTES);
    return record;
}
