# SPDX-License-Identifier: MIT
"""Writes a small network into the current folder: small.json in the shape of describegraph, and
channels.csv with nodes.csv.

    alpha -1- beta -2- gamma -4- twin -5- twin      lonely: its only channel (6) is disabled
    alpha ----3------- gamma                        two more nodes at beta share 8 hex digits
    alpha -7- an alias that would like to be a terminal's master
"""
import json

G = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
IDS = {
    "alpha": G,
    "beta": "02c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5",
    "gamma": "02f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9",
    "twin 1": "02e493dbf1c10d80f3581e4904930b1404cc6c13900ee0758474fa94abe8c4cd13",
    "twin 2": "022f8bde4d1a07209355b4a7250a5c5128e88b84bddc619ab7cba8d569b240efe4",
    "lonely": "03fff97bd5755eeea420453a14355235d382f6472f8568a18b2f057a1460297556",
    "evil": "025cbdf0646e5db4eaa398f365f2ea7a0e3d419b7e0330e39ce92bddedcac4f9bc",
    "prefix 1": "037cee69225930d90fc772ca2763566a46c0b5adf2ea45a8223aefa6b6f1caf4b9",
    "prefix 2": "037cee698caa3f978cb10c331d2bdb5710e0e6ee31a60551525341132d33841c86",
}
ALIASES = {"twin 1": "twin", "twin 2": "twin", "evil": "\x1b[31m\n\u202e\U0001f419", "prefix 1": "",
           "prefix 2": ""}
# scid, ends, capacity, enabled
CHANNELS = [
    ((700001, 1, 0), "alpha", "beta", 1000000, True),
    ((700002, 1, 0), "beta", "gamma", 2000000, True),
    ((700003, 1, 0), "alpha", "gamma", 100000, True),
    ((700004, 1, 0), "gamma", "twin 1", 500000, True),
    ((700005, 1, 0), "twin 1", "twin 2", 500000, True),
    ((700006, 1, 0), "gamma", "lonely", 500000, False),
    ((700007, 1, 0), "alpha", "evil", 500000, True),
    ((700008, 1, 0), "beta", "prefix 1", 500000, True),
    ((700009, 1, 0), "beta", "prefix 2", 500000, True),
]


def policy(capacity_sat, is_enabled):
    return {"time_lock_delta": 40, "min_htlc": "1000", "fee_base_msat": "1000",
            "fee_rate_milli_msat": "100", "disabled": not is_enabled,
            "max_htlc_msat": str(capacity_sat * 990), "last_update": 1700000000}


def edge(channel):
    (block, tx, output), one, two, capacity_sat, is_enabled = channel
    ends = sorted((IDS[one], IDS[two]))
    return {"channel_id": str(block << 40 | tx << 16 | output), "capacity": str(capacity_sat),
            "node1_pub": ends[0], "node2_pub": ends[1],
            "node1_policy": policy(capacity_sat, is_enabled),
            "node2_policy": policy(capacity_sat, is_enabled)}


def write_json():
    nodes = [{"pub_key": node_id, "alias": ALIASES.get(name, name), "last_update": 1700000000}
             for name, node_id in IDS.items()]
    with open("small.json", "w", encoding="utf-8") as file:
        json.dump({"nodes": nodes, "edges": [edge(channel) for channel in CHANNELS]}, file)


def write_csv():
    index = {name: i for i, name in enumerate(IDS)}
    with open("nodes.csv", "w", encoding="utf-8") as file:
        file.write("node_index,node_id\n")
        for name, node_id in IDS.items():
            file.write(f"{index[name]},{node_id}\n")
    with open("channels.csv", "w", encoding="utf-8") as file:
        file.write("scid,source_node_index,dest_node_index,capacity_sat,htlc_min_msat,"
                   "htlc_max_msat,base_fee_msat,fee_ppm,cltv_delta,enabled\n")
        for (block, tx, output), one, two, capacity_sat, is_enabled in CHANNELS:
            ends = sorted((one, two), key=IDS.get)
            for source, dest in (ends, ends[::-1]):
                file.write(f"{block}x{tx}x{output},{index[source]},{index[dest]},{capacity_sat},"
                           f"1000,{capacity_sat * 990},1000,100,40,{int(is_enabled)}\n")


write_json()
write_csv()
