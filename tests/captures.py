#!/usr/bin/env python3
"""captures.py - write small captures of all formats, and what is in them

usage: captures.py FOLDER   files, and FOLDER/expected.json: for each file the
arguments, the exit status, and what parts of the document must be.
"""
import json
import struct
import sys

CLIENT, SERVER = (10, 0, 0, 1), (10, 0, 0, 2)
CLIENT6 = bytes.fromhex("fd00" + "00" * 13 + "01")
SERVER6 = bytes.fromhex("fd00" + "00" * 13 + "02")
PORT, START = 4711, 1_600_000_000_000_000_000
EN10MB, NULL, LOOP, RAW, SLL, SLL2, IPV4, BLUETOOTH = 1, 0, 108, 101, 113, 276, 228, 201


# --- packets: from the inside out ------------------------------------------------

def echo(number, size=24):
    return struct.pack("<IIQ", MAGIC, size, number) + bytes(size - 16)


def find_magic():
    """The echo protocol's magic, from its source, so that there is one of it."""
    for line in open("workloads/proto/echo.c"):
        if line.startswith("#define ECHO_MAGIC"):
            return int(line.split()[2].rstrip("u"), 16)
    raise SystemExit("no ECHO_MAGIC")


MAGIC = find_magic()


def udp(payload, to_server=True, client=40000):
    ports = (client, PORT) if to_server else (PORT, client)
    return 17, struct.pack(">HHHH", *ports, 8 + len(payload), 0) + payload


def tcp(payload=b"", to_server=True, seq=0, ack=0, flags=0x10, client=40000, options=b""):
    ports = (client, PORT) if to_server else (PORT, client)
    offset = (20 + len(options)) // 4 << 4
    return 6, struct.pack(">HHIIBBHHH", *ports, seq % 2**32, ack % 2**32, offset, flags,
                          65535, 0, 0) + options + payload


def ip4(of, to_server=True, fragment=0, total=None, options=b""):
    protocol, body = of
    ends = (CLIENT, SERVER) if to_server else (SERVER, CLIENT)
    size = 20 + len(options)
    if total is None:
        total = size + len(body)
    return struct.pack(">BBHHHBBH", 0x40 | size // 4, 0, total, 1, fragment, 64, protocol,
                       0) + bytes(ends[0]) + bytes(ends[1]) + options + body


def ip6(of, to_server=True, extension=b"", next_header=None):
    protocol, body = of
    ends = (CLIENT6, SERVER6) if to_server else (SERVER6, CLIENT6)
    return struct.pack(">IHBB", 6 << 28, len(extension) + len(body),
                       protocol if next_header is None else next_header,
                       64) + ends[0] + ends[1] + extension + body


def ether(packet, tags=(), padding=0):
    ethertype = 0x86dd if packet[0] >> 4 == 6 else 0x0800
    head = bytes(12) + b"".join(struct.pack(">HH", t, 7) for t in tags)
    return head + struct.pack(">H", ethertype) + packet + bytes(padding)


LINKS = {
    "ethernet": (EN10MB, ether),
    "padded": (EN10MB, lambda p: ether(p, padding=9)),
    "vlan": (EN10MB, lambda p: ether(p, (0x8100,))),
    "qinq": (EN10MB, lambda p: ether(p, (0x88a8, 0x8100))),
    "sll": (SLL, lambda p: struct.pack(">HHH8sH", 0, 1, 6, b"", 0x0800) + p),
    "sll2": (SLL2, lambda p: struct.pack(">HHIHBB8s", 0x0800, 0, 1, 1, 0, 6, b"") + p),
    "null": (NULL, lambda p: struct.pack("<I", 2) + p),
    "null-other-endian": (NULL, lambda p: struct.pack(">I", 2) + p),
    "loop": (LOOP, lambda p: struct.pack(">I", 2) + p),
    "raw": (RAW, lambda p: p),
    "ipv4": (IPV4, lambda p: p),
}


# --- files ------------------------------------------------------------------------

def pcap(packets, link=EN10MB, endian="<", nano=True, snap=None):
    unit = 1 if nano else 1000
    out = struct.pack(endian + "IHHiIII", 0xa1b23c4d if nano else 0xa1b2c3d4, 2, 4, 0, 0,
                      snap or 65535, link)
    for at, data in packets:
        cut = data[:snap] if snap else data
        out += struct.pack(endian + "IIII", at // 10**9, at % 10**9 // unit, len(cut),
                           len(data)) + cut
    return out


