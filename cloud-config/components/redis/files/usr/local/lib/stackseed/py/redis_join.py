"""Runs Redis and Sentinel on this controller, below the one master that there is.

Run by converge.sh. Exit status 0: both answer, and Sentinel here names the master that the others name. 75:
not yet; the reason is the last line in the file that STACKSEED_WHY names.
"""
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import ask  # noqa: E402
import redis_conf  # noqa: E402
import redis_decide  # noqa: E402
import redis_talk  # noqa: E402

ALLOW = '/run/stackseed/allow/redis'
WAITING = '/run/stackseed/redis.since'
SERVER, SENTINEL = 'redis-server.service', 'redis-sentinel.service'
# Seconds for which the first controller is waited for on the first day, and for a daemon to answer.
PATIENCE, ANSWERS = 45.0, 15.0


class Later(Exception):
    """Not yet; the text says why."""


def main():
    root = os.environ.get('ROOT', '')
    try:
        join(root)
        return 0
    except Later as error:
        say('waiting %s' % error)
    except (redis_talk.Failed, OSError, ValueError, subprocess.SubprocessError) as error:
        say('cannot go on: %s' % error)
    return 75


def join(root):
    facts = gather(root)
    own = address_of(facts, facts['self'])
    master, why = redis_decide.choose(facts)
    if master is None:
        raise Later(why)
    if not redis_conf.is_laid(root):
        say('laying the configuration of Redis: master is %s' % name_of(facts, master))
        stop(SENTINEL)
        stop(SERVER)
        redis_conf.lay(root, own, master)
    start_server(root, own, master)
    start_sentinel(root, facts, own, master)


def gather(root):
    cluster = ask.read_cluster(root)
    controllers = [(each['name'], each['address']) for each in cluster['controllers']]
    names = [name for name, _ in controllers]
    sentinels, disks = {}, {}
    for name, address in controllers:
        try:
            sentinels[name] = redis_talk.master_of(address)
        except (redis_talk.Failed, KeyError):
            continue
    answers = ask.ask_all(root, ['redis'], names=names)
    for name in sorted(answers):
        said = answers[name]['answer'].get('redis') if isinstance(answers[name], dict) else None
        if isinstance(said, dict) and isinstance(said.get('epoch'), int):
            disks[name] = said
    own = redis_conf.on_disk(root) if redis_conf.text(root + redis_conf.LAID) else None
    if own:
        disks[cluster['self']] = own
    answering = [name for name in sorted(answers) if answers[name] is not None] + sorted(sentinels)
    return {'controllers': controllers, 'self': cluster['self'], 'sentinels': sentinels, 'disks': disks,
            'answering': answering, 'patient': waited(root) < PATIENCE}


def waited(root):
    """Seconds since this host first looked, in this boot."""
    path = root + WAITING
    now = time.monotonic()
    try:
        with open(path) as file:
            return now - float(file.read())
    except (OSError, ValueError):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'w') as file:
            file.write(str(now))
        return 0.0


def address_of(facts, wanted):
    return [address for name, address in facts['controllers'] if name == wanted][0]


def name_of(facts, wanted):
    return ([name for name, address in facts['controllers'] if address == wanted] or [wanted])[0]


def start_server(root, own, master):
    password = redis_conf.password(root)
    if not is_active(SERVER):
        redis_conf.follow(root, own, master)
        start(root, SERVER)
    elif not answers(lambda: redis_talk.replication(own, password), ANSWERS):
        say('restarting Redis, which does not answer')
        systemctl('kill', '-s', 'KILL', SERVER)
        stop(SERVER)
        start(root, SERVER)
    if not answers(lambda: redis_talk.replication(own, password), ANSWERS):
        raise Later('for Redis here, which does not answer')


def start_sentinel(root, facts, own, master):
    if is_active(SENTINEL) and not answers(lambda: redis_talk.master_of(own), ANSWERS):
        say('restarting Sentinel, which does not answer')
        systemctl('kill', '-s', 'KILL', SENTINEL)
        stop(SENTINEL)
    if not is_active(SENTINEL):
        start(root, SENTINEL)
    if not answers(lambda: redis_talk.master_of(own), ANSWERS):
        raise Later('for Sentinel here, which does not answer')
    agree(root, own)


def agree(root, own):
    """Two that began apart never hear of each other: the one that fewer name gives way."""
    facts = gather(root)
    master, _ = redis_decide.choose(facts)
    mine = redis_talk.master_of(own)['master']
    if master is None or master == mine:
        return
    if facts['sentinels'].get(facts['self'], {}).get('epoch', 0) > 0:
        raise Later('for Sentinel here to hear that %s is master' % name_of(facts, master))
    say('following %s, whom the others call master' % name_of(facts, master))
    stop(SENTINEL)
    stop(SERVER)
    redis_conf.lay(root, own, master)
    start(root, SERVER)
    start(root, SENTINEL)
    raise Later('for %s, to be followed' % name_of(facts, master))


def answers(question, seconds):
    end = time.monotonic() + seconds
    while True:
        try:
            question()
            return True
        except (redis_talk.Failed, KeyError):
            if time.monotonic() > end:
                return False
            time.sleep(0.3)


def is_active(unit):
    return subprocess.call(['systemctl', 'is-active', '--quiet', unit]) == 0


def systemctl(*words):
    subprocess.call(['systemctl'] + list(words), stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120)


def stop(unit):
    systemctl('stop', unit)


def start(root, unit):
    path = root + ALLOW
    os.makedirs(os.path.dirname(path), exist_ok=True)
    open(path, 'w').close()
    say('starting %s' % unit)
    systemctl('reset-failed', unit)
    systemctl('start', unit)


def say(why):
    sys.stderr.write(why + '\n')
    sys.stderr.flush()
    try:
        with open(os.environ.get('STACKSEED_WHY', '/dev/null'), 'w') as file:
            file.write(why + '\n')
    except OSError:
        pass


if __name__ == '__main__':
    sys.exit(main())
