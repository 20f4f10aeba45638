# SPDX-License-Identifier: MIT
"""answers.py FILE [COUNT]: checks that FILE has one answer a line, COUNT of them, each with the
fields of the contract, and that its amounts, fees and blocks add up."""
import json
import math
import sys

FINAL_CLTV = 18
ROUNDED = 0.5e-6
STATUSES = ("ok", "no_route", "error")


def integer(value):
    assert isinstance(value, int) and not isinstance(value, bool) and value >= 0, value
    return value


def probability(value):
    assert isinstance(value, (int, float)) and 0 <= value <= 1, value


def check_cut(cut, count):
    assert len(cut) == count
    for channel in cut:
        assert channel["direction"] == int(channel["from"] > channel["to"])
        assert len(channel["scid"].split("x")) == 3 and integer(channel["max_msat"]) > 0
        assert channel["capacity_sat"] is None or integer(channel["capacity_sat"]) > 0


def check_reason(answer):
    reason = answer["reason"]
    if answer["status"] == "ok":
        assert reason is None
        return
    assert reason["code"] and reason["text"], reason
    if answer["status"] == "no_route":
        for key, value in reason.items():
            if key == "proven":
                assert isinstance(value, bool)
            elif key == "cut":
                check_cut(value, reason["cut_channels"])
            else:
                assert key in ("code", "text") or integer(value) >= 0


def check_hops(part, amount_msat):
    hops = part["hops"]
    assert hops and hops[0]["fee_msat"] == 0 and hops[0]["cltv_delta"] == 0
    assert integer(hops[-1]["amount_msat"]) == amount_msat
    for hop, following in zip(hops, hops[1:]):
        assert hop["to"] == following["from"]
        assert integer(hop["amount_msat"]) == following["amount_msat"] + following["fee_msat"]
    for hop in hops:
        assert hop["direction"] in (0, 1) and hop["direction"] == int(hop["from"] > hop["to"])
        assert len(hop["scid"].split("x")) == 3 and len(hop["from"]) == len(hop["to"]) == 66
    assert part["fee_msat"] == sum(integer(hop["fee_msat"]) for hop in hops)
    assert part["cltv_total"] == FINAL_CLTV + sum(integer(hop["cltv_delta"]) for hop in hops)


def check_route(answer):
    biases = [hop.get("bias_msat", 0) for part in answer["parts"] for hop in part["hops"]]
    assert answer["cost_msat"] >= answer["fee_msat"] + sum(biases)
    assert answer["bound_msat"] <= answer["cost_msat"]
    assert (integer(answer["gap_ppm"]) == 0) == (answer["bound_msat"] == answer["cost_msat"])
    probability(answer["probability"])
    parts = answer["parts"]
    assert sum(integer(part["amount_msat"]) for part in parts) == integer(answer["amount_msat"])
    assert sum(part["fee_msat"] for part in parts) == integer(answer["fee_msat"])
    assert parts == sorted(parts, key=lambda part: -part["amount_msat"])
    for part in parts:
        probability(part["probability"])
        check_hops(part, part["amount_msat"])
    together = math.prod(part["probability"] for part in parts)
    assert abs(together - answer["probability"]) < ROUNDED * (len(parts) + 1)


def check(answer):
    assert isinstance(answer["id"], str) and answer["status"] in STATUSES
    check_reason(answer)
    if answer["status"] == "error":
        return
    for key in ("settled", "relaxed", "elapsed_ns"):
        integer(answer["stats"][key])
    if answer["status"] == "ok":
        check_route(answer)
    else:
        assert answer["parts"] == [] and answer["fee_msat"] is None


def main():
    count = 0
    with open(sys.argv[1], encoding="utf-8") as file:
        for line in file:
            try:
                check(json.loads(line))
            except (AssertionError, KeyError, ValueError, TypeError) as error:
                sys.exit(f"{sys.argv[1]}:{count + 1}: {error!r} in {line[:200]}")
            count += 1
    if len(sys.argv) > 2 and count != int(sys.argv[2]):
        sys.exit(f"{sys.argv[1]}: {count} answers instead of {sys.argv[2]}")


main()
