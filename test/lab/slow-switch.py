"""A switch whose cables delay, vary and lose what passes, for kernels without netem.

slow-switch.py DELAY_MS JITTER_MS LOSS SEED < the names of its ports, a line each, at any time
"""

import collections
import os
import random
import select
import socket
import sys
import time

VNET_HEADER = 10  # In front of each frame: what is left to the card. So large frames pass whole, checksums unmade.
PACKET_VNET_HDR = 15
SOL_PACKET = 263
OUTGOING = 4
EVERYTHING = socket.htons(3)

delay, jitter, loss = (float(text) for text in sys.argv[1:4])
chance = random.Random(int(sys.argv[4]))
poll = select.epoll()
ports = {}
behind = {}


class Port:
    def __init__(self, name):
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, EVERYTHING)
        self.socket.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, 33, 16 << 20)  # SO_RCVBUFFORCE
        self.socket.bind((name, 0))
        self.socket.setblocking(False)
        self.waiting = collections.deque()
        self.last = 0.0

    def take(self, now):
        for _ in range(64):
            try:
                frame, address = self.socket.recvfrom(1 << 17)
            except BlockingIOError:
                return
            except OSError:
                continue  # The cable was pulled.
            if address[2] == OUTGOING or chance.random() < loss:
                continue
            target, source = frame[VNET_HEADER : VNET_HEADER + 6], frame[VNET_HEADER + 6 : VNET_HEADER + 12]
            behind[source] = self
            known = None if target[0] & 1 else behind.get(target)
            for port in [known] if known else ports.values():
                if port is not self:
                    port.put(now, frame)

    def put(self, now, frame):
        # In order, as on a wire.
        self.last = max(self.last, now + (delay + chance.uniform(-jitter, jitter)) / 1000)
        self.waiting.append((self.last, frame))

    def give(self, now):
        while self.waiting and self.waiting[0][0] <= now:
            try:
                self.socket.send(self.waiting.popleft()[1])
            except OSError:
                pass  # Full, or unplugged: lost, as on a wire.


poll.register(sys.stdin.fileno(), select.EPOLLIN)
while True:
    due = min((port.waiting[0][0] for port in ports.values() if port.waiting), default=None)
    wait = -1 if due is None else max(0.0, due - time.monotonic())
    for number, _ in poll.poll(wait):
        if number == sys.stdin.fileno():
            names = os.read(number, 4096).decode().split()
            if not names:
                sys.exit(0)
            for name in names:
                port = Port(name)
                ports[port.socket.fileno()] = port
                poll.register(port.socket.fileno(), select.EPOLLIN)
                print(name, flush=True)
        else:
            ports[number].take(time.monotonic())
    now = time.monotonic()
    for port in ports.values():
        port.give(now)
