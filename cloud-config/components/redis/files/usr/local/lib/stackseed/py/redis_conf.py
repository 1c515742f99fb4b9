"""The configuration of Redis and Sentinel. Both write into it, so it is laid once for each template that
the seed brings, and who is master is carried over."""
import hashlib
import os
import pwd
import re

import durable

TEMPLATES = {'redis.conf': '/etc/stackseed/redis.conf', 'sentinel.conf': '/etc/stackseed/sentinel.conf'}
FOLDER = '/etc/redis/'
LAID = '/var/lib/stackseed/components/redis/laid-templates'
# What Sentinel knows itself by, and how far its elections are.
KEPT = re.compile(r'^sentinel (myid|config-epoch|leader-epoch|current-epoch) ', re.M)
MASTER = re.compile(r'^(?:replicaof|slaveof) .*\n?', re.M)


def text(path):
    """What a file says; '' where there is none."""
    try:
        with open(path, encoding='utf-8') as file:
            return file.read()
    except OSError:
        return ''


def password(root):
    return re.search(r'^requirepass (\S+)', text(root + TEMPLATES['redis.conf']), re.M).group(1)


def digest(root):
    whole = ''.join(text(root + TEMPLATES[name]) for name in sorted(TEMPLATES))
    return hashlib.sha256(whole.encode()).hexdigest()


def is_laid(root):
    ours = on_disk(root) is not None and 'masterauth' in text(root + FOLDER + 'redis.conf')
    return ours and text(root + LAID).strip() == digest(root)


def on_disk(root):
    """{'master', 'epoch'} as Sentinel wrote it down last; None before it was laid."""
    said = text(root + FOLDER + 'sentinel.conf')
    master = re.search(r'^sentinel monitor stackseed (\S+) ', said, re.M)
    epoch = re.search(r'^sentinel config-epoch stackseed (\d+)', said, re.M)
    return {'master': master.group(1), 'epoch': int(epoch.group(1)) if epoch else 0} if master else None


def lay(root, own, master):
    """Both files, from their templates. The daemons must not run."""
    old = text(root + FOLDER + 'sentinel.conf')
    kept = [line for line in old.splitlines() if KEPT.match(line)] if on_disk(root) else []
    sentinel = text(root + TEMPLATES['sentinel.conf']).replace(' MASTER ', ' %s ' % master)
    put(root, 'sentinel.conf', sentinel + ''.join(line + '\n' for line in kept))
    put(root, 'redis.conf', with_master(root, text(root + TEMPLATES['redis.conf']), own, master))
    os.makedirs(os.path.dirname(root + LAID), exist_ok=True)
    durable.write(root + LAID, digest(root) + '\n')


def follow(root, own, master):
    """Redis, which does not run, is to begin as what it should be."""
    old = text(root + FOLDER + 'redis.conf')
    new = with_master(root, old, own, master)
    if new != old:
        put(root, 'redis.conf', new)


def with_master(root, said, own, master):
    said = MASTER.sub('', said)
    if own == master:
        return said
    word = 'slaveof' if 'min-slaves-to-write' in text(root + TEMPLATES['redis.conf']) else 'replicaof'
    return '%s%s %s 6379\n' % (said if said.endswith('\n') else said + '\n', word, master)


def put(root, name, said):
    path = root + FOLDER + name
    durable.write(path, said, 0o640)
    if not root:
        user = pwd.getpwnam('redis')
        os.chown(path, user.pw_uid, user.pw_gid)
