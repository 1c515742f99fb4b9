"""Takes another seed onto this running host: checks it, keeps it for later boots, and lays its files. The engine
converges afterwards.

    take_seed.py take [--dry-run] [--older] SOURCE   SOURCE is a device, an image, a folder, or the URL of one
    take_seed.py take [--dry-run] --back             the seed that was there before this one was taken
    take_seed.py resume    goes on where a power cut left one of these
    take_seed.py choose    before cloud-init at a boot: a seed in the drive that is newer goes before the taken one

Status 1: the last line on stderr says why not; 2: wrong use. A seed is taken only with the fleet's signature, for this
host, and not with an older generation unless told so. It lies in /var/lib/stackseed/taken, what was there before in
`before`, and one on its way in `taking`. cloud-init finds the taken one in its own folder and is told not to look into
drives.
"""
import argparse
import base64
import hashlib
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import lay  # noqa: E402

SEED = ('user-data', 'network-config', 'meta-data')
SUMS, SIGNATURE = 'seed.sums', 'seed.sums.sig'
NAMESPACE = 'stackseed-seed'
LARGEST = 64 * 1024 * 1024
KEPT = '/var/lib/stackseed'
LIST = KEPT + '/seed/seed.list'
HIGHEST = KEPT + '/generation'
# Read by cloud-init when nothing else is (NoCloud).
FOLDER = '/var/lib/cloud/seed/nocloud'
ONLY_THERE = '/etc/cloud/cloud.cfg.d/95_stackseed.cfg'
ONLY_THERE_TEXT = '''# Written by stackseed: a seed was taken while this host ran, and lies in /var/lib/cloud/seed/nocloud.
datasource:
  NoCloud:
    fs_label: null
'''


class Refused(Exception):
    """Not taken."""


class Place:
    """A folder with a seed in it, below /var/lib/stackseed."""

    def __init__(self, root, name):
        self.path = '%s%s/%s' % (root, KEPT, name)

    def file(self, name):
        return os.path.join(self.path, name)

    def exists(self):
        return os.path.isfile(self.file('user-data'))

    def generation(self):
        """None where it is not told."""
        if not os.path.isfile(self.file(SUMS)):
            return None
        return int(read_sums(lay.read(self.file(SUMS)).decode('utf-8'))['generation'])

    def fill(self, files):
        """Whole or not there at all."""
        new = self.path + '.new'
        shutil.rmtree(new, ignore_errors=True)
        lay.make_folder(os.path.dirname(new))
        os.mkdir(new, 0o700)
        for name, data in files.items():
            lay.write_new(os.path.join(new, name), data, 0o600, None)
        lay.sync_folder(new)
        shutil.rmtree(self.path, ignore_errors=True)
        os.rename(new, self.path)
        lay.sync_folder(os.path.dirname(self.path))

    def files(self):
        return {name: lay.read(self.file(name)) for name in os.listdir(self.path)}

    def becomes(self, other):
        shutil.rmtree(other.path, ignore_errors=True)
        os.rename(self.path, other.path)
        lay.sync_folder(os.path.dirname(other.path))


def take(root, words):
    told = options(words)
    if told.back:
        files = files_before(root)
    else:
        files = checked(root, told.source, told.older)
    show(root, files)
    if told.dry_run:
        return
    Place(root, 'taking').fill(files)
    install(root)


def options(words):
    parser = argparse.ArgumentParser(prog='stackseed-node apply', usage='%(prog)s [SOURCE [--older] [--dry-run] | '
                                     '--back [--dry-run]] [--wait [--timeout S]]')
    parser.add_argument('source', nargs='?')
    for option in ('--older', '--dry-run', '--back'):
        parser.add_argument(option, action='store_true')
    told = parser.parse_args(words)
    if told.back == bool(told.source) or (told.back and told.older):
        parser.error('say where the seed is, or --back for the one from before')
    return told


def checked(root, source, older):
    files = fetch(root, source)
    said = check(root, files)
    now, wanted = present_generation(root), int(said['generation'])
    if wanted < now and not older:
        raise Refused('generation %d is older than %d, which this host has; --older takes it all the same' % (wanted, now))
    say('generation %d of %s, after %d' % (wanted, said['host'], now))
    return files


def files_before(root):
    before = Place(root, 'before')
    if not before.exists():
        raise Refused('there is no seed from before: none was taken while this host ran')
    return before.files()


def resume(root):
    if Place(root, 'taking').exists():
        say('a seed was being taken: going on')
        install(root)


