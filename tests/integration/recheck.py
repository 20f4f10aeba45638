# SPDX-License-Identifier: MIT
"""recheck.py GRAPH.json ANSWERS [QUERIES.csv | OVERLAY.json]: works every answer out again from the
policies of a describegraph and what an overlay says of them: fees as integers (BOLT 7), HTLC limits,
what parts put on a channel together, cost, probability, gap; of AMP the shares and hashes; and the
limits of its row. Prints how many there were of one part and of several."""
import csv
import hashlib
import json
import math
import sys

RISK_PPB = 15
MAX_PARTS = 16
MAX_CLTV = 2016
MIN_PART_MSAT = 10000000


def read_graph(name):
    policies = {}
    with open(name, encoding="utf-8") as file:
        graph = json.load(file)
    for edge in graph["edges"]:
        number = int(edge["channel_id"])
        scid = f"{number >> 40}x{number >> 16 & 0xffffff}x{number & 0xffff}"
        ends = (edge["node1_pub"], edge["node2_pub"])
        for direction in (0, 1):
            policy = edge[f"node{direction + 1}_policy"]
            if policy is not None and not policy["disabled"]:
                policies[scid, direction] = {
                    "from": ends[direction], "to": ends[1 - direction],
                    "known": (0, 1000 * int(edge["capacity"])), "bias": 0,
                    "min": int(policy["min_htlc"]), "max": int(policy["max_htlc_msat"]),
                    "base": int(policy["fee_base_msat"]), "ppm": int(policy["fee_rate_milli_msat"]),
                    "cltv": int(policy["time_lock_delta"])}
    return policies


def add_channel(policies, said):
    direction = int(said["from"] > said["to"])
    policies[said["scid"], direction] = {
        "from": said["from"], "to": said["to"], "known": 2 * (said["htlc_max_msat"],), "bias": 0,
        "min": said.get("htlc_min_msat", 0), "max": said["htlc_max_msat"],
        "base": said["base_msat"], "ppm": said["ppm"], "cltv": said["cltv_delta"]}


def apply_overlay(policies, name):
    with open(name, encoding="utf-8") as file:
        statements = json.load(file)["overlay"]
    for (kind, said), in (statement.items() for statement in statements):
        key = said.get("scid"), said.get("direction")
        if kind == "channel":
            add_channel(policies, said)
        elif kind == "balance":
            policies[key]["known"] = 2 * (said["balance_msat"],)
        elif kind == "knowledge":
            policies[key]["known"] = said["min_msat"], said["max_msat"]
        elif kind == "bias":
            policies[key]["bias"] = said["bias_msat"]
        elif kind == "htlcs":
            policies[key]["slots"] = said.get("slots", 483)
            policies[key]["bias"] = said.get("cost_msat", 0)
        elif kind == "ban":
            del policies[key]
        else:
            sys.exit(f"no check for {kind}")


def same(what, got, expected):
    assert got == expected, f"{what}: {got} instead of {expected}"


def check_part(policies, part, on_edge):
    """Returns fee, and risk with biases."""
    amount, fee, risk = part["amount_msat"], 0, 0
    for i, hop in reversed(list(enumerate(part["hops"]))):
        policy = policies[hop["scid"], hop["direction"]]
        same("from", hop["from"], policy["from"])
        same("to", hop["to"], policy["to"])
        same("amount of a hop", hop["amount_msat"], amount)
        assert policy["min"] <= amount <= policy["max"], f"{amount} breaks the limits of {hop}"
        key = hop["scid"], hop["direction"]
        on_edge[key] = on_edge.get(key, 0) + amount
        hop_fee = 0 if i == 0 else policy["base"] + amount * policy["ppm"] // 1000000
        same("fee of a hop", hop["fee_msat"], hop_fee)
        same("delta of a hop", hop["cltv_delta"], 0 if i == 0 else policy["cltv"])
        risk += 0 if i == 0 else amount * policy["cltv"] * RISK_PPB // 10**9
        assert hop.get("bias_msat", 0) == policy["bias"] or policy["bias"] < hop["bias_msat"] <= 0
        risk += hop.get("bias_msat", 0)
        fee += hop_fee
        amount += hop_fee
    same("fee of a part", part["fee_msat"], fee)
    return fee, risk


