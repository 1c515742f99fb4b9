"""Makes the volume types that the inventory names. Run it as a step: two at once would make a type twice.

Reads /etc/stackseed/openstack/cinder-types.json (extra specs by name), cinder.catalogue.json (who Cinder's user is),
cinder.service (that user's password) and internal. A type that is there keeps what it has. Status 75: not yet; the last
line of stderr says why.
"""
import json
import os
import sys
import urllib.error
import urllib.request

FOLDER = '/etc/stackseed/openstack/'
LATER = 75


class Later(Exception):
    """Not now; the text says why."""


def main():
    folder = os.environ.get('ROOT', '') + FOLDER
    try:
        wanted = json.loads(read(folder, 'cinder-types.json'))
        base = read(folder, 'internal')
        user = json.loads(read(folder, 'cinder.catalogue.json'))['user']
        token, project = log_in(base + ':5000/v3', user, read(folder, 'cinder.service'))
        bring('%s:8776/v3/%s/types' % (base, project), token, wanted)
    except (Later, OSError, ValueError, KeyError) as error:
        sys.stderr.write('for Cinder: %s\n' % error)
        return LATER
    return 0


def read(folder, name):
    with open(folder + name, encoding='utf-8') as file:
        return file.read().rstrip('\n')


def call(verb, url, body=None, token=None):
    """(answer, head)."""
    request = urllib.request.Request(url, method=verb)
    request.add_header('Content-Type', 'application/json')
    if token is not None:
        request.add_header('X-Auth-Token', token)
    # No proxy: a URL of the management network.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, None if body is None else json.dumps(body).encode(), timeout=60) as answer:
            return json.loads(answer.read().decode('utf-8')), answer.headers
    except urllib.error.HTTPError as error:
        raise Later('%s was answered with %d' % (verb, error.code))


def log_in(url, user, password):
    """(token, id of the project `service`) of Cinder's user."""
    default = {'id': 'default'}
    answer, head = call('POST', url + '/auth/tokens', {'auth': {
        'identity': {'methods': ['password'],
                     'password': {'user': {'name': user, 'password': password, 'domain': default}}},
        'scope': {'project': {'name': 'service', 'domain': default}}}})
    return head['X-Subject-Token'], answer['token']['project']['id']


def bring(url, token, wanted):
    there = {one['name'] for one in call('GET', url + '?is_public=None', token=token)[0]['volume_types']}
    for name in sorted(set(wanted) - there):
        call('POST', url, {'volume_type': {'name': name, 'extra_specs': wanted[name]}}, token)


if __name__ == '__main__':
    sys.exit(main())
