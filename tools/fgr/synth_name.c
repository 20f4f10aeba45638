/* SPDX-License-Identifier: MIT */
/*
 * Large nodes have names of their own, two words and a number once the words run out. The small
 * ones are named the way wallets do it: LND's default is the first twenty digits of the node id,
 * CLN's two words in capitals. Some have names in other scripts or with pictures, some share a name
 * with many others, some never announced themselves and have none.
 */
#include "tools/fgr/synth_name.h"

#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Ranks that always have a name of their own. */
#define NAMED_RANKS 64

/* In per mille of the other nodes. */
#define SILENT_LIVE_PERMILLE 30
#define SILENT_DEAD_PERMILLE 150

static const char *const first_words[] = {
    "Amber",  "Ancient",  "Arctic",   "Blue",   "Brave",   "Bright", "Bronze",  "Calm",
    "Clear",  "Coastal",  "Copper",   "Cosmic", "Crimson", "Deep",   "Distant", "Eager",
    "Early",  "Eastern",  "Electric", "Fast",   "Feral",   "Free",   "Frozen",  "Gentle",
    "Golden", "Granite",  "Green",    "Hidden", "Hollow",  "Iron",   "Ivory",   "Jade",
    "Kind",   "Late",     "Lone",     "Loud",   "Lucky",   "Lunar",  "Mellow",  "Misty",
    "Noble",  "Northern", "Old",      "Open",   "Orange",  "Pale",   "Patient", "Polar",
    "Proud",  "Quick",    "Quiet",    "Rapid",  "Rusty",   "Secret", "Silver",  "Sleepy",
    "Solar",  "Southern", "Stone",    "Sunny",  "Swift",   "Tidal",  "Violet",  "Wild",
};

static const char *const last_words[] = {
    "Anchor",  "Antelope", "Atlas",   "Badger",  "Bay",     "Beacon", "Bison",  "Bridge",
    "Canyon",  "Castle",   "Channel", "Comet",   "Condor",  "Coral",  "Crane",  "Delta",
    "Desert",  "Dolphin",  "Eagle",   "Ember",   "Falcon",  "Ferry",  "Fjord",  "Forge",
    "Fox",     "Galaxy",   "Garden",  "Gecko",   "Glacier", "Harbor", "Hawk",   "Heron",
    "Island",  "Jackal",   "Lagoon",  "Lantern", "Ledger",  "Lynx",   "Maple",  "Market",
    "Meadow",  "Meteor",   "Moose",   "Nebula",  "Oasis",   "Orca",   "Osprey", "Otter",
    "Panther", "Pearl",    "Pine",    "Port",    "Prairie", "Raven",  "Reef",   "River",
    "Salmon",  "Summit",   "Temple",  "Thunder", "Tiger",   "Tower",  "Valley", "Voyager",
};

static const char *const shared_names[] = {
    "my node", "lightning", "bitcoin node", "raspberry pi", "satoshi", "node1", "test",
};

static const char *const foreign_names[] = {
    "Zürich Süd",
    "Århus Node",
    "São Paulo",
    "Łódź",
    "Français ⚡",
    "Ñandú",
    "東京ライトニング",
    "서울 노드",
    "Москва",
    "Αθήνα",
    "שלום",
    "القاهرة",
    "भारत",
    "🌋 volcano",
    "🐸⚡",
    "\xff\xfenot utf-8",
};

/* BOLT 9 bits, the optional (odd) ones unless every implementation requires them. */
static const uint8_t lnd_bits[] = {0, 5, 7, 8, 11, 12, 14, 17, 19, 23, 25, 27, 31, 45, 47, 55};
static const uint8_t cln_bits[] = {0,  5,  7,  8,  11, 12, 14, 17, 19,
                                   25, 27, 29, 35, 39, 43, 45, 47, 55};
static const uint8_t own_bits[] = {1, 5, 7, 8, 13, 14, 17, 19, 22, 27, 39, 45, 47};

/* Two words for each rank, without repetition: the step has no factor in common with their number,
 * so that neighbours look nothing alike. */
