"""What this controller does next about Galera: facts in, one word out. No clock, no I/O, no chance.

The loop on the node is: poll all -> decide(facts) -> lock -> look at the record, cluster.json and mariadbd
again, and drop the word if one of them is not what the facts said -> apply_word() -> durable write -> act
on the daemon -> unlock. Every round polls anew: a report counts in its own round and never later.

facts
    {"self": SECTION + {"name": NAME}, "list": digest, "controllers": [NAME...], "ever": [NAME...],
     "reports": {NAME: SECTION | "unreadable" | null}}
    controllers and ever in inventory order, from this host's own cluster.json; reports hold every name of
    either but our own. null: silent. "unreadable": the port is open, what came is no good answer.
SECTION: the durable record, and what is true at this moment
    record   incarnation, state, history, line, promise, attempt, waivers (below)
    boot     boot id of the host (of the answer's envelope; the caller copies it in)
    running  "no" | "starting" | "nonprimary" | "primary" | "foreign". "primary" only if the daemon's
             wsrep_cluster_state_uuid is the record's history; Primary with anything else is "foreign"
    synced   true: wsrep says Synced (a donor that stays open to clients counts as well)
    position integer | null: of a running daemon wsrep_last_committed, of a stopped MEMBER by wsrep-recover,
             0 for BLANK; null is "not known". A recovery that made a child history may have left the data
             under the parent's uuid at the fork: that is the position too, and no taint
    tainted  optional, true: the data of this stopped MEMBER are not of the recorded history (or its line)
    cached_from  integer | null: oldest position that a running Primary can still send without a full SST
    loop     optional, false: the join loop is not at work on this host (stopped by its operator)
    list, controllers, ever   as that host's own cluster.json has them
record
    {"incarnation": hex, "state": "BLANK"|"PROMISED"|"JOINING"|"MEMBER", "history": uuid|null,
     "line": [[ancestor uuid, position of the fork]...],   nearest ancestor first
     "before": null | {"history", "line"},   of JOINING: the whole copy that is kept aside until Synced
     "promise": null | {"kind", "to", "incarnation", "nonce", "list", "history": that it will lead to,
                        "state", "held": our history or null, "position"},
     "attempt": null | {"kind": "genesis"|"recovery", "nonce", "boot", "list", "history": it leads to,
                        "position": int, "waived": [NAME...], "done": bool},
     "waivers": [NAME...]}
    A new record is blank_record(incarnation). An attempt lives while its boot and list are those of its
    host; done: it was carried out. PROMISED is BLANK with a genesis promise.

word, argument      written first, durably (apply_word)            then, under the same lock
member, ''          nothing                                         nothing: all is well here
synced, ''          MEMBER; promise, waivers and "before" end       remove DATADIR.before; may write its row
                                                                    in stackseed.member
join, PEER          JOINING(history of PEER) where a full SST is    start mariadbd towards PEER. Where JOINING
                    needed, else nothing (IST keeps the data)       was written, with an empty datadir: what a
                                                                    MEMBER had is renamed to DATADIR.before
ask, KIND           attempt (fresh: nonce, history)                 nothing: the others read it in our report
promise, HOST       promise to HOST's attempt as its report has     nothing
                    it; an attempt of our own ends
release, HOST       promise ends                                    nothing
unwaive, HOST       waiver ends                                     nothing
give-up, WHY        attempt ends                                    nothing
genesis, ''         MEMBER(attempt's history), attempt done: only   start with --wsrep-new-cluster
                    after datadir was made anew, grastate.dat
                    {history, 0} in it, all of it fsync'd
recover, ''         MEMBER(attempt's history), attempt done; a      grastate.dat {history, position, safe 1},
                    child history gets the fork in its line         start with --wsrep-new-cluster
stop, WHY           nothing                                         stop mariadbd, if it is still what the
                                                                    facts said (non-Primary, say)
wipe, WHY           BLANK, after mariadbd was stopped and the       nothing
                    datadir emptied and fsync'd
restore, WHY        MEMBER(before), after mariadbd was stopped,     nothing
                    and, if there is a DATADIR.before, datadir
                    was removed and that renamed back, fsync'd
wait, WHY           nothing                                         nothing; show WHY
halt, WHY           nothing                                         nothing, a running daemon is left alone;
                                                                    show WHY: only the operator can go on

The caller must also see to this: DATADIR.before counts only while the record has "before": else it is a
leftover, and removed before a join is recorded. The SST script refuses to receive while the record is not
JOINING: IST may turn into SST after the decision. wsrep_cluster_name carries the record's history.
pc.recovery=false. serves() gates clients and steps all the time.

`galera_decide.py --lines` reads one JSON object a line and answers each with a line: facts -> [word,
argument]; {"record", "word", "argument", "facts", "fresh"} -> record; {"serves": SECTION, "rows": [NAME...]}
-> true or false. `--without CLAUSE` (again and again) switches a clause off there, for the model checker
that shows what each clause is for; nothing on a node can.
"""
import json
import sys

