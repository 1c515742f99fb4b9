"""Files that survive a power cut: the old text or the new one, never a part."""
import json
import os


def write(path, content, mode=0o600):
    """Replaces `path`, by text or bytes, and returns when the disk has it. OSError when that is not possible; then
    the old file is still there."""
    folder, name = os.path.split(path)
    beside = os.path.join(folder, '.%s.new' % name)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with open(descriptor, 'wb') as file:
        # The mode of open is cut by the umask, and says nothing where the file is a leftover.
        os.fchmod(descriptor, mode)
        file.write(content if isinstance(content, bytes) else content.encode('utf-8'))
        file.flush()
        os.fsync(descriptor)
    os.rename(beside, path)
    sync_folder(folder)


def sync_folder(folder):
    descriptor = os.open(folder or '.', os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_json(path):
    """What a file of JSON holds, None where there is no such file. ValueError when it is not JSON."""
    try:
        with open(path, encoding='utf-8') as file:
            return json.loads(file.read())
    except FileNotFoundError:
        return None