def install(root):
    """All that can be done twice, and is done again after a power cut."""
    taking, taken, before = (Place(root, name) for name in ('taking', 'taken', 'before'))
    if not taken.exists() and not before.exists():
        keep_first(root, before)
    files = taking.files()
    for name in SEED:
        if name in files:
            lay.replace(root + FOLDER + '/' + name, files[name], 0o600)
    lay.replace(root + ONLY_THERE, ONLY_THERE_TEXT.encode('ascii'), 0o644)
    lay_files(root, files['user-data'])
    highest = max(present_generation(root), taking.generation() or 0)
    lay.replace(root + HIGHEST, b'%d\n' % highest, 0o600)
    if taken.exists():
        taken.becomes(before)
    taking.becomes(taken)


def keep_first(root, before):
    """The seed that this host booted with, as cloud-init keeps it."""
    cloud = root + '/var/lib/cloud'
    try:
        instance = lay.read(cloud + '/data/instance-id').decode('utf-8').strip('\0\n')
        files = {'user-data': lay.read(cloud + '/instance/user-data.txt'),
                 'meta-data': ('instance-id: %s\n' % json.dumps(instance)).encode('utf-8')}
    except OSError:
        say('cloud-init keeps no seed of before: there is no way back from this one')
        return
    before.fill(files)


def lay_files(root, user_data):
    """What cloud-init's write_files would do, but so that a power cut leaves whole files; seed.list comes last."""
    with tempfile.TemporaryDirectory(dir=root + '/run/stackseed') as staged:
        lines = []
        for item in written(user_data):
            owner, _, group = item['owner'].partition(':')
            lines.append('%s %s %s %s' % (item['permissions'], owner, group, item['path']))
            lay.make_folder(os.path.dirname(staged + '/files' + item['path']))
            lay.write_new(staged + '/files' + item['path'], content(item), 0o600, None)
        files = [lay.File(root, staged, line) for line in lines]
        for file in files:
            file.find_owner()
        lay.put([file for file in files if not file.is_right()])


def written(user_data):
    import yaml
    return yaml.safe_load(user_data.decode('utf-8'))['write_files']


def content(item):
    text = item['content']
    return base64.b64decode(text) if item.get('encoding') == 'b64' else text.encode('utf-8')


def show(root, files):
    """Names the files that change; what is in them may be secret."""
    now = {}
    if os.path.isfile(root + LIST):
        now = lay.listed(lay.read(root + LIST).decode('utf-8'))
    new = {}
    for item in written(files['user-data']):
        if item['path'] == LIST:
            new = lay.listed(content(item).decode('utf-8'))
    network = root + FOLDER + '/network-config'
    if not os.path.isfile(network):
        say('the network configuration counts from the next boot on, should it be another one')
    elif lay.read(network) != files.get('network-config', b''):
        say('another network configuration, from the next boot on')
    for path in sorted(set(now) | set(new)):
        if now.get(path) != new.get(path):
            word = 'adds' if path not in now else 'drops' if path not in new else 'changes'
            say('%s %s' % (word, re.sub('^%s/seed/components/([^/]*)/files/' % KEPT, '/', path)))


def check(root, files):
    """What seed.sums says, when its signature is the fleet's and the files are those that it names. Refused when not."""
    missing = [name for name in SEED + (SUMS, SIGNATURE) if name not in files]
    if missing:
        raise Refused('that is no signed seed: %s is missing' % missing[0])
    own = node_values(root)
    verify(root, own['STACKSEED_FLEET'], files)
    said = read_sums(files[SUMS].decode('utf-8'))
    for what, value in (('fleet', own['STACKSEED_FLEET']), ('host', own['STACKSEED_HOST'])):
        if said[what] != value:
            raise Refused('that is a seed of %s %s, and this is %s' % (what, said[what], value))
    for name in SEED:
        if said['files'].get(name) != hashlib.sha256(files[name]).hexdigest():
            raise Refused('%s is not what was signed' % name)
    return said


