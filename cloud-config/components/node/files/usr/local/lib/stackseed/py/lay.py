"""Lays the staged files of a component in their places: all in one process, since a controller has hundreds of
them and each program that is started costs more than a file.

    lay.py lay STAGED KEPT SEED-LIST   STAGED/files.list has a line `MODE OWNER GROUP /PATH` for each file; the bytes
                                       are in STAGED/files/PATH. KEPT/laid.list keeps `SHA256  /PATH` of what was
                                       laid last. Touches nothing that is right already
    lay.py units STAGED KEPT NAME...   only the files that are systemd's, of all those components, whose folders are
                                       below STAGED and KEPT; keeps no list
    lay.py drop OLD NEW SEED-LIST      removes files that list OLD has and neither of the others, unless they have
                                       other bytes than OLD says, for then somebody else has made them theirs

A power cut leaves the old file or the new one, never a part. PATH is below ROOT in the environment. Status 0: done.
3: done, and systemd must read its units again. 75: the line on stdout says what has to come first. 1: the line on
stdout says what cannot be laid. What was done is on stderr.
"""
import grp
import hashlib
import os
import pwd
import stat
import sys

UNITS = ('/etc/systemd/system/', '/lib/systemd/system/')
NEW = '.%s.stackseed-new'


class Later(Exception):
    """Not possible yet."""


class Failed(Exception):
    """Not possible."""


class File:
    """A line of files.list."""

    def __init__(self, root, staged, line):
        mode, self.owner, self.group, self.path = line.split(' ', 3)
        self.mode = int(mode, 8)
        self.source = '%s/files%s' % (staged, self.path)
        self.target = root + self.path
        folder, name = os.path.split(self.target)
        self.folder, self.new = folder, os.path.join(folder, NEW % name)

    def find_owner(self):
        try:
            self.uid, self.gid = pwd.getpwnam(self.owner).pw_uid, grp.getgrnam(self.group).gr_gid
        except KeyError:
            raise Later('for %s:%s, who is to own %s' % (self.owner, self.group, self.path))

    def is_right(self):
        """A link is never, even where it leads to the same bytes."""
        try:
            found = os.lstat(self.target)
        except (FileNotFoundError, NotADirectoryError):
            return False
        return (stat.S_ISREG(found.st_mode)
                and (stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid) == (self.mode, self.uid, self.gid)
                and found.st_size == os.stat(self.source).st_size and read(self.target) == read(self.source))

    def write_new(self):
        """The new bytes beside the old ones, on the disk."""
        make_folder(self.folder)
        write_new(self.new, read(self.source), self.mode, (self.uid, self.gid))


def lay(root, staged, kept, seed_list):
    files = staged_files(root, staged)
    wrong = make_right(files, kept)
    try:
        record(root, kept, seed_list, files)
    except OSError as error:
        say('%s: %s' % (kept, error))
        raise Later('for the disk: cannot record what was laid')
    return 3 if any(map(is_unit, wrong)) else 0


def staged_files(root, staged):
    with open(staged + '/files.list', encoding='utf-8') as lines:
        return [File(root, staged, line.rstrip('\n')) for line in lines]


def is_unit(file):
    return file.path.startswith(UNITS)


def make_right(files, kept):
    """Those that were not."""
    for file in files:
        file.find_owner()
    wrong = [file for file in files if not file.is_right()]
    if wrong:
        forget_starts(kept)
        put(wrong)
    return wrong


def lay_units(root, staged, kept, *names):
    laid = False
    for name in names:
        folder = '%s/%s' % (staged, name)
        if not os.path.exists(folder + '/files.list'):
            continue
        try:
            laid |= bool(make_right(list(filter(is_unit, staged_files(root, folder))), '%s/%s' % (kept, name)))
        except (Later, Failed, OSError, ValueError) as error:
            # Its component says so, and waits.
            say('units of %s: %s' % (name, error))
    return 3 if laid else 0