RECORD = ('incarnation', 'state', 'history', 'line', 'before', 'promise', 'attempt', 'waivers')

_off = frozenset()


def on(clause):
    """Whether a clause holds: always, but for the model checker's mutants."""
    return clause not in _off


def blank_record(incarnation):
    """The record of a disk that has nothing yet; incarnation: random hex, made once."""
    return {'incarnation': incarnation, 'state': 'BLANK', 'history': None, 'line': [], 'before': None,
            'promise': None, 'attempt': None, 'waivers': []}


# Reading the facts.

def answers(facts):
    """Reports that are real answers, by name, inventory order."""
    return [(name, facts['reports'][name]) for name in others(facts)
            if isinstance(facts['reports'].get(name), dict)]


def others(facts):
    """Every host that is or was a controller, but this one: controllers first."""
    names = facts['controllers'] + [name for name in facts['ever'] if name not in facts['controllers']]
    return [name for name in names if name != facts['self']['name']]


def peers(facts):
    """Answers of the present controllers."""
    return [(name, report) for name, report in answers(facts) if name in facts['controllers']]


def silent(facts, name):
    return name != facts['self']['name'] and facts['reports'].get(name) is None


def live(section):
    """The attempt that this host is at, or None: it dies with its boot and with a new controller list."""
    attempt = section['attempt']
    if attempt and attempt['boot'] == section['boot'] and attempt['list'] == section['list']:
        return attempt
    return None


def majority(count):
    return count // 2 + 1


def fork_of(section, history):
    """Where the line of this host left an ancestor history, or None if that is no ancestor of it."""
    for ancestor, position in section['line']:
        if ancestor == history:
            return position
    return None


def relation(mine, theirs):
    """How their history stands to mine: 'same', 'child' (of mine), 'parent', 'sibling' or 'unrelated'."""
    if mine['history'] == theirs['history']:
        return 'same'
    if fork_of(theirs, mine['history']) is not None:
        return 'child'
    if fork_of(mine, theirs['history']) is not None:
        return 'parent'
    if {ancestor for ancestor, _ in mine['line']} & {ancestor for ancestor, _ in theirs['line']}:
        return 'sibling'
    return 'unrelated'


def listing(names):
    return ', '.join(names)


def both(facts, name, theirs, how):
    """The halt that names two histories."""
    return ('halt', '%s holds history %s and %s holds %s, which is %s: only an operator can say which one '
            'counts' % (facts['self']['name'], facts['self']['history'], name, theirs['history'], how))


def why_missing(facts, missing, need):
    """The wait for hosts that do not answer; an open port that cannot be read may be a living host."""
    quiet = [name for name in missing if silent(facts, name)]
    garbled = [name for name in missing if not silent(facts, name)]
    parts = []
    if quiet:
        parts.append('for %s to answer' % listing(quiet))
    if garbled:
        parts.append('for a readable answer of %s (its port is open)' % listing(garbled))
    return ('wait', '%s: %s' % (' and '.join(parts), need))


