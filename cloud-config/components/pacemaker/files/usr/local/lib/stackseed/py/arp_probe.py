"""arp_probe.py ADDRESS: whether another host answers for an IPv4 address on the network where this host would
have it; exit 0 when one does, 1 when none did within a quarter of a second. A probe as in RFC 5227: it says
nothing of this host, so nobody's ARP table changes.
"""
import select
import socket
import subprocess
import struct
import sys
from time import monotonic

ANSWER_TIME = 0.25
ARP = 0x0806
REQUEST, REPLY = 1, 2
EVERYBODY = b'\xff' * 6
NOBODY = b'\0' * 4


def interface_to(address):
    """Name of the interface that a packet to the address leaves by; None without a direct route."""
    # 192.168.1.50 dev manage src 192.168.1.51 uid 0
    try:
        said = subprocess.check_output(['ip', '-4', '-o', 'route', 'get', address], stderr=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError):
        return None
    words = said.decode().split()
    if 'dev' not in words or 'via' in words or words[0] == 'local':
        return None
    return words[words.index('dev') + 1]


def probe(address, own):
    """The Ethernet frame of a request for the address, from the card with the address `own`."""
    head = struct.pack('!HHBBH', 1, 0x0800, 6, 4, REQUEST)
    return EVERYBODY + own + struct.pack('!H', ARP) + head + own + NOBODY + b'\0' * 6 + socket.inet_aton(address)


def answers(frame, address, own):
    """Whether the frame says that another card has the address."""
    return (len(frame) >= 42 and frame[20:22] == struct.pack('!H', REPLY) and
            frame[28:32] == socket.inet_aton(address) and frame[22:28] != own)


def main(arguments):
    address = arguments[0]
    interface = interface_to(address)
    if interface is None:
        return 1
    card = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ARP))
    card.bind((interface, ARP))
    own = card.getsockname()[4]
    card.send(probe(address, own))
    end = monotonic() + ANSWER_TIME
    while True:
        ready, _, _ = select.select([card], [], [], max(0, end - monotonic()))
        if not ready:
            return 1
        if answers(card.recv(128), address, own):
            return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
