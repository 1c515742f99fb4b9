"""Takes the connections of those who ask for this host's report; answer.py answers each in a process of its own.

Its file descriptor 3 is the listening socket of stackseed-report.socket. What all answers need is loaded once, so
that one costs a fork. Ends when nobody has asked for a while: systemd starts it again for the next one.
"""
import os
import select
import signal
import socket
import sys
from time import monotonic

FOLDER = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, FOLDER)

import answer  # noqa: E402

LISTENER = 3
# Seconds without a request after which it ends, and between two looks for answers that have ended.
IDLE, LOOK = 5.0, 0.5
# Answers at one time, and of them for one address.
MOST, MOST_OF_ONE = 64, 16


def main():
    listener = socket.fromfd(LISTENER, socket.AF_INET, socket.SOCK_STREAM)
    listener.setblocking(False)
    made_of = parts()
    load_sections()
    answering, last = {}, monotonic()
    while answering or monotonic() - last < IDLE:
        waiting = select.select([listener] if len(answering) < MOST else [], [], [], LOOK)[0]
        reap(answering)
        if not waiting:
            continue
        if parts() != made_of:
            start_again()
        last = monotonic()
        try:
            connection, peer = listener.accept()
        except OSError:
            # It has gone already.
            continue
        with connection:
            if list(answering.values()).count(peer[0]) < MOST_OF_ONE:
                answering[begin(listener, connection)] = peer[0]


def begin(listener, connection):
    """The process that answers."""
    process = os.fork()
    if process:
        return process
    try:
        # What it leaves behind is ended with it.
        os.setpgid(0, 0)
        os.close(LISTENER)
        listener.close()
        connection.setblocking(True)
        answer.answer(connection)
    except BaseException:
        sys.excepthook(*sys.exc_info())
        sys.stderr.flush()
    os._exit(1)


def reap(answering):
    """Also of those that were begun before this program was started again."""
    while True:
        try:
            process = os.waitpid(-1, os.WNOHANG)[0]
        except ChildProcessError:
            return
        if not process:
            return
        answering.pop(process, None)
        try:
            os.killpg(process, signal.SIGKILL)
        except OSError:
            # It has left nothing behind.
            pass


def load_sections():
    """One that is broken says so when it is asked for."""
    for name in sorted(os.listdir(FOLDER)):
        if name.startswith('report_') and name.endswith('.py'):
            try:
                __import__(name[:-3])
            except Exception:
                sys.modules.pop(name[:-3], None)


def parts():
    """Changes when a file here is replaced, as laying does it."""
    return os.stat(FOLDER).st_mtime_ns


def start_again():
    """As what is there now. Who asks waits meanwhile, in the socket; answers under way go on, as children."""
    os.set_inheritable(LISTENER, True)
    os.execv(sys.executable, [sys.executable, '-I', '-S', '-B', os.path.abspath(__file__)])


if __name__ == '__main__':
    main()
