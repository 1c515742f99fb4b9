#!/usr/bin/python3
"""Many machines that boot at once from an HTTP server: machines.py < plan.json > result.json

The plan: {"port", "seconds", "machines": [{"address", "paths"}], "digests": {path: sha256}}. Each machine has an address
of its own on loopback and fetches its files one after another, a connection each, as boot loaders do. Bytes are thrown
away by the kernel (MSG_TRUNC of tcp(7)), so that this costs next to nothing; every fiftieth machine reads and checks them.
"""
import hashlib
import json
import resource
import select
import socket
import sys
import time

CHUNK = 1 << 20
CHECKED = 50


class Machine:
    """One machine and the file it is at."""

    def __init__(self, number, address, paths):
        self.address = address
        self.paths = list(paths)
        self.checked = number % CHECKED == 0
        self.socket = None
        self.ended = None

    def begin(self, port, poll, fds):
        self.head = b""
        self.left = None
        self.digest = hashlib.sha256()
        self.sent = False
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.socket.setblocking(False)
        self.socket.bind((self.address, 0))
        self.socket.connect_ex(("127.0.0.1", port))
        fds[self.socket.fileno()] = self
        poll.register(self.socket, select.EPOLLOUT)

    def close(self, poll, fds):
        poll.unregister(self.socket)
        del fds[self.socket.fileno()]
        self.socket.close()


def read(machine, buffer, digests):
    """Takes what is there. Returns bytes of content, and "more", "done" or what is wrong."""
    if machine.left is None:
        machine.head += machine.socket.recv(4096)
        end = machine.head.find(b"\r\n\r\n")
        if end < 0:
            return 0, "more" if machine.head else "closed before its answer"
        lines = machine.head[:end].decode("latin-1").split("\r\n")
        if " 200 " not in lines[0]:
            return 0, lines[0]
        lengths = [line[16:] for line in lines if line.startswith("Content-Length: ")]
        rest = machine.head[end + 4:]
        machine.left = int(lengths[0]) - len(rest)
        machine.digest.update(rest)
        count = len(rest)
    elif machine.checked:
        count = machine.socket.recv_into(buffer, min(CHUNK, machine.left))
        machine.digest.update(memoryview(buffer)[:count])
        machine.left -= count
    else:
        count = machine.socket.recv_into(buffer, min(CHUNK, machine.left), socket.MSG_TRUNC)
        machine.left -= count
    if machine.left == 0:
        want = digests.get(machine.paths[0])
        if machine.checked and want and machine.digest.hexdigest() != want:
            return count, "other content"
        return count, "done"
    return count, "more" if count else "closed early"


def main():
    plan = json.load(sys.stdin)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    machines = [Machine(number, one["address"], one["paths"]) for number, one in enumerate(plan["machines"])]
    poll, fds, buffer = select.epoll(), {}, bytearray(CHUNK)
    failures, total, began = [], 0, time.monotonic()
    for machine in machines:
        machine.begin(plan["port"], poll, fds)
    while fds:
        if time.monotonic() - began > plan["seconds"]:
            failures += [f"{one.address} {one.paths[0]}: late" for one in fds.values()]
            break
        for fd, events in poll.poll(1):
            machine = fds.get(fd)
            if machine is None:
                continue
            try:
                if not machine.sent:
                    error = machine.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                    if error:
                        raise OSError(error, "connect")
                    machine.socket.send(f"GET {machine.paths[0]} HTTP/1.1\r\nHost: boot\r\n\r\n".encode())
                    machine.sent = True
                    poll.modify(fd, select.EPOLLIN)
                    continue
                count, what = read(machine, buffer, plan["digests"])
            except BlockingIOError:
                continue
            except OSError as error:
                count, what = 0, str(error)
            total += count
            if what == "more":
                continue
            machine.close(poll, fds)
            if what != "done":
                failures.append(f"{machine.address} {machine.paths[0]}: {what}")
                continue
            machine.paths.pop(0)
            if machine.paths:
                machine.begin(plan["port"], poll, fds)
            else:
                machine.ended = time.monotonic() - began
    ends = [one.ended for one in machines if one.ended is not None]
    json.dump(
        {
            "bytes": total,
            "seconds": time.monotonic() - began,
            "slowest": max(ends, default=None),
            "fastest": min(ends, default=None),
            "finished": len(ends),
            "failures": failures[:20],
            "failed": len(failures),
        },
        sys.stdout,
    )


main()