def forget_starts(kept):
    """Before a file changes, what restart_if_changed knows of running services is forgotten, on disk too: whatever
    happens from here on, they are restarted."""
    if os.path.isdir(kept + '/started'):
        # To import it takes longer than to lay a few files.
        import shutil
        shutil.rmtree(kept + '/started')
        sync_folder(kept)


def put(files):
    """Nothing is in its place before all of it is on the disk."""
    try:
        for file in files:
            with failing(file):
                file.write_new()
        for file in files:
            with failing(file):
                os.rename(file.new, file.target)
            say('laid %s' % file.path)
    finally:
        for file in files:
            if os.path.lexists(file.new):
                os.unlink(file.new)
        for folder in sorted({file.folder for file in files}):
            if os.path.isdir(folder):
                sync_folder(folder)


class failing:
    """What goes wrong within is told of that file."""

    def __init__(self, file):
        self.file = file

    def __enter__(self):
        return self

    def __exit__(self, _, error, __):
        if isinstance(error, OSError):
            say('%s: %s' % (self.file.path, error))
            raise Failed('cannot lay %s' % self.file.path)


def record(root, kept, seed_list, files):
    new = ''.join('%s  %s\n' % (digest(file.source), file.path) for file in files)
    path = kept + '/laid.list'
    if os.path.exists(path):
        with open(path, encoding='utf-8') as old:
            before = old.read()
        if before == new:
            return
        drop(root, before, new, seed_list)
    replace(path, new.encode('utf-8'), 0o600)


def drop(root, old, new, seed_list):
    """What a component laid before and cloud-init lays now stays as well."""
    with open(seed_list, encoding='utf-8') as file:
        wanted = listed(new).keys() | listed(file.read()).keys()
    for path, known in listed(old).items():
        if path in wanted or not os.path.isfile(root + path):
            continue
        if digest(root + path) == known:
            say('removing %s, which the seed no longer has' % path)
            os.unlink(root + path)
        else:
            say('leaving %s, which the seed no longer has, because it was changed since' % path)


def listed(text):
    """{path: digest} of a list of sha256sum; its last line may be a comment."""
    return {line[66:]: line[:64] for line in text.splitlines() if line[64:66] == '  '}


def digest(path):
    return hashlib.sha256(read(path)).hexdigest()


def read(path):
    with open(path, 'rb') as file:
        return file.read()


def replace(path, data, mode):
    """On the disk when this returns, the old bytes or the new ones if power goes before."""
    folder, name = os.path.split(path)
    make_folder(folder)
    new = os.path.join(folder, NEW % name)
    write_new(new, data, mode, None)
    os.rename(new, path)
    sync_folder(folder)


def write_new(path, data, mode, owner):
    """On the disk when this returns. Nobody else reads it before it has its owner and mode."""
    if os.path.lexists(path):
        os.unlink(path)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with open(descriptor, 'wb') as file:
        file.write(data)
        file.flush()
        if owner:
            os.fchown(descriptor, *owner)
        os.fchmod(descriptor, mode)
        os.fsync(descriptor)


def make_folder(path):
    """And has the disk know of it. Components that begin at one moment may want the same one."""
    if not os.path.isdir(path):
        make_folder(os.path.dirname(path))
        try:
            os.mkdir(path, 0o755)
        except FileExistsError:
            pass
        sync_folder(os.path.dirname(path))


def sync_folder(path):
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def say(line):
    sys.stderr.write(line + '\n')


def main(arguments):
    root = os.environ.get('ROOT', '')
    try:
        if arguments[0] == 'lay':
            return lay(root, *arguments[1:])
        if arguments[0] == 'units':
            return lay_units(root, *arguments[1:])
        old, new, seed_list = arguments[1:]
        drop(root, read(old).decode('utf-8'), read(new).decode('utf-8'), seed_list)
        return 0
    except (Later, Failed) as error:
        sys.stdout.write(str(error))
        return 75 if isinstance(error, Later) else 1
    except (OSError, ValueError) as error:
        sys.stdout.write('cannot lay files: %s' % error)
        return 1


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
