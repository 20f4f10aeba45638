# SPDX-License-Identifier: MIT
"""recheck_capacity.py GRAPH.json ANSWERS: checks both proofs of every answer against the policies of a
describegraph: without the channels of the cut nothing leads to the destination, and they hold at_most;
the parts on the ways keep all limits, pay the exact fees and deliver at_least."""
import collections
import json
import sys


def read_graph(name):
    edges = {}
    with open(name, encoding="utf-8") as file:
        graph = json.load(file)
    for edge in graph["edges"]:
        number = int(edge["channel_id"])
        scid = f"{number >> 40}x{number >> 16 & 0xffffff}x{number & 0xffff}"
        ends = (edge["node1_pub"], edge["node2_pub"])
        for direction in (0, 1):
            policy = edge[f"node{direction + 1}_policy"]
            if policy is not None and not policy["disabled"]:
                edges[f"{scid}/{direction}"] = {
                    "from": ends[direction], "to": ends[1 - direction],
                    "capacity": int(edge["capacity"]),
                    "min": int(policy["min_htlc"]), "max": int(policy["max_htlc_msat"]),
                    "base": int(policy["fee_base_msat"]), "ppm": int(policy["fee_rate_milli_msat"])}
    return edges


def reaches(edges, source, destination, without):
    out = collections.defaultdict(list)
    for name, edge in edges.items():
        if name not in without:
            out[edge["from"]].append(edge["to"])
    seen, queue = {source}, [source]
    while queue:
        for node in out[queue.pop()]:
            if node not in seen:
                seen.add(node)
                queue.append(node)
    return destination in seen


def check_cut(edges, answer):
    names = [f"{channel['scid']}/{channel['direction']}" for channel in answer["cut"]]
    for name, channel in zip(names, answer["cut"]):
        assert [edges[name][key] for key in ("from", "to", "capacity")] == [
            channel[key] for key in ("from", "to", "capacity_sat")], name
    assert not reaches(edges, answer["from"], answer["to"], set(names)), "a way around the cut"
    assert answer["at_most_msat"] == 1000 * sum(edges[name]["capacity"] for name in names)
    if answer["cut_at"] == "source":
        assert all(edges[name]["from"] == answer["from"] for name in names)
    elif answer["cut_at"] == "destination":
        assert all(edges[name]["to"] == answer["to"] for name in names)
    else:
        assert answer["cut_at"] == ("between" if names else None)


def check_way(edges, answer, way, on_channel):
    names, amount = way["channels"], way["amount_msat"]
    assert edges[names[0]]["from"] == answer["from"] and edges[names[-1]]["to"] == answer["to"]
    assert 1 <= len(names) <= 20 and way["parts"] >= 1
    for i in reversed(range(len(names))):
        edge = edges[names[i]]
        assert i == 0 or edges[names[i - 1]]["to"] == edge["from"], way
        assert edge["min"] <= amount <= min(edge["max"], 1000 * edge["capacity"]), way
        on_channel[names[i].split("/")[0]] += amount * way["parts"]
        amount += 0 if i == 0 else edge["base"] + amount * edge["ppm"] // 1000000


def check(edges, answer):
    on_channel = collections.Counter()
    for way in answer["ways"]:
        check_way(edges, answer, way, on_channel)
    capacity = {name.split("/")[0]: 1000 * edge["capacity"] for name, edge in edges.items()}
    for scid, amount in on_channel.items():
        assert amount <= capacity[scid], f"{scid} carries {amount} of {capacity[scid]}"
    ways = answer["ways"]
    assert answer["at_least_msat"] == sum(way["parts"] * way["amount_msat"] for way in ways)
    assert answer["at_least_parts"] == sum(way["parts"] for way in ways)
    assert answer["at_least_msat"] <= answer["at_most_msat"]
    assert (answer["at_least_msat"] > 0) == (answer["status"] == "ok")
    assert (answer["reason"] is None) == (answer["status"] == "ok")
    check_cut(edges, answer)


def main():
    edges = read_graph(sys.argv[1])
    with open(sys.argv[2], encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            try:
                check(edges, json.loads(line))
            except (AssertionError, KeyError) as error:
                sys.exit(f"{sys.argv[2]}:{number}: {error!r}")
    print(f"{number} answers")


main()