# Rule 5 and this host's own daemon.

def misplaced(facts):
    """A host that its own list does not name must not touch the cluster."""
    if facts['self']['name'] not in facts['controllers']:
        return ('halt', '%s is not among the controllers of its own seed' % facts['self']['name'])
    if facts['self']['running'] == 'foreign':
        return ('halt', 'mariadbd on %s runs another history than %s, which its record names'
                % (facts['self']['name'], facts['self']['history']))
    return None


def joining(facts):
    """5: a join that broke off leaves half a copy: never start from it, never let it count. What a MEMBER had
    before is whole, and is put back: else one power cut and one lost disk, both during joins, lose it all."""
    own = facts['self']
    if own['state'] != 'JOINING':
        return None
    if own['running'] == 'starting':
        return ('wait', 'for mariadbd here to receive a full copy')
    if own['running'] == 'primary':
        return ('synced', '') if own['synced'] else ('wait', 'for mariadbd here to be Synced')
    if not on('wipe-broken-join'):
        return ('wait', 'for the join here to go on')
    why = 'the join broke off before mariadbd was Synced'
    return ('restore', why) if own['before'] else ('wipe', why)


def daemon(facts):
    """What a daemon of ours that runs already makes of the round."""
    own = facts['self']
    if own['running'] == 'no':
        return None
    if own['state'] != 'MEMBER':
        return ('stop', 'mariadbd runs on %s though it has no copy of the database' % own['name'])
    if own['running'] == 'starting':
        return ('wait', 'for mariadbd here to start')
    if own['running'] == 'nonprimary':
        return nonprimary(facts)
    return overtaken(facts) or primary(facts)


def primary(facts):
    own = facts['self']
    if not own['synced']:
        return ('wait', 'for mariadbd here to be Synced')
    if own['promise'] or own['waivers']:
        return ('synced', '')
    return ('member', '')


def overtaken(facts):
    """4: running while somebody is Primary with another history."""
    own = facts['self']
    for name, report in answers(facts):
        if report['running'] != 'primary':
            continue
        how = relation(own, report)
        if how == 'child':
            if own['position'] is not None and own['position'] <= fork_of(report, own['history']):
                return ('stop', 'to follow %s into history %s' % (name, report['history']))
            return beyond(facts, name, report)
        if how in ('sibling', 'unrelated'):
            return both(facts, name, report, how)
    return None


def nonprimary(facts):
    """6: non-Primary keeps polling; when all have answered and none is Primary it stops and takes part."""
    if on('identity'):
        word = overtaken(facts)
        if word:
            return word
    for name, report in answers(facts):
        if report['running'] == 'primary':
            return ('wait', 'for Galera to merge with %s, which is Primary' % name)
    word = all_answer(facts)
    if word:
        return word
    for name, report in peers(facts):
        if report['running'] == 'starting':
            return ('wait', 'for mariadbd on %s to start' % name)
    if on('nonprimary-stops'):
        return ('stop', 'mariadbd is Primary neither here nor elsewhere: all stop to find the latest data')
    return ('wait', 'for mariadbd here to be Primary')


# What this host has on record of its own attempt, promise and waivers.

def own_attempt(facts):
    """6: an attempt that cannot go on is given up in so many words, so that promises to it can end."""
    own = facts['self']
    attempt = own['attempt']
    if not on('give-up'):
        return None
    if attempt and not live(own):
        return ('give-up', 'the %s was begun before the last boot or with another list' % attempt['kind'])
    if attempt and attempt['done']:
        return ('give-up', 'the %s was carried out, and mariadbd did not stay up' % attempt['kind'])
    return None