def block(endian, kind, body):
    body += bytes(-len(body) % 4)
    size = struct.pack(endian + "I", len(body) + 12)
    return struct.pack(endian + "I", kind) + size + body + size


def option(endian, code, value):
    return struct.pack(endian + "HH", code, len(value)) + value + bytes(-len(value) % 4)


def section(endian):
    return block(endian, 0x0a0d0d0a, struct.pack(endian + "IHHq", 0x1a2b3c4d, 1, 0, -1)
                 + option(endian, 4, b"captures.py") + option(endian, 0, b""))


def interface(endian, link, options=b"", snap=0):
    return block(endian, 1, struct.pack(endian + "HHI", link, 0, snap) + options
                 + (option(endian, 0, b"") if options else b""))


def enhanced(endian, at, data, of=0, options=b""):
    return block(endian, 6, struct.pack(endian + "IIIII", of, at >> 32, at & 0xffffffff,
                                        len(data), len(data))
                 + data + bytes(-len(data) % 4) + options)


def pcapng(packets, link=EN10MB, endian="<", resolution=None, offset=None):
    options, scale = b"", lambda ns: ns // 1000
    if resolution is not None:
        options += option(endian, 9, bytes([resolution]))
        if resolution & 0x80:
            scale = lambda ns: (ns << (resolution & 0x7f)) // 10**9
        else:
            scale = lambda ns: ns * 10**resolution // 10**9
    if offset:
        options += option(endian, 14, struct.pack(endian + "q", offset))
    out = section(endian) + interface(endian, link, option(endian, 2, b"eth0") + options)
    for at, data in packets:
        out += enhanced(endian, scale(at - (offset or 0) * 10**9), data,
                        options=option(endian, 1, b"a comment") + option(endian, 0, b""))
    return out


# --- conversations -----------------------------------------------------------------

def exchanges(wrap=lambda of, to_server: ether(ip4(of, to_server))):
    """Five requests, 1 ms apart, answered after 10, 20, 30, 40, 50 us."""
    out = []
    for i in range(5):
        at = START + i * 1_000_000
        out += [(at, wrap(udp(echo(i)), True)),
                (at + 10_000 * (i + 1), wrap(udp(echo(i), False), False))]
    return out


FIVE = {"counts.requests": 5, "counts.answered": 5, "counts.unanswered": 0,
        "counts.unmatched_replies": 0, "counts.bad_requests": 0, "counts.bad_replies": 0,
        "wire_ns.min": 10000, "wire_ns.max": 50000, "wire_ns.quantiles.0.value": 30000,
        "server": "10.0.0.2:4711", "protocol": "echo"}
FIVE6 = dict(FIVE, server="[fd00::2]:4711")


class Stream:
    """A TCP connection, as two hosts would speak it."""

    def __init__(self, client=40000, hello=True, base=(2**32 - 30, 7000)):
        self.at, self.client, self.seq, self.out = START, client, list(base), []
        if hello:
            self.put(b"", True, flags=2)
            self.seq[0] += 1
            self.put(b"", False, flags=0x12)
            self.seq[1] += 1
            self.put(b"", True)

    def put(self, payload, to_server, flags=0x10, seq=None, ack=None):
        me, other = (0, 1) if to_server else (1, 0)
        seq = self.seq[me] if seq is None else seq
        ack = self.seq[other] if ack is None else ack
        if flags == 2:
            flags, ack = 2, 0
        self.out.append((self.at, ether(ip4(
            tcp(payload, to_server, seq, ack, flags, self.client), to_server))))

    def say(self, payload, to_server, lost=False):
        if not lost:
            self.put(payload, to_server)
        self.seq[0 if to_server else 1] += len(payload)

    def wait(self, ns):
        self.at += ns

    def exchange(self, request, reply, ns):
        self.say(request, True)
        self.wait(ns)
        self.say(reply, False)
        self.wait(1_000_000)


