"""sql.py as a test has it: queries go to $STATE/queries, and a file $STATE/tables says how many tables there are."""
import json
import os

DUPLICATE = 1062
NO_SUCH = (1049, 1146)
STATE = os.environ['STATE']


class Failed(Exception):
    pass


class Connection:
    def __init__(self, root='', user='root', timeout=3.0):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def query(self, text):
        with open(STATE + '/queries', 'a') as file:
            file.write(text + '\n')
        if 'information_schema.tables' in text:
            return [[read('tables') or '0']]
        if 'stackseed.step' in text:
            return [[str(row[1]), row[5]] for row in json.loads(read('steps.json') or '[]') if quote(row[0]) in text]
        return []


def read(name):
    try:
        with open(STATE + '/' + name) as file:
            return file.read().strip()
    except OSError:
        return ''


def quote(text):
    if not all(' ' <= letter <= '~' and letter not in '\'"\\' for letter in text):
        raise ValueError('not a plain text: %r' % text)
    return "'%s'" % text
