"""step.py as a test has it: the table is a file of JSON in $STATE, a list of [name, generation, owner, boot, token, state]."""
import json
import os
import sys

FILE = os.environ['STATE'] + '/steps.json'
BOOT = os.environ.get('BOOT', 'first')


def main(arguments):
    verb, name, generation, *rest = arguments
    rows = read()
    found = next((row for row in rows if row[:2] == [name, int(generation)]), None)
    if os.path.exists(os.environ['STATE'] + '/away'):
        sys.stderr.write('the database does not serve: a test\n')
        return 75
    if verb == 'state':
        print('%s %s' % (found[2], found[5]) if found else 'none')
        return 0
    if verb == 'claim':
        if found and found[5] == 'done':
            return 3
        if found and found[2:4] != ['cnt1', BOOT] and os.path.exists(os.environ['STATE'] + '/busy'):
            sys.stderr.write('%s is at step %s\n' % (found[2], name))
            return 75
        rows = [row for row in rows if row is not found]
        token = found[4] if found and found[2:4] == ['cnt1', BOOT] else 'token-%d' % len(rows)
        write(rows + [[name, int(generation), 'cnt1', BOOT, token, 'begun']])
        print(token)
        return 0
    if found is None or found[4] != rest[0]:
        return 1
    if verb == 'done':
        found[5] = 'done'
        write(rows)
    return 0


def read():
    try:
        with open(FILE) as file:
            return json.load(file)
    except OSError:
        return []


def write(rows):
    with open(FILE, 'w') as file:
        json.dump(rows, file)


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
