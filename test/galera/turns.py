"""Run inside a root filesystem with a controller that serves alone: asks turn.py by its socket, as hosts do."""
import json
import socket
import subprocess
import sys
import threading
import time

LIB = '/usr/local/lib/stackseed/py'
sys.path.insert(0, LIB)

import exchange  # noqa: E402
import frames  # noqa: E402
import turn  # noqa: E402

KEY, OTHER = b'k' * 64, b'x' * 64
ADDRESS = '127.0.0.1'


def serve(listening):
    """As systemd does for a socket with Accept=yes."""
    while True:
        connection, _ = listening.accept()
        subprocess.Popen(['/usr/bin/python3', '-I', '-S', '-B', LIB + '/turn.py', 'answer'], stdin=connection,
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        connection.close()


def ask(host, act, token='', seconds=1800, key=KEY, **more):
    want = dict({'act': act, 'token': token, 'seconds': seconds}, **more)
    request = {'from': host, 'to': 'cnt1', 'sections': ['turn'], 'state': '', 'want': want}
    try:
        told = exchange.exchange(ADDRESS, port, key, request, time.monotonic() + 10)['sections']['turn']
    except exchange.Unreadable as error:
        return 'unreadable: %s' % error
    return told['token'] if told['verdict'] == 'go' else 'wait: %s' % told['why']


def say(name, value):
    print('turn %s: %s' % (name, value))


def known(token):
    return 'a token' if turn.TOKEN.match(token) else token


def sql(text):
    subprocess.check_call(['mariadb', '-e', text])


with open('/etc/stackseed/turn.json', 'w') as file:
    json.dump({'host': 'cnt1', 'together': 2}, file)
with open('/etc/stackseed/turn.key', 'wb') as file:
    file.write(b'o' * 64 + b'\n' + KEY + b'\n')
listening = socket.socket()
listening.bind((ADDRESS, 0))
listening.listen(16)
port = listening.getsockname()[1]
threading.Thread(target=serve, args=(listening,), daemon=True).start()

one = ask('cm1', 'claim')
say('claim', known(one))
say('claimed again', 'same' if ask('cm1', 'claim') == one else 'another')
say('begin', known(ask('cm1', 'begin', one)))
two = ask('cm2', 'claim')
say('second slot', known(two))
say('no third', ask('cm3', 'claim'))
say('controller beside them', known(ask('cnt1', 'claim')))
say('show', subprocess.check_output(['/usr/bin/python3', '-I', '-S', '-B', LIB + '/turn.py', 'show']).decode().replace('\n', '; '))
say("another's token", ask('cm3', 'done', one))
say('failed', known(ask('cm1', 'failed', one)))
sql("UPDATE stackseed.turn SET until = 1 WHERE host = 'cm2'")
say('after a failure', ask('cm3', 'claim'))
say('own turn after a failure', 'same' if ask('cm1', 'claim') == one else 'another')
say('healthy after all', known(ask('cm1', 'done', one)))
say('offer that nobody began', known(ask('cm3', 'claim')))
three = ask('cm3', 'claim')
ask('cm3', 'begin', three, 0)
time.sleep(1.1)
say('longer than it said', ask('cm4', 'claim'))
say('free', subprocess.check_output(['/usr/bin/python3', '-I', '-S', '-B', LIB + '/turn.py', 'free', 'cm3']).decode().strip())
say('freed', ask('cm3', 'done', three))
say('after it', known(ask('cm4', 'claim')))
say('other key', ask('cm5', 'claim', key=OTHER))
say('other wish', ask('cm5', 'drop'))
say('longest', ask('cm5', 'claim', seconds=10 ** 9))
frames.LIMITS[frames.REQUEST] = 10 ** 6
say('long', ask('cm5', 'claim', more='x' * 9000))
with turn.Turns('') as turns:
    turns.steps.host = 'cnt1'
    turns.controllers = lambda: ['cnt1', 'cnt2', 'cm6']
    try:
        say('with one away', turns.others_are_there('cm6'))
    except turn.Wait as error:
        say('with one away', error)