def own_promise(facts):
    """1, 6: a promise ends when its asker says, to a later request, that the attempt is dead; or when the
    operator says that the asker is gone."""
    promise = facts['self']['promise']
    if not promise:
        return None
    asker = promise['to']
    report = facts['reports'].get(asker)
    if asker not in facts['controllers'] or (report is None and asker in waivers(facts)):
        return ('release', asker)
    if not isinstance(report, dict) or not on('dead-attempts-release'):
        return None
    attempt = live(report)
    same_disk = report['incarnation'] == promise['incarnation']
    alive = same_disk and attempt and attempt['nonce'] == promise['nonce']
    return None if alive else ('release', asker)


def own_waivers(facts):
    """7: a waiver replaces silence, never an answer, and does not outlive it."""
    for name in facts['self']['waivers']:
        if not silent(facts, name) and on('waiver-ends'):
            return ('unwaive', name)
    return None


def standing_promise(facts):
    """1, 6: while a promise stands this host starts only towards the history that it promised."""
    promise = facts['self']['promise']
    if not promise or not on('one-promise'):
        return None
    what = 'create the database' if promise['kind'] == 'genesis' else 'start the database from its data'
    if isinstance(facts['reports'].get(promise['to']), dict):
        return ('wait', 'for %s to %s, as promised to it' % (promise['to'], what))
    return why_missing(facts, [promise['to']], 'this host promised to let it %s' % what)


# Rules 2, 4, 5: a Primary component is there.

def primaries(facts):
    """Running Primary components, the furthest descendant first, then inventory order."""
    found = [(name, report) for name, report in answers(facts) if report['running'] == 'primary']
    return sorted(found, key=lambda each: -len(each[1]['line']))


def beyond(facts, name, report):
    own = facts['self']
    return ('halt', '%s holds data (position %s of history %s) beyond position %s, from which %s went on as '
            '%s: kept for an operator' % (own['name'], own['position'], own['history'],
                                      fork_of(report, own['history']), name, report['history']))


def refusal(facts, name, report):
    """Why this host may not join that Primary, as a decision; None when it may."""
    own = facts['self']
    if on('mutual-list') and (name not in facts['controllers'] or own['name'] not in report['controllers']):
        return ('wait', '%s runs the database, but its list of controllers and the one here do not name each '
                'other: bring the new seed to both' % name)
    if own['promise'] and on('promise-binds') and not leads_to(own['promise']['history'], report):
        return ('wait', 'for %s, as promised to it; %s runs history %s'
                % (own['promise']['to'], name, report['history']))
    if own['state'] != 'MEMBER' or not on('identity'):
        return None
    how = relation(own, report)
    if how == 'same':
        return None
    if how == 'child':
        if own['position'] is None:
            return ('wait', 'for the position of the data on %s to be known' % own['name'])
        if own['position'] <= fork_of(report, own['history']) or not on('fork-halts'):
            return None
        return beyond(facts, name, report)
    return both(facts, name, report, how)


def leads_to(history, report):
    """Whether this host runs that history or one that came out of it."""
    return report['history'] == history or fork_of(report, history) is not None


def rivals(found):
    """Two Primary histories that are not on one line of descent."""
    for name, report in found[1:]:
        how = relation(report, found[0][1])
        if how in ('sibling', 'unrelated'):
            return ('halt', '%s runs history %s and %s runs %s, which is %s: only an operator can say which '
                    'one counts' % (found[0][0], found[0][1]['history'], name, report['history'], how))
    return None


def primary_elsewhere(facts):
    """4: towards a Primary of the same history, or of a child that we may follow; else nothing starts."""
    found = primaries(facts)
    if not found:
        return None
    if facts['self']['state'] != 'MEMBER' and rivals(found):
        return rivals(found)
    refusals = [(each, refusal(facts, *each)) for each in found]
    open_to_us = [each for each, refused in refusals if not refused]
    if not open_to_us:
        return refusals[0][1]
    if facts['self']['attempt']:
        return ('give-up', '%s runs the database' % open_to_us[0][0])
    return turn(facts, *open_to_us[0]) or ('join', donor(open_to_us))


