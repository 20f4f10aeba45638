/* SPDX-License-Identifier: MIT */
/*
 * statement.h - one statement of an overlay file: which members it may have, and what it says to
 * the overlay's builder.
 *
 * Place in the flow: JSON events (overlay_file.c) -> members of a statement -> fgr_overlay_builder.
 *
 * Threads: pure but for the builder, any thread.
 */
#ifndef FGR_TOOLS_STATEMENT_H
#define FGR_TOOLS_STATEMENT_H

#include "fulgurite/overlay.h"
#include "fulgurite/route.h"

enum fgr_field {
    FGR_FIELD_SCID,
    FGR_FIELD_DIRECTION,
    FGR_FIELD_FROM,
    FGR_FIELD_TO,
    FGR_FIELD_NODE,
    FGR_FIELD_CAPACITY,
    FGR_FIELD_BASE,
    FGR_FIELD_PPM,
    FGR_FIELD_CLTV,
    FGR_FIELD_HTLC_MIN,
    FGR_FIELD_HTLC_MAX,
    FGR_FIELD_ENABLED,
    FGR_FIELD_BALANCE,
    FGR_FIELD_MIN,
    FGR_FIELD_MAX,
    FGR_FIELD_AMOUNT,
    FGR_FIELD_SLOTS,
    FGR_FIELD_COST,
    FGR_FIELD_BIAS,
    FGR_FIELD_FINAL_CLTV,
    FGR_FIELD_HOPS,
    FGR_FIELD_COUNT,
    FGR_FIELD_NONE = FGR_FIELD_COUNT
};

enum fgr_field_type {
    FGR_TYPE_SCID,
    FGR_TYPE_NODE,
    FGR_TYPE_NUMBER,
    FGR_TYPE_SIGNED,
    FGR_TYPE_BOOL,
    FGR_TYPE_BALANCE,
    FGR_TYPE_HOPS
};

/* Name, type and range of a member. */
struct fgr_member {
    const char *name;
    enum fgr_field_type type;
    uint64_t min;
    uint64_t max;
};
extern const struct fgr_member fgr_members[FGR_FIELD_COUNT];

enum fgr_statement_kind {
    FGR_STATEMENT_CHANNEL,
    FGR_STATEMENT_BLINDED_PATH,
    FGR_STATEMENT_POLICY,
    FGR_STATEMENT_BALANCE,
    FGR_STATEMENT_KNOWLEDGE,
    FGR_STATEMENT_RESERVED,
    FGR_STATEMENT_HTLCS,
    FGR_STATEMENT_BIAS,
    FGR_STATEMENT_BAN,
    FGR_STATEMENT_ONLY_OUT,
    FGR_STATEMENT_ONLY_IN,
    FGR_STATEMENT_COUNT,
    FGR_STATEMENT_HOP = FGR_STATEMENT_COUNT, /* of a blinded path */
    FGR_STATEMENT_NONE
};

/* Name of a statement, and what it needs in words. */
struct fgr_statement_name {
    const char *name;
    const char *needs;
};
extern const struct fgr_statement_name fgr_statement_kinds[FGR_STATEMENT_NONE];

#define FGR_FIELD_SET(field) (UINT32_C(1) << (field))

/* The members of one statement, or of one hop. */
struct fgr_statement {
    enum fgr_statement_kind kind; /* FGR_STATEMENT_NONE outside of statements */
    uint32_t seen;                /* FGR_FIELD_SET */
    uint64_t number[FGR_FIELD_COUNT];
    int64_t bias_msat;
    uint8_t id[FGR_FIELD_COUNT][FGR_NODE_ID_BYTES];
    size_t n_hops;
    struct fgr_overlay_relay hops[FGR_HOPS_MAX];
};

/* FGR_FIELD_SET of all members that a statement may have. */
uint32_t fgr_statement_allowed(enum fgr_statement_kind kind);

/* Whether the set of members makes a statement. */
bool fgr_statement_is_whole(enum fgr_statement_kind kind, uint32_t seen);

/* A hop, whole, as a relay. */
struct fgr_overlay_relay fgr_statement_relay(const struct fgr_statement *hop);

/* Makes the statement, which is whole. Errors: those of the builder; UNKNOWN (a node or channel);
 * FORMAT (a policy without a change). */
enum fgr_err fgr_statement_say(const struct fgr_statement *said,
                               struct fgr_overlay_builder *builder, struct fgr_error *err);

#endif