def retransmitted():
    s = Stream()
    for i in range(3):
        s.exchange(echo(i), echo(i), 10_000)
    # A request in two segments, of which the first is sent again.
    whole, begin = echo(3), s.seq[0]
    s.say(whole[:10], True)
    s.wait(1000)
    s.put(whole[:10], True, seq=begin)
    s.wait(1000)
    s.say(whole[10:], True)
    s.wait(20_000)
    # A reply whose first half comes last, and then all of it again.
    begin = s.seq[1]
    s.put(echo(3)[12:], False, seq=begin + 12)
    s.wait(5000)
    s.put(echo(3)[:12], False, seq=begin)
    s.seq[1] += 24
    s.wait(5000)
    s.put(echo(3), False, seq=begin)
    s.wait(5000)
    # An overlap that brings something new.
    s.put(echo(3)[20:] + echo(4), True, seq=s.seq[0] - 4)
    s.seq[0] += 24
    s.wait(10_000)
    s.say(echo(4), False)
    s.put(b"", True, flags=0x11)
    s.seq[0] += 1
    s.put(b"", False, flags=0x11)
    s.seq[1] += 1
    s.put(b"", True)
    return s.out


def gap(in_order):
    """The second reply was not captured, but acknowledged."""
    ask = b"GET / HTTP/1.1\r\n\r\n" if in_order else None
    tell = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc" if in_order else None
    s = Stream()
    for i in range(4):
        s.say(ask or echo(i), True)
        s.wait(10_000)
        s.say(tell or echo(i), False, lost=i == 1)
        s.wait(1000)
        s.put(b"", True)
        s.wait(1_000_000)
    return s.out


def midway(in_order):
    ask = b"GET / HTTP/1.1\r\n\r\n" if in_order else None
    tell = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc" if in_order else None
    s = Stream(hello=False)
    s.say((tell or echo(9))[10:], False)
    s.wait(10_000)
    for i in range(3):
        s.exchange(ask or echo(i), tell or echo(i), 10_000)
    return s.out


def set_back():
    """A stream; after half of it the clock is set back by a minute."""
    s = Stream()
    for i in range(6):
        s.exchange(echo(i), echo(i), 10_000)
    half = len(s.out) // 2
    return s.out[:half] + [(at - 60 * 10**9, packet) for at, packet in s.out[half:]]