static void own_name(char out_alias[FGR_ALIAS_BYTES_MAX + 1], uint32_t rank)
{
    uint32_t n = COUNT(first_words) * COUNT(last_words);
    uint32_t pair = (uint32_t)((uint64_t)rank * 2531 % n);
    const char *first = first_words[pair % COUNT(first_words)];
    const char *last = last_words[pair / COUNT(first_words)];
    if (rank < n) {
        snprintf(out_alias, FGR_ALIAS_BYTES_MAX + 1, "%s %s", first, last);
    } else {
        snprintf(out_alias, FGR_ALIAS_BYTES_MAX + 1, "%s %s %u", first, last, rank / n + 1);
    }
}

static void hex_name(char out_alias[FGR_ALIAS_BYTES_MAX + 1], const uint8_t *id)
{
    for (size_t i = 0; i < 10; i++) {
        snprintf(out_alias + 2 * i, 3, "%02x", (unsigned)id[i]);
    }
}

static void capital_name(char out_alias[FGR_ALIAS_BYTES_MAX + 1], struct fgr_rng *rng)
{
    const char *first = first_words[fgr_rng_below(rng, COUNT(first_words))];
    const char *last = last_words[fgr_rng_below(rng, COUNT(last_words))];
    int n = snprintf(out_alias, FGR_ALIAS_BYTES_MAX + 1, "%s%s", first, last);
    for (int i = 0; i < n; i++) {
        if (out_alias[i] >= 'a') {
            out_alias[i] = (char)(out_alias[i] - 'a' + 'A');
        }
    }
}

static void choose_name(struct fgr_synth_announcement *announcement, uint32_t node, bool is_cln,
                        struct fgr_rng *rng)
{
    uint64_t draw = fgr_rng_below(rng, 1000);
    if (node < NAMED_RANKS || draw < 450) {
        own_name(announcement->alias, node);
    } else if (draw < 480) {
        snprintf(announcement->alias, sizeof announcement->alias, "%s",
                 foreign_names[fgr_rng_below(rng, COUNT(foreign_names))]);
    } else if (draw < 510) {
        snprintf(announcement->alias, sizeof announcement->alias, "%s",
                 shared_names[fgr_rng_below(rng, COUNT(shared_names))]);
    } else if (is_cln) {
        capital_name(announcement->alias, rng);
    } else {
        hex_name(announcement->alias, announcement->record.id);
    }
}

static void set_bits(struct fgr_synth_announcement *announcement, const uint8_t *bits, size_t n)
{
    uint8_t *features = announcement->features;
    uint32_t n_bytes = bits[n - 1] / 8U + 1; /* bits ascend */
    memset(features, 0, FGR_SYNTH_FEATURE_BYTES);
    for (size_t i = 0; i < n; i++) {
        features[n_bytes - 1 - bits[i] / 8U] |= (uint8_t)(1U << bits[i] % 8U);
    }
    announcement->record.features.data = features;
    announcement->record.features.len = n_bytes;
}

bool fgr_synth_name_announce(const struct fgr_synth_net *net, const struct fgr_synth_manner *manner,
                             struct fgr_synth_announcement *out_announcement, uint32_t node)
{
    struct fgr_node_record *record = &out_announcement->record;
    unsigned silent = node < NAMED_RANKS         ? 0
                      : node < net->n_live_nodes ? SILENT_LIVE_PERMILLE
                                                 : SILENT_DEAD_PERMILLE;
    bool is_cln = manner->cltv_delta == 34;
    struct fgr_rng rng;
    fgr_synth_stream(&rng, net->seed, FGR_SYNTH_STREAM_NAME, node);
    if (fgr_rng_below(&rng, 1000) < silent) {
        return false;
    }
    record->timestamp = FGR_SYNTH_TIME_END - 1 - (uint32_t)fgr_rng_below(&rng, FGR_SYNTH_TIME_SPAN);
    choose_name(out_announcement, node, is_cln, &rng);
    record->alias.data = (const uint8_t *)out_announcement->alias;
    record->alias.len = (uint32_t)strlen(out_announcement->alias);
    if (is_cln) {
        set_bits(out_announcement, cln_bits, COUNT(cln_bits));
    } else if (manner->cltv_delta == 144) {
        set_bits(out_announcement, own_bits, COUNT(own_bits));
    } else {
        set_bits(out_announcement, lnd_bits, COUNT(lnd_bits));
    }
    return true;
}
