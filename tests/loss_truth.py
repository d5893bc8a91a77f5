#!/usr/bin/env python3
"""loss_truth.py - do stamps belong to their requests? By a capture of them.

usage: loss_truth.py DUMP CAPTURE PORT

Prints how many there were of each kind; status 1 where one is not its own. A
reply that was read with others has the stamp of the last one's packet, which is
later (and may carry that reply again), and allowed; 77 where the capture is not
complete enough to say.

DUMP is wire-sim's, over TCP to PORT; CAPTURE (pcap, ns, Ethernet, IPv4) was
taken on the interface that its requests leave by. Of each stamp that was
believed, the packet is found that it was taken of, and compared with the
packet that first carried the last byte of the request, or of its reply.
"""
import bisect
import collections
import struct
import sys

SLACK = 3000  # ns: two clocks, looked at twice


def packets(path):
    """(ns, source port, destination port, flags, seq, payload)"""
    data = open(path, "rb").read()
    if struct.unpack_from("<I", data)[0] != 0xA1B23C4D:
        sys.exit("loss_truth.py: %s: no capture of nanoseconds" % path)
    at = 24
    while at + 16 <= len(data):
        sec, ns, have, _ = struct.unpack_from("<IIII", data, at)
        frame = data[at + 16:at + 16 + have]
        at += 16 + have
        if frame[12:14] != b"\x08\x00" or frame[23] != 6:
            continue
        ip = 14
        tcp = ip + (frame[ip] & 15) * 4
        total = struct.unpack_from("!H", frame, ip + 2)[0]
        sport, dport, seq = struct.unpack_from("!HHI", frame, tcp)
        head = (frame[tcp + 12] >> 4) * 4
        length = total - (tcp - ip) - head
        yield (sec * 10**9 + ns, sport, dport, frame[tcp + 13], seq, length,
               frame[tcp + head:tcp + head + 4])


class Way:
    """One direction of a connection: when which bytes passed."""

    def __init__(self):
        self.base = None
        self.packets = []  # ns, first, end; in order of time

    def add(self, ns, flags, seq, length):
        if flags & 2:
            self.base = (seq + 1) & 0xFFFFFFFF
        if self.base is None or length == 0:
            return
        first = (seq - self.base) & 0xFFFFFFFF
        self.packets.append((ns, first, first + length))

    def index(self, size):
        """offset of a request's end -> the packets that carry its last byte"""
        self.carry = collections.defaultdict(list)
        for i, (_, first, end) in enumerate(self.packets):
            for at in range(first // size + 1, (end - 1) // size + 2):
                if first < at * size <= end:
                    self.carry[at * size].append(i)
        self.ns = [p[0] for p in self.packets]


def read(path, port):
    conns = collections.defaultdict(lambda: (Way(), Way()))
    first = {}
    for ns, sport, dport, flags, seq, length, head in packets(path):
        if dport == port:
            conns[sport][0].add(ns, flags, seq, length)
            if length and sport not in first and len(head) == 4:
                first[sport] = struct.unpack("=I", head)[0]
        elif sport == port:
            conns[dport][1].add(ns, flags, seq, length)
    return {seq: conns[p] for p, seq in first.items()}


def verdict(way, end, stamp):
    """A packet is stamped after it is tapped, and before the next one is."""
    carry = way.carry.get(end)
    if not carry:
        return "unseen"
    last = bisect.bisect_right(way.ns, stamp + SLACK) - 1
    first = bisect.bisect_right(way.ns, stamp - SLACK) - 1
    if last < carry[0]:
        return "of a packet before"
    if first <= carry[0]:
        return "own"
    if any(i in carry for i in range(first, last + 1)):
        return "of a retransmission"
    return "of a later packet"


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__.split("\n\n")[1])
    conns = read(sys.argv[2], int(sys.argv[3]))
    look, rows = [], []
    for line in open(sys.argv[1]):
        cell = line.strip().split(",")
        if cell[0] == "clock":
            look.append((int(cell[1]), int(cell[2])))
        else:
            rows.append(tuple(map(int, cell)))
    n = max(r[1] for r in rows) + 1
    size = rows[0][2]
    ways = {}
    for seq, pair in conns.items():
        for way in pair:
            way.index(size)
        ways[seq // 2 % n] = pair

    def real(mono):
        i = min(max(bisect.bisect(look, (mono,)), 1), len(look) - 1)
        (a, x), (b, y) = look[i - 1], look[i]
        return mono + (x - a) + ((y - b) - (x - a)) * (mono - a) // (b - a)

    count = collections.Counter()
    for seq, conn, end, _, out, came, _ in rows:
        if conn not in ways:
            continue
        if out:
            count["out", verdict(ways[conn][0], end, real(out))] += 1
        if came:
            count["in", verdict(ways[conn][1], end, real(came))] += 1
    again = sum(len(c) > 1 for w in ways.values() for c in w[0].carry.values())
    back = sum(len(c) > 1 for w in ways.values() for c in w[1].carry.values())
    print("sent again: %d requests, %d replies" % (again, back))
    for (way, what), k in sorted(count.items()):
        print("%s: %d %s" % (way, k, what))
    late = ("in", "of a later packet"), ("in", "of a retransmission")
    wrong = [k for k in count if k[1] not in ("own", "unseen") and
             k not in late]
    if wrong:
        sys.exit(1)
    if count["out", "own"] < count["out", "unseen"] + 100:
        sys.exit(77)


main()
