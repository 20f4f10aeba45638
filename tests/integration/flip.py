#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""flip.py STORE OUT RECORD BIT: copies a gossip_store with one bit of a record's message flipped,
and a checksum that fits. Records count from 0, bits from the first of the message."""
import sys


def crc32c(start, data):
    crc = start ^ 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def main():
    store, out, record, bit = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    with open(store, "rb") as file:
        data = bytearray(file.read())
    at = 1
    for _ in range(record):
        at += 12 + int.from_bytes(data[at + 2 : at + 4], "big")
    begin, end = at + 12, at + 12 + int.from_bytes(data[at + 2 : at + 4], "big")
    timestamp = int.from_bytes(data[at + 8 : at + 12], "big")
    assert int.from_bytes(data[at + 4 : at + 8], "big") == crc32c(timestamp, data[begin:end])
    data[begin + bit // 8] ^= 1 << bit % 8
    data[at + 4 : at + 8] = crc32c(timestamp, data[begin:end]).to_bytes(4, "big")
    with open(out, "wb") as file:
        file.write(data)


main()