def donor(found):
    """Of the component, the host that can send from the furthest back, Synced ones first."""
    history = found[0][1]['history']
    best = sorted((each for each in found if each[1]['history'] == history),
                  key=lambda each: (not each[1]['synced'], each[1]['cached_from'] is None,
                                    each[1]['cached_from'] or 0))
    return best[0][0]


def turn(facts, target, report):
    """5: one joins at a time, until Synced, lower ranks first: parallel joins kill joiners."""
    if not on('serial-joins'):
        return None
    for name, other in peers(facts):
        idle = other['running'] == 'no' and other.get('loop') is False
        catching_up = other['running'] == 'primary' and not other['synced']
        if not idle and (other['state'] == 'JOINING' or other['running'] == 'starting' or catching_up):
            return ('wait', 'for %s to be Synced: one joins at a time' % name)
    for name, other in peers(facts):
        if name == facts['self']['name'] or rank(facts, name) > rank(facts, facts['self']['name']):
            continue
        stopped = other['running'] == 'no' and other.get('loop') is not False
        if stopped and not refusal(seen_from(name, other), target, report):
            return ('wait', 'for %s to join first: one joins at a time' % name)
    return None


def rank(facts, name):
    return facts['controllers'].index(name)


def seen_from(name, report):
    """The facts of another host as far as its report tells them."""
    return {'self': dict(report, name=name), 'controllers': report['controllers'], 'ever': report['ever'],
            'list': report['list'], 'reports': {}}


# Rules 6 and 7: no Primary, but there are data.

def waivers(facts):
    """Hosts that an operator waived, here or on a controller that answers."""
    found = set(facts['self']['waivers'])
    for _, report in peers(facts):
        found.update(report['waivers'])
    return found


def unheard(facts):
    """Hosts that a recovery goes on without: waived and silent; absent, unless it answers that it is blank.
    An absent one that answers is without a promise: it may be about to start the same history."""
    waived = waivers(facts)
    blank = [name for name, report in answers(facts) if report['state'] == 'BLANK' and not live(report)]
    return [name for name in others(facts) if (silent(facts, name) and name in waived)
            or (name not in facts['controllers'] and name not in blank and on('absent-forks'))]


def all_answer(facts):
    """6, 7: never by a time-out: all answer, or are waived by name, and then a majority answers."""
    heard = [name for name, _ in peers(facts)]
    count = len(facts['controllers'])
    missing = [name for name in others(facts) if name in facts['controllers'] and name not in heard]
    excused = unheard(facts) if on('waiver-silence') else waivers(facts)
    unexcused = [name for name in missing if name not in excused]
    enough = len(heard) + 1 >= majority(count)
    if unexcused and (on('recovery-unanimous') or not enough):
        return why_missing(facts, unexcused, 'starting again after an outage needs every controller, or '
                           '`stackseed-node waive` for one that is gone for good')
    if not enough and on('waiver-majority'):
        return ('wait', 'for one of %s as well: waivers replace no majority, and %d of %d must answer'
                % (listing(missing), majority(count), count))
    return None


def members(facts):
    """This host and the controllers that answer, those that hold a whole copy."""
    found = [(facts['self']['name'], facts['self'])] + peers(facts)
    return [(name, section) for name, section in found if section['state'] == 'MEMBER']


def tip(found):
    """The history that all the others' lead to: its holders; None when there are branches."""
    best = sorted(found, key=lambda each: -len(each[1]['line']))[0][1]
    if all(relation(section, best) in ('same', 'child') for _, section in found):
        return [each for each in found if each[1]['history'] == best['history']]
    return None


def branches(found):
    """The halt for histories that are not on one line of descent."""
    for name, section in found:
        for other, theirs in found:
            how = relation(section, theirs)
            if how in ('sibling', 'unrelated'):
                return ('halt', '%s holds history %s and %s holds %s, which is %s: only an operator can say '
                        'which one counts' % (name, section['history'], other, theirs['history'], how))
    return None