def http():
    s = Stream()
    get = b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n"
    s.say(get + get, True)
    s.wait(10_000)
    s.say(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
          b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n", False)
    s.wait(10_000)
    s.exchange(get, b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", 10_000)
    s.exchange(get, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
               b"3\r\nabc\r\n0\r\n\r\n", 30_000)
    return s.out


def redis():
    s = Stream()
    s.exchange(b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n", b"$3\r\nabc\r\n", 10_000)
    s.exchange(b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n", b"+OK\r\n", 20_000)
    s.exchange(b"*1\r\n$4\r\nOOPS\r\n", b"-ERR unknown\r\n", 30_000)
    return s.out


def memcached():
    s = Stream()
    s.exchange(b"get k\r\n", b"VALUE k 0 3\r\nabc\r\nEND\r\n", 10_000)
    s.exchange(b"set k 0 0 1\r\nv\r\n", b"STORED\r\n", 20_000)
    return s.out


def memcached_udp():
    """Answered out of order, the second in two datagrams."""
    def put(us, number, to_server, piece, pieces, text):
        frame = struct.pack(">HHHH", number, piece, pieces, 0)
        out.append((START + us * 1000, ether(ip4(udp(frame + text, to_server), to_server))))
    out = []
    for number in (700, 701, 702):
        put(number - 700, number, True, 0, 1, b"get k\r\n")
    put(12, 702, False, 0, 1, b"VALUE k 0 1\r\nx\r\nEND\r\n")
    put(13, 701, False, 0, 2, b"VALUE k 0 3\r\nab")
    put(21, 701, False, 1, 2, b"c\r\nEND\r\n")
    put(30, 700, False, 0, 1, b"VALUE k 0 1\r\nx\r\nEND\r\n")
    return out


def lines():
    s = Stream()
    s.exchange(b"ping 1\r\n", b"pong\r\n", 10_000)
    s.exchange(b"ping 2\r\n", b"busy\r\n", 20_000)
    return s.out


CUSTOM = r'{custom: {reply_end: "\r\n", reply_ok: 70@0, reply_nack: 62@0}}'


def ends():
    """Repeated, unmatched, late, never answered, under way."""
    def put(ms, us, number, to_server=True):
        out.append((START + ms * 10**6 + us * 1000,
                    ether(ip4(udp(echo(number), to_server), to_server))))
    out = []
    put(0, 0, 1), put(0, 5, 1), put(0, 20, 1, False), put(0, 30, 1, False)
    put(1, 0, 2), put(2, 0, 99, False)
    put(3, 0, 3), put(43, 0, 3, False)
    put(100, 0, 4)
    return out


CASES = {}


def case(name, data, expected=None, status=0, arguments=()):
    CASES[name] = {"data": data, "expected": expected or {}, "status": status,
                   "arguments": list(arguments)}


def formats():
    for endian, order in (("<", "le"), (">", "be")):
        case(f"pcap-us-{order}", pcap(exchanges(), endian=endian, nano=False), FIVE)
        case(f"pcap-ns-{order}", pcap(exchanges(), endian=endian), FIVE)
        case(f"pcapng-{order}", pcapng(exchanges(), endian=endian), FIVE)
        case(f"pcapng-ns-{order}", pcapng(exchanges(), endian=endian, resolution=9), FIVE)
        case(f"pcapng-offset-{order}",
             pcapng(exchanges(), endian=endian, resolution=9, offset=1_600_000_000 - 5), FIVE)
    case("pcapng-binary", pcapng(exchanges(), resolution=0x80 | 30),
         {"counts.answered": 5, "damage": None})
    case("pcapng-sections", pcapng(exchanges()[:4]) + pcapng(exchanges()[4:]), FIVE)
    # libpcap cannot: what stands in the first section counts.
    case("pcapng-both-endians", pcapng(exchanges()[:4]) + pcapng(exchanges()[4:], endian=">"),
         {"counts.answered": 2}, status=3)
    for name, (link, wrap) in LINKS.items():
        case("link-" + name, pcap(exchanges(lambda of, to, wrap=wrap: wrap(ip4(of, to))), link),
             FIVE)
    case("ip6", pcap(exchanges(lambda of, to: ether(ip6(of, to)))), FIVE6)
    case("ip6-options", pcap(exchanges(lambda of, to: ether(ip6(
        of, to, bytes([of[0], 0, 1, 4, 0, 0, 0, 0]), 0)))), FIVE6)
    case("ip4-options", pcap(exchanges(lambda of, to: ether(ip4(of, to, options=bytes(8))))), FIVE)


def conversations():
    one = START
    case("by-port", pcap(exchanges()), dict(FIVE, server="[::]:4711"),
         arguments=["--port", "4711"])
    case("by-target", pcap(exchanges()), FIVE, arguments=["--target", "10.0.0.2:4711"])
    case("other-target", pcap(exchanges()), {"counts.requests": 0, "counts.server_packets": 0},
         arguments=["--target", "10.0.0.3:4711", "--protocol", "echo"])
    case("cut", pcap(exchanges(), snap=60), dict(FIVE, **{"counts.cut": 10}))
    case("cut-all", pcap(memcached(), snap=58), status=2)
    case("cut-headers", pcap(exchanges(), snap=40), status=2)
    case("retransmitted", pcap(retransmitted()),
         {"counts.requests": 5, "counts.answered": 5, "counts.retransmitted": 3,
          "counts.out_of_order": 1, "counts.gaps": 0, "counts.midway": 0,
          "wire_ns.min": 10000, "wire_ns.max": 25000})
    case("gap-by-id", pcap(gap(False)),
         {"counts.requests": 4, "counts.answered": 3, "counts.gaps": 1, "counts.unfinished": 1,
          "wire_ns.max": 10000})
    case("gap-in-order", pcap(gap(True)),
         {"counts.requests": 4, "counts.answered": 3, "counts.gaps": 1, "counts.unknown": 1,
          "wire_ns.max": 10000, "protocol": "http"})
    for in_order in (False, True):
        case(f"midway-{in_order}", pcap(midway(in_order)),
             {"counts.requests": 3, "counts.answered": 3, "counts.midway": 1,
              "counts.unmatched_replies": 0, "wire_ns.min": 10000, "wire_ns.max": 10000})
    case("http", pcap(http()),
         {"counts.requests": 4, "counts.answered": 2, "counts.nacked": 1, "counts.error": 1,
          "wire_ns.min": 10000, "wire_ns.max": 30000, "protocol": "http"})
    case("redis", pcap(redis()),
         {"counts.requests": 3, "counts.answered": 2, "counts.error": 1, "protocol": "redis"})
    case("memcached", pcap(memcached()),
         {"counts.requests": 2, "counts.answered": 2, "protocol": "memcached",
          "wire_ns.min": 10000, "wire_ns.max": 20000})
    case("memcached-udp", pcap(memcached_udp()),
         {"counts.requests": 3, "counts.answered": 3, "protocol": "memcached-udp",
          "wire_ns.min": 10000, "wire_ns.max": 30000})
    case("custom", pcap(lines()),
         {"counts.requests": 2, "counts.answered": 1, "counts.nacked": 1,
          "wire_ns.max": 10000}, arguments=["--protocol", CUSTOM])
    case("custom-ids", pcap(lines()), status=2,
         arguments=["--protocol", "{custom: {reply_size: 6B, reply_id: u32be@0}}"])
    case("ends", pcap(ends()),
         {"counts.requests": 4, "counts.answered": 2, "counts.late": 1, "counts.unanswered": 1,
          "counts.unfinished": 1, "counts.repeated_requests": 1, "counts.repeated_replies": 1,
          "counts.unmatched_replies": 1},
         arguments=["--timeout", "20ms", "--target", "10.0.0.2:4711"])
    case("backwards", pcap([(one + 5000, exchanges()[0][1]), (one, exchanges()[1][1])]),
         {"counts.requests": 1, "counts.backwards": 1},
         arguments=["--protocol", "echo", "--port", "4711"])
    case("set-back", pcap(set_back()),
         {"counts.requests": 6, "counts.answered": 6, "counts.set_back": 1,
          "wire_ns.min": 10000, "wire_ns.max": 10000})


def damage():
    whole = pcap(exchanges())
    stray = [(START, ether(ip4(udp(echo(1)), fragment=0x2000))),
             (START, ether(ip4(udp(echo(1)), fragment=3))),
             (START, ether(ip6(udp(echo(1)), extension=bytes([17, 0, 0, 0, 0, 0, 0, 1]),
                               next_header=44))),
             (START, ether(ip4(udp(echo(1)), total=9000))),
             (START, ether(ip4(udp(echo(1)), total=10))),
             (START, bytes(12) + b"\x08\x06" + bytes(28)),
             (START, ether(ip4(udp(echo(1))))[:30]),
             (START, b"")]
    case("stray", pcap(stray + exchanges()),
         dict(FIVE, **{"counts.fragments": 3, "counts.malformed": 4}))
    case("garbage", pcap(exchanges() + [(START + 10**7, ether(ip4(udp(b"garbage" * 4))))]),
         {"counts.answered": 5, "wire_ns.max": 50000})
    case("truncated", whole[:-10], {"counts.requests": 5, "counts.answered": 4}, status=3)
    case("truncated-record", whole + whole[24:34], dict(FIVE), status=3)
    case("huge-record", whole + struct.pack("<IIII", 1, 1, 2**31, 2**31), dict(FIVE), status=3)
    case("truncated-head", whole[:20], status=2)
    case("empty", b"", status=2)
    case("text", b"time_ns\n1\n2\n" * 9, status=2)
    case("nothing", pcap([]), status=2)
    case("unknown-link", pcap(exchanges(), BLUETOOTH), status=2)
    mixed = (section("<") + interface("<", EN10MB) + interface("<", RAW)
             + enhanced("<", START // 1000, exchanges()[0][1]))
    case("mixed-links", mixed, status=2)
    simple = section("<") + interface("<", EN10MB)
    for _, data in exchanges():
        simple += block("<", 3, struct.pack("<I", len(data)) + data)
    case("unstamped", simple, {"counts.requests": 0, "counts.unstamped": 10},
         arguments=["--protocol", "echo"])
    case("wrong-stamps", pcapng([(2**62, p) for _, p in exchanges()], resolution=0),
         {"damage": None}, arguments=["--protocol", "echo"])


def main(folder):
    formats(), conversations(), damage()
    for name, what in CASES.items():
        with open(f"{folder}/{name}.pcap", "wb") as out:
            out.write(what.pop("data"))
    with open(f"{folder}/expected.json", "w") as out:
        json.dump(CASES, out)


main(sys.argv[1])
