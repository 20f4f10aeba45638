# SPDX-License-Identifier: MIT
"""Writes a random network, the same each time, into the current folder: mesh.json in the shape of
describegraph, and mesh.csv with queries from small to impossible."""
import json
import random

NODES = 30
CHANNELS = 140
QUERIES = 400
FIELD = 2**256 - 2**32 - 977  # of secp256k1
CAPACITIES_SAT = (20000, 150000, 500000, 1000000, 5000000)


def is_on_curve(x):
    return pow(x**3 + 7, (FIELD - 1) // 2, FIELD) == 1


IDS = [f"{2 + x % 2:02x}{x:064x}" for x in range(1, 4 * NODES) if is_on_curve(x)][:NODES]


def policy(draw, capacity_sat):
    return {"time_lock_delta": draw.choice((18, 40, 80, 144)),
            "min_htlc": str(draw.choice((1, 1000, 1000000))),
            "fee_base_msat": str(draw.choice((0, 1, 999, 1000, 5000))),
            "fee_rate_milli_msat": str(draw.choice((0, 1, 100, 333, 2500))),
            "disabled": draw.random() < 0.05,
            "max_htlc_msat": str(capacity_sat * draw.choice((250, 990, 1000))),
            "last_update": 1700000000}


def edge(draw, number):
    one, two = sorted(draw.sample(range(NODES), 2), key=IDS.__getitem__)
    capacity_sat = draw.choice(CAPACITIES_SAT)
    return {"channel_id": str((700000 + number) << 40 | 1 << 16), "capacity": str(capacity_sat),
            "node1_pub": IDS[one], "node2_pub": IDS[two],
            "node1_policy": policy(draw, capacity_sat), "node2_policy": policy(draw, capacity_sat)}


def main():
    draw = random.Random(3)
    nodes = [{"pub_key": node_id, "alias": f"node {i}", "last_update": 1700000000}
             for i, node_id in enumerate(IDS)]
    edges = [edge(draw, number) for number in range(CHANNELS)]
    with open("mesh.json", "w", encoding="utf-8") as file:
        json.dump({"nodes": nodes, "edges": edges}, file)
    with open("mesh.csv", "w", encoding="utf-8") as file:
        file.write("id,from,to,amount_msat,max_fee_msat,max_cltv,max_parts\n")
        for i in range(QUERIES):
            one, two = draw.sample(range(NODES), 2)
            amount_msat = int(10 ** draw.uniform(4, 10.5))
            max_fee_msat = draw.choice(("", "", amount_msat // 1000, amount_msat // 100))
            max_cltv = draw.choice(("", "", 200, 600))
            max_parts = draw.choice(("", "", 1, 2, 3, 5, 64))
            file.write(f"{i},node {one},node {two},{amount_msat},{max_fee_msat},{max_cltv},"
                       f"{max_parts}\n")


main()
