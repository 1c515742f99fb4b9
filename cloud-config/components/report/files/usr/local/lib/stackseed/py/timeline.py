"""Tells how this host came up since it was switched on: when each component began, when it was healthy for the first
time, and what it did or waited for in between. Reads the journal of this boot; changes nothing.

    timeline.py           for people, with the critical path: what would have to be faster for the host to be ready earlier
    timeline.py --json    see report()
"""
import json
import os
import subprocess
import sys
import time

HEALTHY, READY = 'is healthy', 'all components are healthy: this host is ready'
# Lines that say what was done, or by another program, not what is being done: the step goes on as it is called.
DONE = ('laid ', '| ')
UNIT, IDENTIFIER = 'stackseed@', 'stackseed-'
# Steps that are told of each component, the longest ones; none that is shorter than this many seconds.
STEPS, SHORTEST = 8, 0.5
# Characters of what a step is called.
WORDS = 160


def report(root):
    """{"boot", "ready", "components": [{"name", "after", "began", "healthy", "steps": [[from, to, words]]}]}

    boot is in seconds since 1970, all others in seconds since then; ready and healthy are null while that has not
    been. A step is what the component logged, until it logged something else. OSError without a journal.
    """
    switched_on = uptime_of_init(root)
    names = names_of(root)
    lines = {}
    ready = None
    for at, name, words in journal(switched_on):
        if words == READY:
            ready = ready or at
        elif name in names and not words.startswith(DONE):
            lines.setdefault(name, []).append((at, words))
    return {'boot': round(time.time() - uptime(root) + switched_on, 1), 'ready': ready,
            'components': [component(root, name, lines[name]) for name in names if name in lines]}


def uptime(root):
    with open(root + '/proc/uptime') as file:
        return float(file.read().split()[0])


def uptime_of_init(root):
    """When the first process of this host was started, in seconds since the machine was: in a container they differ."""
    with open(root + '/proc/1/stat') as file:
        # Its name, in parentheses, may have spaces; what follows is the third field.
        return int(file.read().rsplit(')', 1)[1].split()[19]) / os.sysconf('SC_CLK_TCK')


def names_of(root):
    with open(root + '/var/lib/stackseed/seed/components.list') as file:
        return file.read().split()


def journal(switched_on):
    """(seconds since then, component, message) until the host was ready."""
    command = ['journalctl', '-b', '-q', '--no-pager', '-o', 'json', '-u', UNIT + '*']
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        for line in child.stdout:
            entry = entry_of(line)
            if entry is None or entry[0] < switched_on:
                continue
            yield (round(entry[0] - switched_on, 2),) + entry[1:]
            if entry[2] == READY:
                return
    finally:
        child.kill()
        child.wait()


def entry_of(line):
    """(seconds since the machine was started, component, message) of a line of the journal; None for all others."""
    try:
        entry = json.loads(line.decode('utf-8', 'replace'))
        message, name = entry['MESSAGE'], entry['SYSLOG_IDENTIFIER']
        at = int(entry['__MONOTONIC_TIMESTAMP']) / 1e6
    except (ValueError, KeyError, TypeError):
        return None
    if not isinstance(message, str) or not isinstance(name, str) or not name.startswith(IDENTIFIER):
        return None
    return at, name[len(IDENTIFIER):], message


def component(root, name, lines):
    healthy = next((at for at, words in lines if words.startswith('%s %s' % (name, HEALTHY))), None)
    began = lines[0][0]
    return {'name': name, 'after': after(root, name), 'began': began, 'healthy': healthy,
            'steps': steps(name, lines, healthy)}


def after(root, name):
    """Components that had to be healthy before this one began."""
    try:
        with open('%s/etc/systemd/system/%s%s.service.d/order.conf' % (root, UNIT, name)) as file:
            words = file.read().replace('After=', ' ').split()
    except OSError:
        return []
    return [word[len(UNIT):-len('.service')] for word in words if word.startswith(UNIT)]


def steps(name, lines, healthy):
    """[[from, to, words]] of the longest steps, in the order of time."""
    end = lines[-1][0] if healthy is None else healthy
    found = []
    for index, (at, words) in enumerate(lines):
        until = lines[index + 1][0] if index + 1 < len(lines) else end
        if at < end:
            add(found, at, min(until, end), called(name, words))
    longest = sorted(found, key=lambda step: step[0] - step[1])[:STEPS]
    return sorted(step for step in longest if step[1] - step[0] >= SHORTEST)


def add(found, at, until, words):
    if found and found[-1][2] == words:
        found[-1][1] = until
    else:
        found.append([at, until, words])


def called(name, words):
    """A line of the journal as the name of a step: "galera is waiting: for cnt2" without the component."""
    text = words[len(name) + len(' is '):] if words.startswith(name + ' is ') else words
    return ''.join(letter if ' ' <= letter <= '~' else ' ' for letter in text[:WORDS]).strip() or 'working'


def critical_path(components):
    """The component that was healthy last, before it the one that it waited for longest, and so on; in order of time."""
    by_name = {one['name']: one for one in components if one['healthy'] is not None}
    path = []
    last = max(by_name.values(), key=lambda one: one['healthy'], default=None)
    while last is not None and last not in path:
        path.insert(0, last)
        before = [by_name[name] for name in last['after'] if name in by_name]
        last = max(before, key=lambda one: one['healthy'], default=None)
    return path


def words(told):
    components, ready = told['components'], told['ready']
    if not components:
        return ['no component has begun since this host was switched on']
    first = min(one['began'] for one in components)
    lines = ['ready %.1f s after it was switched on' % ready if ready is not None else 'not ready yet',
             'the first component began after %.1f s' % first, '']
    lines += table([('COMPONENT', 'BEGAN', 'HEALTHY', 'TOOK', 'LONGEST STEP')] + [cells(one) for one in components])
    path = critical_path(components)
    lines += ['', 'critical path:'] + table([path_cells(one, before) for one, before in zip(path, [None] + path)])
    return lines


def cells(one):
    healthy = one['healthy']
    return (one['name'], '%.1f' % one['began'], '-' if healthy is None else '%.1f' % healthy,
            '-' if healthy is None else '%.1f' % (healthy - one['began']), longest(one))


def longest(one):
    step = max(one['steps'], key=lambda each: each[1] - each[0], default=None)
    return '%.1f s %s' % (step[1] - step[0], step[2]) if step else ''


def path_cells(one, before):
    start = one['began'] if before is None else max(one['began'], before['healthy'])
    return ('  ' + one['name'], '%.1f s' % (one['healthy'] - start), longest(one))


def table(rows):
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]) - 1)] if rows else []
    return ['  '.join([row[0].ljust(widths[0])] + [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])] +
                      [row[-1]]).rstrip() for row in rows]


def main(arguments):
    if arguments not in ([], ['--json']):
        sys.stderr.write(__doc__)
        return 2
    try:
        told = report(os.environ.get('ROOT', ''))
    except (OSError, ValueError, IndexError) as error:
        sys.stderr.write('timeline: %s\n' % error)
        return 1
    print(json.dumps(told) if arguments else '\n'.join(words(told)))
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