def verify(root, fleet, files):
    with tempfile.NamedTemporaryFile(dir=root + '/run/stackseed') as signature:
        signature.write(files[SIGNATURE])
        signature.flush()
        asked = subprocess.Popen(
            ['ssh-keygen', '-Y', 'verify', '-f', root + '/etc/stackseed/seed-signers', '-I', fleet, '-n', NAMESPACE,
             '-s', signature.name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        said = asked.communicate(files[SUMS])[0].decode('utf-8', 'replace').strip()
    if asked.returncode == 0:
        return
    if 'unknown option' in said or 'illegal option' in said:
        raise Refused("this release's ssh-keygen knows no signatures: boot with the new seed instead")
    raise Refused("the seed has no good signature of this fleet's: %s" % (said.splitlines() or ['nothing was said'])[-1])


def read_sums(text):
    """{fleet, host, generation, files: {name: digest}}; Refused for anything else."""
    said = dict(re.findall(r'^# (fleet|host|generation) ([a-z0-9-]{1,63})$', text, re.M))
    said['files'] = lay.listed(text)
    if not text.startswith('# stackseed seed\n') or len(said) != 4 or not said['generation'].isdigit():
        raise Refused('%s is not what stackseed writes' % SUMS)
    return said


def present_generation(root):
    """The highest that this host knows of: taken while it ran, or booted with; 0 where nothing tells."""
    known = [0]
    for path, of in ((HIGHEST, int), ('/run/cloud-init/instance-data.json', booted_generation)):
        try:
            known.append(of(lay.read(root + path).decode('utf-8')))
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return max(known)


def booted_generation(text):
    return int(json.loads(text)['ds']['meta_data']['stackseed-generation'])


def node_values(root):
    """node.env has values in single quotes that hold none."""
    text = lay.read(root + '/etc/stackseed/node.env').decode('utf-8')
    return dict(re.findall(r"^([A-Z0-9_]+)='([^']*)'$", text, re.M))


# ---- where it comes from

def fetch(root, source):
    """{name: bytes} of what there is of a seed."""
    lay.make_folder(root + '/run/stackseed')
    if re.match('https?://', source):
        return {name: download(source.rstrip('/') + '/' + name) for name in SEED + (SUMS, SIGNATURE)}
    if os.path.isdir(source):
        return read_folder(source)
    if not os.path.exists(source):
        raise Refused('%s is not there' % source)
    return read_image(root, source)


def read_folder(path):
    found = {}
    for name in SEED + (SUMS, SIGNATURE):
        file = os.path.join(path, name)
        if os.path.isfile(file):
            if os.path.getsize(file) > LARGEST:
                raise Refused('%s is too large for a seed' % file)
            found[name] = lay.read(file)
    return found


def read_image(root, path):
    folder = tempfile.mkdtemp(dir=root + '/run/stackseed')
    options = 'ro,nosuid,nodev,noexec' + ('' if stat.S_ISBLK(os.stat(path).st_mode) else ',loop')
    try:
        run(['mount', '-o', options, path, folder])
        try:
            return read_folder(folder)
        finally:
            run(['umount', folder])
    finally:
        os.rmdir(folder)


def download(url, authorities=None):
    """By curl's configuration: a URL may hold a password, and every user of the machine can read argv. With a file of
    certificates those are trusted, and only https is."""
    quoted = url.replace('\\', '\\\\').replace('"', '\\"')
    kinds = '=https' if authorities else '=http,https'
    asked = subprocess.Popen(
        ['curl', '--config', '-', '--silent', '--show-error', '--fail', '--location', '--max-time', '120',
         '--proto', kinds, '--proto-redir', kinds, '--max-filesize', str(LARGEST)] +
        (['--cacert', authorities] if authorities else []),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    data, said = asked.communicate(('url = "%s"\n' % quoted).encode('utf-8'))
    if asked.returncode != 0:
        raise Refused('%s: %s' % (url.rsplit('/', 1)[1], said.decode('utf-8', 'replace').strip() or 'curl failed'))
    return data


def run(argv):
    asked = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    said = asked.communicate()[0].decode('utf-8', 'replace').strip()
    if asked.returncode != 0:
        raise Refused('%s: %s' % (argv[0], said))
    return said


def choose(root):
    """A seed that is in no order, of another host or not signed leaves everything as it is."""
    taken = Place(root, 'taken')
    if not taken.exists():
        return
    for label in ('cidata', 'CIDATA'):
        try:
            devices = run(['blkid', '-t', 'LABEL=' + label, '-o', 'device']).split()
        except Refused:
            continue
        for device in devices:
            try:
                found = int(check(root, fetch(root, device))['generation'])
            except Refused as error:
                say('%s: %s' % (device, error))
                continue
            if found > present_generation(root):
                say('%s has generation %d, which is newer than what was taken' % (device, found))
                os.unlink(root + ONLY_THERE)
                shutil.rmtree(root + FOLDER, ignore_errors=True)
                taken.becomes(Place(root, 'before'))
                return


def say(line):
    sys.stderr.write(line + '\n')
    sys.stderr.flush()


def main(arguments):
    root = os.environ.get('ROOT', '')
    try:
        if arguments[0] == 'take':
            take(root, arguments[1:])
        else:
            {'resume': resume, 'choose': choose}[arguments[0]](root)
        return 0
    except (Refused, lay.Later, lay.Failed) as error:
        say(str(error))
    except (OSError, ValueError, KeyError) as error:
        say('the seed cannot be taken: %s' % error)
    return 1


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
