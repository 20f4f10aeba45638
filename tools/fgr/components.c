/* SPDX-License-Identifier: MIT */
/*
 * Weak components: union-find with path halving; the lesser root wins, so labels follow node
 * order. Strong components: Tarjan's algorithm with its recursion unrolled onto an explicit stack,
 * since a path of a hostile graph can be as long as the graph. Both are linear in practice.
 */
#include "tools/fgr/components.h"

#include "graph/util/error.h"

#include <stdlib.h>
#include <string.h>

static uint32_t *take_memory(size_t n, struct fgr_error *err)
{
    size_t n_bytes = (n + 1) * sizeof(uint32_t);
    uint32_t *words = malloc(n_bytes);
    if (words == NULL) {
        (void)fgr_fail_memory(err, n_bytes);
    }
    return words;
}

/* Sizes by label, then the largest few of them. `n_of` has room for every label. */
static void rank_sizes(struct fgr_components *components, uint32_t *n_of, uint32_t n_nodes)
{
    memset(n_of, 0, components->count * sizeof *n_of);
    for (uint32_t v = 0; v < n_nodes; v++) {
        n_of[components->label[v]]++;
    }
    memset(components->size, 0, sizeof components->size);
    components->largest_label = 0;
    for (uint32_t label = 0; label < components->count; label++) {
        if (n_of[label] > components->size[0]) {
            components->largest_label = label;
        }
        uint32_t size = n_of[label];
        for (unsigned i = 0; i < FGR_COMPONENTS_LISTED && size > 0; i++) {
            if (size > components->size[i]) {
                uint32_t smaller = components->size[i];
                components->size[i] = size;
                size = smaller;
            }
        }
    }
}

static uint32_t find_root(uint32_t *parent, uint32_t v)
{
    while (parent[v] != v) {
        parent[v] = parent[parent[v]];
        v = parent[v];
    }
    return v;
}

static void join_channels(uint32_t *parent, const struct fgr_view *view, bool usable_only)
{
    for (uint32_t c = 0; c < view->n_chans; c++) {
        const struct fgr_half *half = &view->half[2 * (size_t)c];
        if (usable_only && ((half[0].flags | half[1].flags) & FGR_HALF_USABLE) == 0) {
            continue;
        }
        uint32_t a = find_root(parent, view->chan[c].node[0]);
        uint32_t b = find_root(parent, view->chan[c].node[1]);
        if (a < b) {
            parent[b] = a;
        } else {
            parent[a] = b;
        }
    }
}

enum fgr_err fgr_components_weak(struct fgr_components *out_components, const struct fgr_view *view,
                                 bool usable_only, struct fgr_error *err)
{
    uint32_t n = view->n_nodes;
    uint32_t *parent = take_memory(n, err);
    out_components->label = parent == NULL ? NULL : take_memory(n, err);
    if (out_components->label == NULL) {
        free(parent);
        return FGR_ERR_MEMORY;
    }
    for (uint32_t v = 0; v < n; v++) {
        parent[v] = v;
    }
    join_channels(parent, view, usable_only);
    out_components->count = 0;
    for (uint32_t v = 0; v < n; v++) {
        uint32_t root = find_root(parent, v); /* not above v: its label is known */
        out_components->label[v] =
            root == v ? out_components->count++ : out_components->label[root];
    }
    rank_sizes(out_components, parent, n);
    free(parent);
    return FGR_OK;
}

/* State of one run of Tarjan's algorithm; arrays of n_nodes. */
struct tarjan {
    const struct fgr_adjacency *out;
    uint32_t *label;
    uint32_t *order; /* when the node was found, from 1; 0 = not yet */
    uint32_t *low;   /* least order known to be reachable within the component */
    uint32_t *next;  /* next half-channel to follow */
    uint32_t *call;  /* nodes whose half-channels are being followed */
    uint32_t *open;  /* nodes found but not yet in a component */
    uint32_t n_call, n_open, n_found, n_labels;
};

static void enter_node(struct tarjan *t, uint32_t v)
{
    t->order[v] = t->low[v] = ++t->n_found;
    t->next[v] = t->out->first[v];
    t->call[t->n_call++] = v;
    t->open[t->n_open++] = v;
}

static void lower(struct tarjan *t, uint32_t v, uint32_t order)
{
    if (order < t->low[v]) {
        t->low[v] = order;
    }
}

/* All half-channels of v are followed: closes its component if v was its first node. */
static void leave_node(struct tarjan *t, uint32_t v)
{
    t->n_call--;
    if (t->low[v] == t->order[v]) {
        uint32_t w;
        do {
            w = t->open[--t->n_open];
            t->label[w] = t->n_labels;
        } while (w != v);
        t->n_labels++;
    }
    if (t->n_call > 0) {
        lower(t, t->call[t->n_call - 1], t->low[v]);
    }
}

static void explore(struct tarjan *t, uint32_t root)
{
    enter_node(t, root);
    while (t->n_call > 0) {
        uint32_t v = t->call[t->n_call - 1];
        if (t->next[v] == t->out->first[v + 1]) {
            leave_node(t, v);
            continue;
        }
        uint32_t w = t->out->nbr[t->next[v]++];
        if (t->order[w] == 0) {
            enter_node(t, w);
        } else if (t->label[w] == FGR_IDX_NONE) {
            lower(t, v, t->order[w]);
        }
    }
}

enum fgr_err fgr_components_strong(struct fgr_components *out_components,
                                   const struct fgr_view *view, struct fgr_error *err)
{
    uint32_t n = view->n_nodes;
    uint32_t *words = take_memory(5 * (size_t)n, err);
    out_components->label = words == NULL ? NULL : take_memory(n, err);
    if (out_components->label == NULL) {
        free(words);
        return FGR_ERR_MEMORY;
    }
    struct tarjan t = {
        .out = &view->out,
        .label = out_components->label,
        .order = words,
        .low = words + n,
        .next = words + 2 * (size_t)n,
        .call = words + 3 * (size_t)n,
        .open = words + 4 * (size_t)n,
    };
    for (uint32_t v = 0; v < n; v++) {
        t.order[v] = 0;
        t.label[v] = FGR_IDX_NONE;
    }
    for (uint32_t v = 0; v < n; v++) {
        if (t.order[v] == 0) {
            explore(&t, v);
        }
    }
    out_components->count = t.n_labels;
    rank_sizes(out_components, words, n);
    free(words);
    return FGR_OK;
}

void fgr_components_deinit(struct fgr_components *components)
{
    free(components->label);
    components->label = NULL;
}
