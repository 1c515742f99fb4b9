"""Carries out what galera_decide.py said: first the record, on disk, then the daemon; all under the lock,
and only while everything is still as it was when that was decided."""
import os

import galera_daemon
import galera_data
import galera_decide
import galera_live
import galera_state

# Words that touch the daemon or the data count only for a daemon that still does what the facts say.
TOUCHING = ('join', 'genesis', 'recover', 'stop', 'wipe', 'restore', 'synced')


def act(root, word, argument, facts):
    """Whether it was done. False: things have changed meanwhile, so the word is worth nothing."""
    with galera_state.locked(root):
        record = galera_state.read(root)
        if not as_it_was(root, record, word, facts):
            return False
        cluster = galera_state.read_cluster(root)
        nonce = os.urandom(16).hex()
        fresh = {'nonce': nonce, 'history': galera_state.new_history(cluster['id'], nonce)}
        after = galera_decide.apply_word(record, word, argument, facts, fresh)
        DO.get(word, write)(root, record, after, argument, facts)
        return True


def as_it_was(root, record, word, facts):
    own, cluster = facts['self'], galera_state.read_cluster(root)
    if any(record[key] != own[key] for key in galera_decide.RECORD):
        return False
    names = [[each['name'] for each in cluster[key]] for key in ('controllers', 'ever')]
    if [cluster['list']] + names != [facts['list'], facts['controllers'], facts['ever']]:
        return False
    if word not in TOUCHING:
        return True
    return galera_live.look(root, record['history'])['running'] == own['running']


def write(root, record, after, _argument, _facts):
    if after != record:
        galera_state.write(root, after)


def genesis(root, _record, after, _argument, _facts):
    galera_data.make(root, after['history'])
    galera_state.write(root, after)
    galera_daemon.start(root, after['history'], 0, [], False)


def recover(root, _record, after, _argument, facts):
    position = facts['self']['position']
    galera_state.write(root, after)
    galera_data.write_grastate(root, after['history'], position)
    galera_daemon.start(root, after['history'], position, [], False)


def join(root, record, after, peer, facts):
    if after == record:
        galera_daemon.start(root, after['history'], facts['self']['position'], addresses(root, peer, facts), False)
        return
    galera_data.remove(root, galera_state.KEPT)
    galera_state.write(root, after)
    if after['before']:
        galera_data.keep(root)
    else:
        galera_data.empty(root)
    galera_daemon.start(root, after['history'], None, addresses(root, peer, facts), True)


def synced(root, record, after, argument, facts):
    write(root, record, after, argument, facts)
    galera_data.remove(root, galera_state.KEPT)


def addresses(root, peer, facts):
    """Of the peer, then of all others in its component."""
    history = facts['reports'][peer]['history']
    cluster = galera_state.read_cluster(root)
    known = {each['name']: each['address'] for each in cluster['controllers']}
    others = [name for name in facts['controllers'] if isinstance(facts['reports'].get(name), dict)
              and facts['reports'][name]['running'] == 'primary' and facts['reports'][name]['history'] == history]
    return [known[name] for name in [peer] + [name for name in others if name != peer]]


def stop(root, _record, _after, _argument, _facts):
    galera_daemon.stop(root)


def wipe(root, _record, after, _argument, facts):
    if facts['self']['running'] != 'no':
        galera_daemon.kill(root)
    galera_data.empty(root)
    galera_state.write(root, after)


def restore(root, _record, after, _argument, facts):
    if facts['self']['running'] != 'no':
        galera_daemon.kill(root)
    galera_data.restore(root)
    galera_state.write(root, after)


DO = {'genesis': genesis, 'recover': recover, 'join': join, 'stop': stop, 'wipe': wipe,
      'restore': restore, 'synced': synced}


def tidy(root):
    """Removes a kept copy that counts no more: the power went before that was done."""
    with galera_state.locked(root):
        if galera_state.read(root)['before'] is None and os.path.isdir(root + galera_state.KEPT):
            galera_data.remove(root, galera_state.KEPT)


def read_position(root):
    """Has wsrep-recover read the position of data at rest, for this boot. Galera_data.Broken when not."""
    import json
    with galera_state.locked(root):
        record = galera_state.read(root)
        if record['state'] != 'MEMBER' or galera_live.look(root, record['history'])['running'] != 'no':
            return
        galera_daemon.prepare(root)
        found = galera_data.read_position(root, record)
        galera_daemon.put(root + galera_state.RUN + '/position.json', json.dumps(found))


def kill_stuck(root, facts):
    """Ends a mariadbd that will not come up any more, as found by the loop."""
    with galera_state.locked(root):
        record = galera_state.read(root)
        if as_it_was(root, record, 'stop', facts):
            galera_daemon.kill(root)
