"""Keys of Keystone: those of its tokens, another one for each period of time, and a pair for stored credentials.

    keystone_keys.py write       writes what should be there now; at any time, and as often as one likes
    keystone_keys.py state       prints the period, and how many seconds it lasts

All controllers derive the same keys from the same secret and the time, so nothing is sent between them. The
primary key of period E is the file E; the file 0 is what the primary of E + 1 will be, so that a controller whose
clock is ahead makes tokens that the others can read already; those before E stay as long as tokens of them are
good. Reads /etc/stackseed/openstack/keystone.keys.json.

After a rotation there are two secrets: tokens are made by the first, and those of the other are read, by the files from 1 on.
When a later seed has made the other one the first, tokens of the one before are read on for as long as they may be good.
Where it comes as the first without having been known before, it was rotated twice at once, and what was before is read no more.
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
KEPT = '/var/lib/stackseed/keystone-keys.json'
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
    put_fernet(root, config, now)
    return 0


def put_fernet(root, config, now):
    """Who only reads tokens knows a key before anybody makes tokens by it, and for longer."""
    first, others = config['fernet'][0], config['fernet'][1:]
    period, before = int(now) // config['period'], config['before']
    primaries = keys(first, period, before)
    read = [key for other in others for _, key in keys(other, period, before)]
    known = [key for _, key in primaries] + read
    had = files_of(root + FERNET)
    kept = {key: until for key, until in read_kept(root).items() if until > now and key not in known}
    if primaries[0][1] in had.values():
        for at in range(period - before, period + 1):
            key = had.get(str(at))
            if key is not None and key not in known:
                kept.setdefault(key, int(now) + (before + 1) * config['period'])
    write_kept(root, kept)
    more = [(str(number), key) for number, key in enumerate(read + sorted(kept), 1)]
    put_folder(root + FERNET, more + primaries, root)


def files_of(folder):
    """{name: text} of the keys that are there."""
    found = {}
    for name in os.listdir(folder) if os.path.isdir(folder) else []:
        if name.isdigit():
            with open(os.path.join(folder, name)) as file:
                found[name] = file.read()
    return found


def read_kept(root):
    """{key: until when it may be needed}; a torn file is none."""
    try:
        with open(root + KEPT) as file:
            found = json.load(file)
        return {key: int(until) for key, until in found.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def write_kept(root, kept):
    if kept == read_kept(root):
        return
    if not os.path.isdir(os.path.dirname(root + KEPT)):
        os.makedirs(os.path.dirname(root + KEPT), 0o700)
    put(root + KEPT, json.dumps(kept, sort_keys=True), None)


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
