/* SPDX-License-Identifier: MIT */
/*
 * Method: Dinic. Levels are distances to the destination over half-channels with room left, or with
 * a flow the other way that could be taken back; in each phase paths of falling level are filled
 * until there is none. Few phases suffice, because payment networks are shallow.
 *
 * Layout: a residual arc is a half-channel and a direction: forward over it, or back along it. Those
 * out of a node are the view's `out` list of the node forward, then its `in` list back. The levels
 * are swept from the destination, and the last, failing sweep finds the cut nearest to it.
 *
 * Source: E. A. Dinic, 1970; Cherkassky and Goldberg 1995 for the sweep from the sink.
 */
#include "engine/maxflow.h"

#include <string.h>

#include "graph/util/attr.h"

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
    return arc_is_back(arc) ? fgr_view_edge_to(m->view, edge) : fgr_view_edge_from(m->view, edge);
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

static void reach(struct fgr_maxflow *m, uint32_t node, uint32_t level, uint32_t *io_n)
{
    if (m->level[node] == FGR_LEVEL_NONE) {
        m->level[node] = level;
        m->cursor[node] = 0;
        m->queue[(*io_n)++] = node;
    }
}

/* Sets the levels, as far as the source. False if it is not reached. */
static bool sweep(struct fgr_maxflow *m)
{
    const struct fgr_adjacency *in = &m->view->in;
    const struct fgr_adjacency *out = &m->view->out;
    uint32_t n = 0;
    memset(m->level, 0xff, m->view->n_nodes * sizeof *m->level);
    reach(m, m->to, 0, &n);
    for (uint32_t at = 0; at < n && m->level[m->from] == FGR_LEVEL_NONE; at++) {
        uint32_t node = m->queue[at];
        uint32_t level = m->level[node] + 1;
        for (uint32_t i = in->first[node]; i < in->first[node + 1]; i++) {
            if (m->level[in->nbr[i]] == FGR_LEVEL_NONE &&
                residual(m, arc_of(in->edge[i], false)) > 0) {
                reach(m, in->nbr[i], level, &n);
            }
        }
        for (uint32_t i = out->first[node]; i < out->first[node + 1]; i++) {
            if (m->level[out->nbr[i]] == FGR_LEVEL_NONE && m->flow_msat[out->edge[i]] > 0) {
                reach(m, out->nbr[i], level, &n);
            }
        }
    }
    return m->level[m->from] != FGR_LEVEL_NONE;
}

/* The next arc out of `node` that leads one level down. False if there is none left. */
static bool next_arc(struct fgr_maxflow *m, uint64_t *out_arc, uint32_t node)
{
    const struct fgr_adjacency *out = &m->view->out;
    const struct fgr_adjacency *in = &m->view->in;
    uint32_t n_out = out->first[node + 1] - out->first[node];
    uint32_t n_all = n_out + in->first[node + 1] - in->first[node];
    uint32_t wanted = m->level[node] - 1;
    for (; m->cursor[node] < n_all; m->cursor[node]++) {
        uint32_t i = m->cursor[node];
        bool is_back = i >= n_out;
        const struct fgr_adjacency *list = is_back ? in : out;
        i = list->first[node] + (is_back ? i - n_out : i);
        if (m->level[list->nbr[i]] == wanted && residual(m, arc_of(list->edge[i], is_back)) > 0) {
            *out_arc = arc_of(list->edge[i], is_back);
            return true;
        }
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