def same_lists(facts):
    """2: promises count only between hosts with the same list of controllers."""
    different = [name for name, report in peers(facts) if report['list'] != facts['list']]
    if not different or not on('same-list'):
        return None
    if facts['self']['attempt']:
        return ('give-up', 'the lists of controllers on %s and here differ' % listing(different))
    return ('wait', 'for the new seed on %s or here: the lists of controllers differ' % listing(different))


def all_stopped(facts):
    for name, report in peers(facts):
        if report['running'] != 'no':
            return ('wait', 'for mariadbd on %s, which is %s' % (name, report['running']))
        if report['state'] == 'JOINING':
            return ('wait', 'for %s to clear away a join that broke off' % name)
    return None


def positions_known(holders):
    """6: unknown is not small."""
    unknown = [name for name, section in holders if section['position'] is None]
    if unknown and on('unknown-position'):
        return ('wait', 'for the position of the data on %s to be known' % listing(unknown))
    return None


def winner_of(facts, holders):
    """6: the highest position that is not tainted, ties by inventory order; None when all are tainted."""
    clean = [each for each in holders if not each[1].get('tainted') or not on('tainted')]
    key = furthest if on('highest-position') else (lambda section: 0)
    best = sorted(clean, key=lambda each: (-key(each[1]), rank(facts, each[0])))
    return best[0] if best else None


def furthest(section):
    return -1 if section['position'] is None else int(section['position'])


def absent_ahead(facts, best):
    """7: the inventory may free us of a host's silence, not of its answer."""
    for name, report in answers(facts):
        if name in facts['controllers'] or report['state'] != 'MEMBER' or not on('absent-answers-count'):
            continue
        how = relation(best, report)
        if how == 'child' or (how == 'same' and (report['position'] is None
                                                 or furthest(report) > furthest(best))):
            return ('wait', 'for an operator: %s is absent in the inventory, but it answers and holds later '
                    'data than any controller: bring it back, or turn it off' % name)
    return None


def recovery(facts):
    """6: after an outage; the first of the checks that has a word decides, else winner and promisers act."""
    found = members(facts)
    if not found:
        return None
    word = all_answer(facts) or same_lists(facts)
    if word:
        return word
    holders = tip(found)
    if not holders:
        word = branches(found)
        return ('give-up', word[1]) if facts['self']['attempt'] else word
    word = all_stopped(facts) or positions_known(holders)
    if word:
        return word
    winner = winner_of(facts, holders)
    if not winner:
        return ('halt', 'the data on %s are not of the history on record: only an operator can go on'
                % listing([name for name, _ in holders]))
    return absent_ahead(facts, winner[1]) or elect(facts, winner[0])


def elect(facts, winner):
    own = facts['self']
    if winner == own['name']:
        return win(facts)
    attempt = live(facts['reports'][winner])
    if attempt and attempt['kind'] == 'recovery' and not attempt['done'] and attempt['list'] == facts['list']:
        return ('promise', winner)
    if own['attempt']:
        return ('give-up', '%s has the latest data' % winner)
    return ('wait', 'for %s, which has the latest data, to ask for promises' % winner)


def win(facts):
    """6: the winner asks first, then decides on the promises alone."""
    own = facts['self']
    attempt = own['attempt']
    if not attempt:
        return ('ask', 'recovery')
    if attempt['kind'] != 'recovery' or not set(unheard(facts)) <= set(attempt['waived']):
        return ('give-up', 'who answers is not as it was when this was begun')
    for name, report in peers(facts):
        if not promised(facts, report) and on('recovery-promises'):
            return ('wait', 'for %s to promise that it starts only from here' % name)
        if promised(facts, report) and ahead(own, report['promise']) and on('promise-repeats'):
            return ('give-up', '%s has later data' % name)
    return ('recover', '')


def promised(facts, report):
    """1, 2, 6: a promise counts for this disk, this attempt and this list alone."""
    own = facts['self']
    promise = report['promise']
    if not promise or promise['to'] != own['name'] or promise['kind'] != own['attempt']['kind']:
        return False
    if on('same-list') and not promise['list'] == report['list'] == facts['list']:
        return False
    if not on('promise-matches'):
        return True
    return promise['incarnation'] == own['incarnation'] and promise['nonce'] == own['attempt']['nonce']


