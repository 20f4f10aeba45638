// SPDX-License-Identifier: MIT
#include "tests/oracle/lemon.h"

#include <exception>

#include <lemon/network_simplex.h>
#include <lemon/preflow.h>
#include <lemon/smart_graph.h>

namespace
{

using Graph = lemon::SmartDigraph;
using Map = Graph::ArcMap<int64_t>;
using Simplex = lemon::NetworkSimplex<Graph, int64_t, int64_t>;

// Arc i of the graph is arcs[i].
void build(Graph &graph, const fgr_lemon_arc *arcs, size_t n_arcs, uint32_t n_nodes)
{
    graph.reserveNode(static_cast<int>(n_nodes));
    graph.reserveArc(static_cast<int>(n_arcs));
    for (uint32_t i = 0; i < n_nodes; i++) {
        graph.addNode();
    }
    for (size_t i = 0; i < n_arcs; i++) {
        graph.addArc(Graph::nodeFromId(static_cast<int>(arcs[i].from)),
                     Graph::nodeFromId(static_cast<int>(arcs[i].to)));
    }
}

Graph::Arc arc(size_t i)
{
    return Graph::arcFromId(static_cast<int>(i));
}

Graph::Node node(uint32_t i)
{
    return Graph::nodeFromId(static_cast<int>(i));
}

} // namespace

fgr_lemon_outcome fgr_lemon_min_cost(fgr_lemon_arc *arcs, size_t n_arcs, uint32_t n_nodes,
                                     uint32_t from, uint32_t to, int64_t amount)
{
    try {
        Graph graph;
        build(graph, arcs, n_arcs, n_nodes);
        Map room(graph);
        Map cost(graph);
        for (size_t i = 0; i < n_arcs; i++) {
            room[arc(i)] = arcs[i].room;
            cost[arc(i)] = arcs[i].cost;
        }
        Simplex simplex(graph);
        simplex.upperMap(room).costMap(cost).stSupply(node(from), node(to), amount);
        Simplex::ProblemType outcome = simplex.run();
        if (outcome != Simplex::OPTIMAL) {
            return outcome == Simplex::INFEASIBLE ? FGR_LEMON_INFEASIBLE : FGR_LEMON_FAILED;
        }
        for (size_t i = 0; i < n_arcs; i++) {
            arcs[i].flow = simplex.flow(arc(i));
        }
        return FGR_LEMON_OPTIMAL;
    } catch (const std::exception &) {
        return FGR_LEMON_FAILED;
    }
}

int64_t fgr_lemon_max_flow(const fgr_lemon_arc *arcs, size_t n_arcs, uint32_t n_nodes,
                           uint32_t from, uint32_t to)
{
    try {
        Graph graph;
        build(graph, arcs, n_arcs, n_nodes);
        Map room(graph);
        for (size_t i = 0; i < n_arcs; i++) {
            room[arc(i)] = arcs[i].room;
        }
        lemon::Preflow<Graph, Map> preflow(graph, room, node(from), node(to));
        preflow.runMinCut();
        return preflow.flowValue();
    } catch (const std::exception &) {
        return -1;
    }
}