def check_sums(policies, answer, on_edge):
    """Returns the probability of the set and the least and the most that a failure may cost."""
    weight = answer.get("choice", answer).get("fail_msat", 100000 + answer["amount_msat"] // 1000)
    probability, cost = 1.0, 0.0
    for key, amount in on_edge.items():
        least, most = policies[key]["known"]
        assert amount <= most, f"{key} carries {amount} of {most}"
        likely = min((most + 1 - amount) / (most + 1 - least), 1)
        probability *= likely
        cost += weight * -math.log(likely)
    slack = len(on_edge) * (1 + weight / 2**29)
    return probability, cost - slack, cost + slack


def check_gap(answer):
    cost, bound = answer["cost_msat"], answer["bound_msat"]
    assert bound <= cost
    if bound > 0:
        same("gap", answer["gap_ppm"], -(-(cost - bound) * 1000000 // bound))


def check_limits(answer, row):
    parts = answer["parts"]
    least = min(MIN_PART_MSAT, max(answer["amount_msat"] // 2, 1))
    same("amount", answer["amount_msat"], int(row["amount_msat"]))
    assert len(parts) <= int(row["max_parts"] or MAX_PARTS)
    assert answer["fee_msat"] <= int(row["max_fee_msat"] or answer["fee_msat"])
    for part in parts:
        assert part["amount_msat"] >= least
        assert part["cltv_total"] <= int(row["max_cltv"] or MAX_CLTV)
        assert len(part["hops"]) <= 20


def check_amp(answer):
    amp, root = answer["amp"], bytes.fromhex(answer["amp"]["root"])
    same("total", amp["total_msat"], answer["amount_msat"])
    together = 0
    for part in answer["parts"]:
        child = part["amp"]
        share, index = bytes.fromhex(child["share"]), child["child_index"].to_bytes(4, "big")
        together ^= int.from_bytes(share, "big")
        preimage = hashlib.sha256(root + share + index).digest()
        same("hash", child["payment_hash"], hashlib.sha256(preimage).hexdigest())
        records = part["final_records"]
        assert records.startswith("08") and amp["payment_secret"] in records
        assert child["share"] + amp["set_id"] in records
    same("all shares", together.to_bytes(32, "big"), root)


def check_slots(policies, answer):
    used = [(hop["scid"], hop["direction"]) for part in answer["parts"] for hop in part["hops"]]
    for key in used:
        assert used.count(key) <= policies[key].get("slots", 483), f"{key} has no slot"


def check(policies, answer):
    check_slots(policies, answer)
    on_edge, fee, risk = {}, 0, 0
    for part in answer["parts"]:
        part_fee, part_risk = check_part(policies, part, on_edge)
        fee, risk = fee + part_fee, risk + part_risk
    if "choice" in answer:
        if answer["choice"]["kind"] == "most_likely":
            risk = 0
        same("price", answer["choice"]["price_msat"], fee + risk)
    same("fee", answer["fee_msat"], fee)
    same("amounts", sum(part["amount_msat"] for part in answer["parts"]), answer["amount_msat"])
    probability, least, most = check_sums(policies, answer, on_edge)
    assert abs(answer["probability"] - probability) < 1e-6
    assert least <= answer["cost_msat"] - fee - risk <= most, (answer["cost_msat"], fee, risk, most)
    check_gap(answer)
    if "amp" in answer:
        check_amp(answer)


def main():
    policies = read_graph(sys.argv[1])
    rows = {}
    counts = [0, 0]
    if len(sys.argv) > 3 and sys.argv[3].endswith(".json"):
        apply_overlay(policies, sys.argv[3])
    elif len(sys.argv) > 3:
        with open(sys.argv[3], encoding="utf-8") as file:
            rows = {row["id"]: row for row in csv.DictReader(file)}
    with open(sys.argv[2], encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            answer = json.loads(line)
            if answer["status"] != "ok":
                continue
            try:
                for one in answer.get("points", [answer]):
                    check(policies, {"amount_msat": answer["amount_msat"], **one})
                if rows:
                    check_limits(answer, rows[answer["id"]])
            except (AssertionError, KeyError) as error:
                sys.exit(f"{sys.argv[2]}:{number}: {error!r}")
            counts[len(one["parts"]) > 1] += 1
    assert sum(counts) > 0, "no answer to check"
    print(f"single {counts[0]} several {counts[1]}")


main()
