/* SPDX-License-Identifier: MIT */
/*
 * Method: Dinic. Levels are distances to the destination over half-channels with room left, or with
 * a flow the other way that could be taken back; in each phase paths of falling level are filled
 * until there is none. Few phases suffice, because payment networks are shallow.
 *
 * Layout: a residual arc is a half-channel and a direction: forward over it, or back along it. Those
 * out of a node are what leaves it forward, then what enters it back, of the view and the overlay.
 * The levels are swept from the destination, and the last, failing sweep finds the cut nearest to it.
 *
 * Source: E. A. Dinic, 1970; Cherkassky and Goldberg 1995 for the sweep from the sink.
 */
#include "engine/maxflow.h"

#include <string.h>

#include "graph/walk.h"

/* Path entries. */
static uint64_t arc_of(uint32_t edge, bool is_back)
{
    return (uint64_t)edge << 1 | is_back;
}
static uint32_t arc_edge(uint64_t arc)
{
    return (uint32_t)(arc >> 1);
}
static bool arc_is_back(uint64_t arc)
{
    return (arc & 1) != 0;
}

static uint32_t tail_of(const struct fgr_maxflow *m, uint64_t arc)
{
    uint32_t edge = arc_edge(arc);
    return arc_is_back(arc) ? fgr_overlay_to(m->view, m->overlay, edge)
                            : fgr_overlay_from(m->view, m->overlay, edge);
}

static uint32_t head_of(const struct fgr_maxflow *m, uint64_t arc)
{
    return tail_of(m, arc ^ 1);
}

static uint64_t residual(const struct fgr_maxflow *m, uint64_t arc)
{
    uint64_t flow_msat = m->flow_msat[arc_edge(arc)];
    return arc_is_back(arc) ? flow_msat : m->room_msat[arc_edge(arc)] - flow_msat;
}

struct fgr_maxflow_list fgr_maxflow_list_of(const struct fgr_maxflow *maxflow, uint32_t node,
                                            uint32_t number)
{
    bool is_back = number >= FGR_MAXFLOW_BACK;
    struct fgr_walk walk = fgr_walk_of(maxflow->view, maxflow->overlay, is_back, node);
    if ((number & 1) != 0) {
        return (struct fgr_maxflow_list){.edge = walk.extra.edge, .n = walk.extra.n};
    }
    return (struct fgr_maxflow_list){.edge = walk.adjacency->edge + walk.span.first,
                                     .node = walk.adjacency->nbr + walk.span.first,
                                     .overlay = walk.overlay,
                                     .n = walk.span.end - walk.span.first};
}

static void reach(struct fgr_maxflow *m, uint32_t node, uint32_t level, uint32_t *io_n)
{
    if (m->level[node] == FGR_LEVEL_NONE) {
        m->level[node] = level;
        m->cursor[node] = 0;
        m->queue[(*io_n)++] = node;
    }
}

/* The other end of entry `i`. */
static uint32_t end_of(const struct fgr_maxflow *m, const struct fgr_maxflow_list *list, uint32_t i,
                       bool is_back)
{
    return list->node != NULL ? list->node[i] : head_of(m, arc_of(list->edge[i], is_back));
}

/* Reaches those from which something more can come to the node: over what enters it, and back along
 * what leaves it. */
static void reach_from(struct fgr_maxflow *m, uint32_t node, uint32_t *io_n)
{
    for (uint32_t number = 0; number < FGR_MAXFLOW_LISTS; number++) {
        struct fgr_maxflow_list list = fgr_maxflow_list_of(m, node, number);
        bool is_back = number >= FGR_MAXFLOW_BACK;
        for (uint32_t i = 0; i < list.n; i++) {
            uint32_t other = end_of(m, &list, i, is_back);
            if (m->level[other] == FGR_LEVEL_NONE &&
                !fgr_overlay_masks(list.overlay, list.edge[i]) &&
                residual(m, arc_of(list.edge[i], !is_back)) > 0) {
                reach(m, other, m->level[node] + 1, io_n);
            }
        }
    }
}

/* Sets the levels, as far as the source. False if it is not reached. */
static bool sweep(struct fgr_maxflow *m)
{
    uint32_t n = 0;
    memset(m->level, 0xff, fgr_overlay_n_nodes(m->view, m->overlay) * sizeof *m->level);
    reach(m, m->to, 0, &n);
    for (uint32_t at = 0; at < n && m->level[m->from] == FGR_LEVEL_NONE; at++) {
        reach_from(m, m->queue[at], &n);
    }
    return m->level[m->from] != FGR_LEVEL_NONE;
}

/* The next arc out of `node` that leads one level down. False if there is none left. */
static bool next_arc(struct fgr_maxflow *m, uint64_t *out_arc, uint32_t node)
{
    uint32_t wanted = m->level[node] - 1;
    uint32_t first = 0;
    for (uint32_t number = 0; number < FGR_MAXFLOW_LISTS; number++) {
        struct fgr_maxflow_list list = fgr_maxflow_list_of(m, node, number);
        bool is_back = number >= FGR_MAXFLOW_BACK;
        for (uint32_t i = m->cursor[node] - first; i < list.n; i++, m->cursor[node]++) {
            uint64_t arc = arc_of(list.edge[i], is_back);
            if (m->level[end_of(m, &list, i, is_back)] == wanted &&
                !fgr_overlay_masks(list.overlay, list.edge[i]) && residual(m, arc) > 0) {
                *out_arc = arc;
                return true;
            }
        }
        first += list.n;
    }
    return false;
}

/* Sends as much as fits along the path. Returns the position of its first arc that is full now. */
static uint32_t fill_path(struct fgr_maxflow *m, uint32_t n_arcs, uint64_t *io_left_msat)
{
    uint64_t least_msat = *io_left_msat;
    uint32_t full = 0;
    for (uint32_t i = n_arcs; i-- > 0;) {
        uint64_t room_msat = residual(m, m->path[i]);
        if (room_msat <= least_msat) {
            least_msat = room_msat;
            full = i;
        }
    }
    for (uint32_t i = 0; i < n_arcs; i++) {
        uint64_t *flow_msat = &m->flow_msat[arc_edge(m->path[i])];
        *flow_msat = arc_is_back(m->path[i]) ? *flow_msat - least_msat : *flow_msat + least_msat;
    }
    *io_left_msat -= least_msat;
    return full;
}

/* Fills paths of falling level until there is none. */
static void fill_level(struct fgr_maxflow *m, uint64_t *io_left_msat)
{
    uint32_t n_arcs = 0;
    uint32_t node = m->from;
    while (*io_left_msat > 0) {
        if (node == m->to) {
            n_arcs = fill_path(m, n_arcs, io_left_msat);
            node = tail_of(m, m->path[n_arcs]);
        } else if (m->level[node] > 0 && next_arc(m, &m->path[n_arcs], node)) {
            node = head_of(m, m->path[n_arcs++]);
        } else if (n_arcs > 0) {
            m->level[node] = FGR_LEVEL_NONE;
            node = tail_of(m, m->path[--n_arcs]);
            m->cursor[node]++;
        } else {
            return;
        }
    }
}

uint64_t fgr_maxflow_run(struct fgr_maxflow *maxflow, uint64_t most_msat)
{
    uint64_t left_msat = most_msat;
    while (left_msat > 0 && sweep(maxflow)) {
        fill_level(maxflow, &left_msat);
    }
    return most_msat - left_msat;
}
