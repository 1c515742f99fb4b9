"""Takes this host's newer seed from the URL in /etc/stackseed/pull.json when it is this host's turn. Run by
stackseed-pull.timer, again and again; each time goes on where the last one, or a power cut, left it.

The seed is fetched and checked whole, then a controller is asked for a turn (turn.py there), then `stackseed-node apply`
takes it, and when all is healthy the controllers are told. What is under way lies in /var/lib/stackseed/pull.json; what came
of the last look, in a line, in /run/stackseed/pull.
"""
import json
import os
import random
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import exchange  # noqa: E402
import frames  # noqa: E402
import lay  # noqa: E402
import take_seed  # noqa: E402

SYSTEM_AUTHORITIES = '/etc/ssl/certs/ca-certificates.crt'
# Seconds for one controller's answer, and between two looks whether this host is healthy.
ANSWER = 20
LOOK = 2


class Later(Exception):
    """Nothing more to do now; the text says why."""


class Pull:
    def __init__(self, root):
        self.root = root
        self.told = json.loads(lay.read(root + '/etc/stackseed/pull.json').decode('utf-8'))
        self.begun = root + take_seed.KEPT + '/pull.json'
        self.trusted = None

    def look(self):
        """A line that says how it stands. Raises Later and take_seed.Refused."""
        held = self.held()
        now = take_seed.present_generation(self.root)
        if held and held['generation'] <= now and self.healthy():
            self.done(held)
            held = None
        self.trusted = self.authorities()
        wanted, url = self.published()
        if wanted > now:
            held = self.take(held, wanted, url)
        elif not held:
            return 'generation %d is the newest' % now
        elif held['generation'] > now:
            # It was published, and is no more.
            self.done(held)
            return 'generation %d is the newest, %d is published no more' % (now, held['generation'])
        return self.wait(held)

    def held(self):
        """{generation, token, since} of the turn that this host has; None without one."""
        try:
            found = json.loads(lay.read(self.begun).decode('utf-8'))
            return found if {'generation', 'token', 'since'} <= set(found) else None
        except (OSError, ValueError):
            return None

    def healthy(self):
        return os.path.exists(self.root + '/run/stackseed/ready')

    def published(self):
        """(generation, URL) of the newest that is there, which nobody has checked yet."""
        found, refused = [], None
        for url in self.told['urls']:
            try:
                sums = take_seed.read_sums(self.fetch(url, take_seed.SUMS).decode('utf-8'))
                found.append((int(sums['generation']), url))
            except take_seed.Refused as error:
                refused = refused or error
        if not found:
            raise refused
        return max(found)

    def fetch(self, url, name):
        return take_seed.download('%s/%s' % (url, name), self.trusted)

    def authorities(self):
        """A file with the fleet's authority beside those that the system trusts."""
        path = self.root + '/run/stackseed/pull.crt'
        text = lay.read(self.root + '/etc/stackseed/pull.crt')
        if os.path.exists(self.root + SYSTEM_AUTHORITIES):
            text = lay.read(self.root + SYSTEM_AUTHORITIES) + b'\n' + text
        lay.replace(path, text, 0o600)
        return path

    def take(self, held, wanted, url):
        """What this host holds once it has the new seed."""
        files = {name: self.fetch(url, name) for name in take_seed.SEED + (take_seed.SUMS, take_seed.SIGNATURE)}
        said = take_seed.check(self.root, files)
        generation = int(said['generation'])
        if generation != wanted:
            raise Later('generation %d is being replaced by another one' % wanted)
        token = self.ask('claim', held['token'] if held else '')
        again = held is not None and held['generation'] == generation
        held = {'generation': generation, 'token': token, 'since': held['since'] if again else int(time.time())}
        self.hold(held)
        self.ask('begin', token)
        say('generation %d: it is the turn of this host' % generation)
        lay.make_folder(self.root + '/run/stackseed')
        with tempfile.TemporaryDirectory(dir=self.root + '/run/stackseed') as folder:
            for name, data in files.items():
                lay.write_new(os.path.join(folder, name), data, 0o600, None)
            if subprocess.call([self.root + '/usr/local/sbin/stackseed-node', 'apply', folder], stdin=subprocess.DEVNULL) != 0:
                raise Later('generation %d was not taken: the journal says why' % generation)
        return held

    def hold(self, held):
        lay.replace(self.begun, json.dumps(held, sort_keys=True).encode('ascii') + b'\n', 0o600)

    def wait(self, held):
        """Until this host is healthy, at most until it is time to look what is published."""
        end = time.monotonic() + self.told['interval']
        while not self.healthy():
            if time.time() > held['since'] + self.told['patience'] and not held.get('failed'):
                self.fail(held)
            if held.get('failed'):
                raise Later('generation %d: this host is not healthy with it, so no other host takes a new seed'
                            % held['generation'])
            if time.monotonic() > end:
                raise Later('generation %d was taken; this host is not healthy yet' % held['generation'])
            time.sleep(LOOK)
        self.done(held)
        return 'generation %d was taken' % held['generation']

    def fail(self, held):
        try:
            self.ask('failed', held['token'])
        except NotOurs:
            os.unlink(self.begun)
            raise
        held['failed'] = True
        self.hold(held)

    def done(self, held):
        try:
            self.ask('done', held['token'])
        except NotOurs as error:
            say(str(error))
        os.unlink(self.begun)
        say('generation %d: done' % held['generation'])

    def ask(self, act, token):
        """The token that a controller answers with. Raises Later where it is not this host's turn, or nobody answers."""
        key = frames.read_key(self.root + '/etc/stackseed/pull-turn.key')
        if not key:
            raise Later('no key in /etc/stackseed/pull-turn.key')
        # A controller that has lost its host waits for longer than the host does.
        want = {'act': act, 'token': token, 'seconds': self.told['patience'] + ANSWER}
        request = {'from': self.told['host'], 'sections': ['turn'], 'state': '', 'want': want}
        why = ['no controller is known']
        for one in random.sample(self.told['controllers'], len(self.told['controllers'])):
            try:
                told = exchange.exchange(one['address'], self.told['port'], key, dict(request, to=one['name']), time.monotonic() + ANSWER)
            except (exchange.Silent, exchange.Unreadable) as error:
                why.append('%s: %s' % (one['name'], error))
                continue
            turn = told['sections'].get('turn') or {}
            if turn.get('verdict') == 'go':
                return turn['token']
            why.append('%s: %s' % (one['name'], turn.get('why')))
            if act != 'claim' and str(turn.get('why')).startswith('it is not the turn of'):
                raise NotOurs(turn['why'])
        raise Later('waits for its turn: %s' % why[-1])


class NotOurs(Later):
    """The turn was taken away."""


def say(line):
    sys.stderr.write(line + '\n')
    sys.stderr.flush()


def main():
    root = os.environ.get('ROOT', '')
    status = 0
    try:
        line = Pull(root).look()
    except (Later, take_seed.Refused) as error:
        line = str(error)
        say(line)
    except (OSError, ValueError, KeyError) as error:
        line, status = 'cannot look for a newer seed: %s' % error, 1
        say(line)
    lay.replace(root + '/run/stackseed/pull', line.encode('utf-8') + b'\n', 0o600)
    return status


if __name__ == '__main__':
    sys.exit(main())
