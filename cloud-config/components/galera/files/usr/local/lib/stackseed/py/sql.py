"""A client of the MariaDB on this host, by its socket and without a password: the server knows root by
the socket's peer. Every wait has an end, so that a server that hangs hangs nobody else.

The protocol is that of https://mariadb.com/kb/en/clientserver-protocol/ (version 10, MariaDB and MySQL).
"""
import socket
import struct

SOCKET = '/run/mysqld/mysqld.sock'

# LONG_PASSWORD, PROTOCOL_41, TRANSACTIONS, SECURE_CONNECTION, PLUGIN_AUTH.
CAPABILITIES = 0x1 | 0x200 | 0x2000 | 0x8000 | 0x80000
UTF8 = 33

# What servers say of a key that exists, and of a table or schema that does not.
DUPLICATE = 1062
NO_SUCH = (1049, 1146)


class Failed(Exception):
    """The server said no; `code` is its number for that."""

    def __init__(self, code, message):
        Exception.__init__(self, '%s (%d)' % (message, code))
        self.code = code


class Connection:
    """An open connection; OSError when it breaks or a wait is over, after which it is of no use."""

    def __init__(self, root='', user='root', timeout=3.0):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self.socket.settimeout(timeout)
            self.socket.connect(root + SOCKET)
            self.buffer = b''
            self.greet(user)
        except BaseException:
            self.socket.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        try:
            # Else the server takes it for a client that was lost, and logs it.
            self.sequence = -1
            self.send(b'\x01')
        except OSError:
            pass
        self.socket.close()

    def greet(self, user):
        check(self.packet())
        hello = struct.pack('<IIB23x', CAPABILITIES, 1 << 24, UTF8)
        self.send(hello + user.encode() + b'\0\0mysql_native_password\0')
        while True:
            answer = check(self.packet())
            if answer[:1] != b'\xfe':
                return
            # Another way to say who we are: the server looks at the socket itself.
            self.send(b'')

    def query(self, text):
        """The rows of an answer, each a list of texts and None; [] where a statement has none."""
        self.sequence = -1
        self.send(b'\x03' + text.encode())
        first = check(self.packet())
        if first[:1] == b'\x00':
            self.changed = number(first, 1)[0]
            return []
        while not ends(self.packet()):
            pass
        rows = []
        while True:
            packet = check(self.packet())
            if ends(packet):
                return rows
            rows.append(fields(packet))

    def run(self, text):
        """How many rows a statement changed."""
        self.query(text)
        return self.changed

    def packet(self):
        head = self.take(4)
        self.sequence = head[3]
        return self.take(head[0] | head[1] << 8 | head[2] << 16)

    def take(self, size):
        while len(self.buffer) < size:
            more = self.socket.recv(65536)
            if not more:
                raise OSError('MariaDB closed the connection')
            self.buffer += more
        taken, self.buffer = self.buffer[:size], self.buffer[size:]
        return taken

    def send(self, payload):
        self.sequence = (self.sequence + 1) % 256
        self.socket.sendall(struct.pack('<I', len(payload))[:3] + bytes([self.sequence]) + payload)


def check(packet):
    """The packet; Failed when it is the server's error."""
    if packet[:1] != b'\xff':
        return packet
    message = packet[3:]
    if message[:1] == b'#':
        message = message[6:]
    raise Failed(struct.unpack('<H', packet[1:3])[0], message.decode('utf-8', 'replace'))


def ends(packet):
    return packet[:1] == b'\xfe' and len(packet) < 9


def number(packet, at):
    """A length as the protocol packs it, and where it ends; None for NULL."""
    first = packet[at]
    if first < 0xfb:
        return first, at + 1
    if first == 0xfb:
        return None, at + 1
    size = {0xfc: 2, 0xfd: 3, 0xfe: 8}[first]
    return int.from_bytes(packet[at + 1:at + 1 + size], 'little'), at + 1 + size


def fields(packet):
    row, at = [], 0
    while at < len(packet):
        size, at = number(packet, at)
        if size is None:
            row.append(None)
        else:
            row.append(packet[at:at + size].decode('utf-8', 'replace'))
            at += size
    return row


def quote(text):
    """A text as a literal. Only what needs no escape is taken, so that nothing depends on the mode."""
    if not all(' ' <= letter <= '~' and letter not in '\'"\\' for letter in text):
        raise ValueError('not a plain text: %r' % text)
    return "'%s'" % text
