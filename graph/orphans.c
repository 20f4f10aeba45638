/* SPDX-License-Identifier: MIT */
/*
 * orphans.c - places in a ring, chained by the hash of their key.
 *
 * A message goes to the next place of the ring, which is where the oldest one is if the room is
 * full. A chain is in the order of arrival, so is what is released from it. The hash is keyed: a
 * stranger can make one chain 8 messages longer for each key, but cannot choose which keys share one.
 */
#include "graph/orphans.h"

#include <stdlib.h>
#include <string.h>

#include "graph/util/array.h"
#include "graph/util/error.h"
#include "graph/util/hash.h"

#define NONE UINT32_MAX

struct place {
    uint64_t key;
    uint32_t next; /* in its chain, or of the released */
    uint16_t n_bytes;
    bool is_waiting;
    uint8_t bytes[FGR_ORPHANS_BYTES];
};

struct fgr_orphans {
    struct place *places;
    uint32_t *chains; /* first place of each */
    uint64_t hash_key;
    uint32_t n_places;
    uint32_t mask; /* chains - 1 */
    uint32_t at;   /* where the next message goes */
    uint32_t n_waiting;
    uint32_t released_first, released_last;
};

enum fgr_err fgr_orphans_create(struct fgr_orphans **out_orphans, uint32_t n_places,
                                struct fgr_error *err)
{
    uint32_t n_chains = 1;
    if (n_places < 1 || n_places > FGR_ORPHANS_PLACES_MAX) {
        return fgr_fail(err, FGR_ERR_ARG, "a waiting room of %u places: 1 to %u", n_places,
                        FGR_ORPHANS_PLACES_MAX);
    }
    while (n_chains < n_places) {
        n_chains *= 2;
    }
    struct fgr_orphans *orphans = fgr_array_new(1, sizeof *orphans, err);
    if (orphans == NULL) {
        return FGR_ERR_MEMORY;
    }
    *orphans = (struct fgr_orphans){.n_places = n_places,
                                    .mask = n_chains - 1,
                                    .released_first = NONE,
                                    .places = fgr_array_new(n_places, sizeof(struct place), err),
                                    .chains = fgr_array_new(n_chains, sizeof(uint32_t), err)};
    enum fgr_err code = orphans->places == NULL || orphans->chains == NULL
                            ? FGR_ERR_MEMORY
                            : fgr_random_bytes(&orphans->hash_key, sizeof orphans->hash_key, err);
    if (code != FGR_OK) {
        fgr_orphans_destroy(orphans);
        return code;
    }
    memset(orphans->chains, 0xff, n_chains * sizeof(uint32_t)); /* all NONE */
    *out_orphans = orphans;
    return FGR_OK;
}

void fgr_orphans_destroy(struct fgr_orphans *orphans)
{
    if (orphans != NULL) {
        free(orphans->places);
        free(orphans->chains);
        free(orphans);
    }
}

static uint32_t *chain_of(struct fgr_orphans *orphans, uint64_t key)
{
    uint64_t hash = fgr_hash_keyed(&key, sizeof key, orphans->hash_key);
    return &orphans->chains[hash & orphans->mask];
}

/* Takes a place out of its chain. */
static void unchain(struct fgr_orphans *orphans, uint32_t place)
{
    uint32_t *link = chain_of(orphans, orphans->places[place].key);
    while (*link != place) {
        link = &orphans->places[*link].next;
    }
    *link = orphans->places[place].next;
    orphans->places[place].is_waiting = false;
    orphans->n_waiting--;
}

enum fgr_orphans_outcome fgr_orphans_put(struct fgr_orphans *orphans, uint64_t key,
                                         const uint8_t *message, size_t n_bytes)
{
    uint32_t n_of_key = 0;
    uint32_t place = orphans->at;
    orphans->released_first = NONE;
    for (uint32_t i = *chain_of(orphans, key); i != NONE; i = orphans->places[i].next) {
        n_of_key += orphans->places[i].key == key;
    }
    if (n_bytes > FGR_ORPHANS_BYTES || n_of_key == FGR_ORPHANS_OF_KEY) {
        return FGR_ORPHANS_REFUSED;
    }
    bool is_taken = orphans->places[place].is_waiting;
    if (is_taken) {
        unchain(orphans, place);
    }
    struct place *into = &orphans->places[place];
    uint32_t *link = chain_of(orphans, key);
    while (*link != NONE) {
        link = &orphans->places[*link].next;
    }
    *link = place;
    into->key = key;
    into->next = NONE;
    into->n_bytes = (uint16_t)n_bytes;
    into->is_waiting = true;
    if (n_bytes > 0) {
        memcpy(into->bytes, message, n_bytes);
    }
    orphans->at = (place + 1) % orphans->n_places;
    orphans->n_waiting++;
    return is_taken ? FGR_ORPHANS_KEPT_FOR_ANOTHER : FGR_ORPHANS_KEPT;
}

void fgr_orphans_release(struct fgr_orphans *orphans, uint64_t key)
{
    uint32_t *link = chain_of(orphans, key);
    while (*link != NONE) {
        uint32_t i = *link;
        struct place *place = &orphans->places[i];
        if (place->key != key) {
            link = &place->next;
            continue;
        }
        *link = place->next;
        place->next = NONE;
        place->is_waiting = false;
        orphans->n_waiting--;
        if (orphans->released_first == NONE) {
            orphans->released_first = i;
        } else {
            orphans->places[orphans->released_last].next = i;
        }
        orphans->released_last = i;
    }
}

const uint8_t *fgr_orphans_take(struct fgr_orphans *orphans, size_t *out_n_bytes)
{
    uint32_t i = orphans->released_first;
    if (i == NONE) {
        return NULL;
    }
    orphans->released_first = orphans->places[i].next;
    *out_n_bytes = orphans->places[i].n_bytes;
    return orphans->places[i].bytes;
}

uint32_t fgr_orphans_count(const struct fgr_orphans *orphans)
{
    return orphans->n_waiting;
}
