"""Section `pacemaker` of this host's report: majority, DC, who holds the virtual addresses.

Reads what Pacemaker runs with, this host's addresses and /etc/stackseed/virtual-addresses. Changes nothing.

    report_pacemaker.py words    a line for people; exit 0 when this host's part is in service, else 1
"""
import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

FOLDER = os.path.dirname(os.path.abspath(__file__))
if FOLDER not in sys.path:
    sys.path.insert(0, FOLDER)

import cib  # noqa: E402

# Seconds for each program that is asked; the report has three in all.
ANSWER_TIME = 1.2


def report(root):
    """{"quorate", "dc", "generation", "online": [names], "vips": {address: held here}, "haproxy": running here}.

    dc is null while there is none, generation while Pacemaker does not answer.
    """
    told = {'quorate': False, 'dc': None, 'generation': None, 'online': [], 'vips': held(root),
            'haproxy': ask(['systemctl', 'is-active', 'haproxy.service']) is not None}
    said = ask(['cibadmin', '--query', '--local'])
    if said is None:
        return told
    try:
        running = ElementTree.fromstring(said)
    except ElementTree.ParseError:
        return told
    generation, quorate, dc = cib.facts(running)
    online = sorted(state.get('uname') for state in running.iterfind('status/node_state')
                    if state.get('crmd') not in (None, 'offline', '0') and state.get('uname'))
    # Who was DC last stays written there until there is another one.
    told.update(quorate=quorate, generation=generation, online=online, dc=dc if dc in online else None)
    return told


def ask(command):
    """What the program prints; None when it fails or takes too long."""
    try:
        said = subprocess.check_output(command, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
                                       timeout=ANSWER_TIME)
    except (OSError, subprocess.SubprocessError):
        return None
    return said.decode('utf-8', 'replace')


def held(root):
    """{address: whether an interface of this host has it}, of the fleet's virtual addresses."""
    try:
        with open(root + '/etc/stackseed/virtual-addresses') as file:
            addresses = file.read().split()
    except OSError:
        return {}
    # 2: manage    inet 192.168.1.50/24 brd 192.168.1.255 scope global secondary manage
    lines = [line.split() for line in (ask(['ip', '-4', '-o', 'address', 'show']) or '').splitlines()]
    own = {words[3].split('/')[0] for words in lines if len(words) > 3}
    return {address: address in own for address in addresses}


def words(told, host):
    """What is missing, or how it stands, and whether that is in service."""
    if told['generation'] is None:
        return 'pacemaker does not answer', False
    if not told['quorate']:
        return 'no majority of the controllers', False
    if told['dc'] is None:
        return 'no DC yet', False
    if host not in told['online']:
        return 'not yet taken in by the DC %s' % told['dc'], False
    if told['vips'] and not told['haproxy']:
        return 'haproxy does not run here', False
    here = sorted(address for address in told['vips'] if told['vips'][address])
    return 'generation %d, DC %s, %s' % (
        told['generation'], told['dc'],
        'holds ' + ' '.join(here) if here else 'holds no virtual address'), True


def main(arguments):
    if arguments != ['words']:
        sys.stderr.write(__doc__)
        return 2
    said, well = words(report(os.environ.get('ROOT', '')), os.environ.get('STACKSEED_HOST', ''))
    print(said)
    return 0 if well else 1


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