def ahead(own, promise):
    held = promise['held'] == own['history'] and promise['state'] == 'MEMBER'
    if promise['position'] is None:
        return held and on('unknown-position')
    return held and int(promise['position']) > int(own['position'])


# Rule 1: nobody has data.

def genesis(facts):
    """1: only the first controller, only when every host that ever was a controller answers and is blank."""
    own = facts['self']
    first = facts['controllers'][0]
    if own['name'] != first and on('genesis-first'):
        return witness(facts, first)
    heard = [name for name, _ in answers(facts)]
    needed = others(facts) if on('genesis-ever') else [n for n in others(facts) if n in facts['controllers']]
    missing = [name for name in needed if name not in heard]
    enough = len(peers(facts)) + 1 >= majority(len(facts['controllers']))
    if missing and (on('genesis-unanimous') or not enough):
        need = 'creating the database needs every host that ever was a controller'
        return why_missing(facts, missing, need)
    looks = own['attempt'] or on('genesis-looks-first')
    word = same_lists(facts) or (all_blank(facts) if looks else None)
    if word:
        return word
    return create(facts)


def all_blank(facts):
    for name, report in answers(facts):
        used = report['state'] in ('JOINING', 'MEMBER') or report['running'] != 'no'
        if used and name not in facts['controllers']:
            return ('wait', 'for an operator: %s is absent in the inventory, but it has a copy of the '
                    'database, and no controller has: bring it back, or wipe it' % name)
        if used:
            return ('wait', 'for %s, which has a copy of a database: nothing is created beside it' % name)
        if live(report):
            return ('wait', 'for %s to give up its own attempt' % name)
    return None


def create(facts):
    own = facts['self']
    if not own['attempt']:
        return ('ask', 'genesis')
    if own['attempt']['kind'] != 'genesis':
        return ('give-up', 'there is nothing left to start from')
    waiting = [name for name, report in peers(facts) if not promised(facts, report)]
    if waiting:
        return ('wait', 'for %s to promise that it joins only what is created here' % listing(waiting))
    return ('genesis', '')


def witness(facts, first):
    """1: any other blank host promises the first controller's attempt, if it sees one, and waits."""
    report = facts['reports'].get(first)
    if not isinstance(report, dict):
        return why_missing(facts, [first], 'the first controller creates the database, or a host that has it '
                           'must be there')
    if on('same-list') and report['list'] != facts['list']:
        return ('wait', 'for the new seed on %s or here: the lists of controllers differ' % first)
    attempt = live(report)
    if attempt and attempt['kind'] == 'genesis' and not attempt['done']:
        return ('promise', first)
    return ('wait', 'for %s, the first controller, to create the database' % first)


RULES = (misplaced, joining, daemon, own_attempt, own_promise, own_waivers, primary_elsewhere,
         standing_promise, recovery, genesis)


def decide(facts):
    """(word, argument) of this round: the first rule that has one decides."""
    for rule in RULES:
        decision = rule(facts)
        if decision:
            return decision
    raise AssertionError('no rule decided')


def serves(section, rows):
    """3: whether clients and one-time steps may use the database here. rows: hosts whose row in
    stackseed.member has the gcomm uuid of a member of the present view."""
    if section['state'] != 'MEMBER' or section['running'] != 'primary' or not section['synced']:
        return False
    there = [name for name in section['controllers'] if name in rows]
    needed = majority(len(section['controllers'])) if on('serving-majority') else 1
    return len(there) >= needed


# What each word writes.

def needs_copy(facts, peer):
    """5: whether joining this peer will overwrite the data here by a full SST. In doubt, yes."""
    own = facts['self']
    report = facts['reports'][peer]
    if own['state'] != 'MEMBER' or own['history'] != report['history'] or own.get('tainted'):
        return True
    known = own['position'] is not None and report['cached_from'] is not None
    return not known or own['position'] + 1 < report['cached_from']


