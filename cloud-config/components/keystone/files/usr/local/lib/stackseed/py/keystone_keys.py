"""Keys of Keystone: those of its tokens, another one for each period of time, and a pair for stored credentials.

    keystone_keys.py write       writes what should be there now; at any time, and as often as one likes
    keystone_keys.py state       prints the period, and how many seconds it lasts

All controllers derive the same keys from the same secret and the time, so nothing is sent between them. The
primary key of period E is the file E; the file 0 is what the primary of E + 1 will be, so that a controller whose
clock is ahead makes tokens that the others can read already; those before E stay as long as tokens of them are
good. Reads /etc/stackseed/openstack/keystone.keys.json.
"""
import base64
import hashlib
import hmac
import json
import os
import pwd
import sys
import time

CONFIG = '/etc/stackseed/openstack/keystone.keys.json'
FERNET, CREDENTIAL = '/etc/keystone/fernet-keys', '/etc/keystone/credential-keys'
# No clock that shows less is right.
EARLIEST = 1700000000


def main(arguments):
    if arguments not in (['write'], ['state']):
        sys.stderr.write(__doc__)
        return 2
    root = os.environ.get('ROOT', '')
    with open(root + CONFIG) as file:
        config = json.load(file)
    now = time.time()
    if now < EARLIEST:
        sys.stderr.write('for the clock, which shows %s\n' % time.strftime('%Y-%m-%d', time.gmtime(now)))
        return 75
    period = int(now) // config['period']
    if arguments == ['state']:
        print('%d %d' % (period, (period + 1) * config['period'] - int(now)))
        return 0
    put_folder(root + CREDENTIAL, pair(config['credential']), root)
    put_folder(root + FERNET, keys(config['fernet'], period, config['before']), root)
    return 0


def keys(secret, period, before):
    """{name of the file: key} in the order in which they are written: the new primary first, then what will follow."""
    wanted = [(str(at), derive(secret, 'token', at)) for at in range(period, period - before - 1, -1)]
    return wanted + [('0', derive(secret, 'token', period + 1))]


def pair(secret):
    """The higher one is in use; a second one has to be there."""
    return [('1', derive(secret, 'credential', 1)), ('0', derive(secret, 'credential', 0))]


def derive(secret, use, number):
    """A Fernet key: 32 bytes in base64. HKDF (RFC 5869) with SHA-256 and no salt."""
    info = ('stackseed/keystone/%s/%d' % (use, number)).encode()
    extracted = hmac.new(bytes(32), bytes.fromhex(secret), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(hmac.new(extracted, info + b'\x01', hashlib.sha256).digest()).decode()


def put_folder(folder, wanted, root):
    """Keystone reads the folder whenever it needs a key: each file is replaced at once, and what is too old goes
    last. What is not the name of a number it does not look at."""
    owner = owner_of(root)
    if not os.path.isdir(folder):
        os.makedirs(folder, 0o700)
    os.chmod(folder, 0o700)
    chown(folder, owner)
    for name, key in wanted:
        put(os.path.join(folder, name), key, owner)
    for name in os.listdir(folder):
        if name not in dict(wanted):
            os.unlink(os.path.join(folder, name))
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def put(path, text, owner):
    try:
        with open(path) as file:
            if file.read() == text:
                return
    except OSError:
        pass
    beside = os.path.join(os.path.dirname(path), '.new')
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, 'w') as file:
        os.fchmod(descriptor, 0o600)
        chown(descriptor, owner)
        file.write(text)
        file.flush()
        os.fsync(descriptor)
    os.rename(beside, path)


def owner_of(root):
    """Of the files; nobody's in a test."""
    if root:
        return None
    user = pwd.getpwnam('keystone')
    return user.pw_uid, user.pw_gid


def chown(what, owner):
    if owner is not None:
        os.chown(what, *owner)


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
