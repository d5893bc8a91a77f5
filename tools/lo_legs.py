#!/usr/bin/env python3
"""lo_legs.py - how long after SND the kernel stamps the same packet coming in

usage: lo_legs.py [PACKETS]

One packet at a time over lo, UDP and TCP: RX, as the receiver's socket has it,
less SND, as the sender's error queue has it. One JSON object a transport, ns.
"""
import json
import select
import socket
import struct
import sys

SO_TIMESTAMPING = 37
TX_SOFTWARE, RX_SOFTWARE, SOFTWARE, OPT_ID, OPT_TSONLY = 2, 8, 16, 128, 2048


def stamp(control):
    for level, kind, data in control:
        if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPING:
            seconds, ns = struct.unpack("qq", data[:16])
            return seconds * 10**9 + ns
    return None


def pair(transport):
    near, far = socket.socket(), socket.socket()
    if transport == "udp":
        near, far = (socket.socket(type=socket.SOCK_DGRAM) for _ in range(2))
    far.bind(("127.0.0.1", 0))
    if transport == "tcp":
        far.listen()
    near.connect(far.getsockname())
    if transport == "tcp":
        near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        far = far.accept()[0]
    return near, far


def legs(transport, n):
    near, far = pair(transport)
    far.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPING, RX_SOFTWARE | SOFTWARE)
    near.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPING,
                    TX_SOFTWARE | SOFTWARE | OPT_ID | OPT_TSONLY)
    waiting = select.poll()
    waiting.register(near, 0)  # a stamp is an error, which needs no asking
    for _ in range(n):
        near.send(bytes(32))
        came = stamp(far.recvmsg(64, 256)[1])
        waiting.poll(1000)
        left = stamp(near.recvmsg(64, 256, socket.MSG_ERRQUEUE | socket.MSG_DONTWAIT)[1])
        # The kernel turns stamping on in the background, a little later.
        if came is not None:
            yield came - left


def main(packets):
    for transport in "udp", "tcp":
        ns = sorted(legs(transport, packets))
        print(json.dumps({"transport": transport, "packets": len(ns)} |
                         {f"p{round(100 * q)}": ns[int(q * len(ns))] for q in (.01, .5, .99)}))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5000)