def apply_word(record, word, argument, facts, fresh):
    """The record after this word, a new dict; fresh: {"nonce", "history"} for ask, made by the caller."""
    change = WRITES.get(word)
    return dict(record, **change(record, argument, facts, fresh)) if change else dict(record)


def write_join(_record, peer, facts, _fresh):
    own = facts['self']
    report = facts['reports'][peer]
    if not needs_copy(facts, peer) or not on('joining-first'):
        return {}
    whole = own['state'] == 'MEMBER' and not own.get('tainted') and on('keep-before')
    before = {'history': own['history'], 'line': own['line']} if whole else None
    return {'state': 'JOINING', 'history': report['history'], 'line': report['line'], 'before': before,
            'attempt': None}


def write_ask(record, kind, facts, fresh):
    waived = unheard(facts) if kind == 'recovery' else []
    same = kind == 'recovery' and not (waived and on('fork'))
    return {'attempt': {
        'kind': kind, 'nonce': fresh['nonce'], 'boot': facts['self']['boot'], 'list': facts['list'],
        'history': record['history'] if same else fresh['history'], 'position': facts['self']['position'],
        'waived': waived, 'done': False}}


def write_promise(record, host, facts, _fresh):
    report = facts['reports'][host]
    attempt = report['attempt']
    held = record['state'] if record['state'] == 'MEMBER' else 'BLANK'
    change = {'promise': {
        'kind': attempt['kind'], 'to': host, 'incarnation': report['incarnation'], 'nonce': attempt['nonce'],
        'list': facts['list'], 'history': attempt['history'], 'state': held, 'held': record['history'],
        'position': facts['self']['position']}}
    if attempt['kind'] == 'genesis':
        change['state'] = 'PROMISED'
    if on('promise-cancels'):
        change['attempt'] = None
    return change


def write_release(record, _host, _facts, _fresh):
    return {'promise': None, 'state': 'BLANK' if record['state'] == 'PROMISED' else record['state']}


def write_begin(record, _argument, _facts, _fresh):
    """genesis and recover: the attempt's history is ours now, with the fork in its line if it is a child."""
    attempt = record['attempt']
    line = record['line']
    if record['history'] not in (None, attempt['history']):
        line = [[record['history'], attempt['position']]] + line
    return {'state': 'MEMBER', 'history': attempt['history'], 'line': line, 'promise': None, 'waivers': [],
            'attempt': dict(attempt, done=True)}


WRITES = {
    'join': write_join,
    'ask': write_ask,
    'promise': write_promise,
    'release': write_release,
    'genesis': write_begin,
    'recover': write_begin,
    'synced': lambda *_: {'state': 'MEMBER', 'before': None, 'promise': None, 'waivers': []},
    'unwaive': lambda record, host, *_: {'waivers': [name for name in record['waivers'] if name != host]},
    'give-up': lambda *_: {'attempt': None},
    'wipe': lambda *_: {'state': 'BLANK', 'history': None, 'line': [], 'promise': None, 'attempt': None},
    'restore': lambda record, *_: dict(record['before'], state='MEMBER', before=None, attempt=None),
}


def answer_line(asked):
    if 'word' in asked:
        return apply_word(asked['record'], asked['word'], asked['argument'], asked['facts'], asked['fresh'])
    if 'serves' in asked:
        return serves(asked['serves'], asked['rows'])
    return decide(asked)


def main(arguments):
    """The model checker's way in; a node imports decide(), apply_word() and serves()."""
    global _off
    if arguments[:1] != ['--lines']:
        sys.stderr.write('usage: galera_decide.py --lines [--without CLAUSE]...\n')
        return 2
    _off = frozenset(arguments[at + 1] for at, word in enumerate(arguments[:-1]) if word == '--without')
    for line in sys.stdin:
        sys.stdout.write(json.dumps(answer_line(json.loads(line)), sort_keys=True) + '\n')
        sys.stdout.flush()
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
