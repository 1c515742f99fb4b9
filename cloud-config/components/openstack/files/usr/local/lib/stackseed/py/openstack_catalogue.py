"""Brings what a component wants in Keystone there: project, user, roles, services, endpoints. Run it as a step:
two at once would make things twice.

    openstack_catalogue.py NAME

Reads /etc/stackseed/openstack/NAME.catalogue.json, NAME.service (the password of its user), admin.password and
internal. What is there already is left, or changed to what is wanted; of two endpoints of a kind one is deleted.
The JSON: `region`; `user`, `project` and `roles`; `services`, each `type`, `name`, `description` and `endpoints`
(URLs of public, internal and admin); `role_names`, roles that need only be there; `domains`, each `name`,
`description`, `user`, `roles`, and `password`, the name of a file with the password of that user.
Status 75: not yet; the last line of stderr says why.
"""
import json
import os
import sys
import urllib.error
import urllib.parse
import urllib.request

FOLDER = '/etc/stackseed/openstack/'
LATER = 75


class Later(Exception):
    """Not now; the text says why."""


def main(arguments):
    if len(arguments) != 1:
        sys.stderr.write(__doc__)
        return 2
    folder = os.environ.get('ROOT', '') + FOLDER
    try:
        wanted = json.loads(read(folder, arguments[0] + '.catalogue.json'))
        keystone = Keystone(read(folder, 'internal') + ':5000/v3', read(folder, 'admin.password'))
        bring(keystone, wanted, lambda name: read(folder, name), arguments[0] + '.service')
    except (Later, OSError) as error:
        sys.stderr.write('for Keystone: %s\n' % error)
        return LATER
    return 0


def read(folder, name):
    with open(folder + name, encoding='utf-8') as file:
        return file.read().rstrip('\n')


class Keystone:
    """Its API, version 3, with a token of the administrator, or of another user. Other services are asked the same way:
    set `url` to where their API is. `project` is the id of the one that the token is for."""

    def __init__(self, url, password, user='admin', project='admin'):
        self.url, self.token = url, None
        answer, head = self.call('POST', '/auth/tokens', login(user, password, project))
        self.token, self.project = head['X-Subject-Token'], answer['token']['project']['id']

    def call(self, verb, path, body=None, allowed=()):
        """(answer, head); (None, status) for a status that is allowed. Later for any other."""
        request = urllib.request.Request(self.url + path, method=verb)
        request.add_header('Content-Type', 'application/json')
        if self.token is not None:
            request.add_header('X-Auth-Token', self.token)
        text = None if body is None else json.dumps(body).encode()
        try:
            # No proxy: a URL of the management network.
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with opener.open(request, text, timeout=30) as answer:
                said = answer.read().decode('utf-8')
                return (json.loads(said) if said.strip() else None), answer.headers
        except urllib.error.HTTPError as error:
            if error.code in allowed:
                return None, error.code
            raise Later('%s %s was answered with %d' % (verb, path.split('?')[0], error.code))
        except ValueError:
            raise Later('%s %s was not answered in JSON' % (verb, path.split('?')[0]))

    def find(self, kind, **query):
        """Everything of a kind, such as 'users', that the query describes; by age where that is known."""
        return self.call('GET', '/%s?%s' % (kind, urllib.parse.urlencode(query)))[0][kind]

    def have(self, kind, one, query, values):
        """The id of the one that the query describes, which is made with these values where it is missing."""
        found = self.find(kind, **query)
        if found:
            return found[0]['id']
        return self.call('POST', '/' + kind, {one: dict(query, **values)})[0][one]['id']

    def knows(self, user, password, domain):
        """Whether that is the user's password. An answer of 401 says no."""
        body = login(user, password, None, domain)
        return self.call('POST', '/auth/tokens', body, allowed=(401,))[0] is not None


def login(user, password, project, domain=None):
    """By name in the domain default, or in the domain of an id."""
    who = {'name': user, 'password': password, 'domain': {'id': domain or 'default'}}
    body = {'identity': {'methods': ['password'], 'password': {'user': who}}}
    if project:
        body['scope'] = {'project': {'name': project, 'domain': {'id': 'default'}}}
    else:
        body['scope'] = 'unscoped'
    return {'auth': body}


def bring(keystone, wanted, read_file, password):
    for name in wanted.get('role_names', []):
        role(keystone, name)
    if wanted.get('user'):
        project = keystone.have('projects', 'project', {'name': wanted['project'], 'domain_id': 'default'},
                                {'description': 'Services'})
        user = have_user(keystone, wanted['user'], read_file(password), 'default')
        for name in wanted.get('roles', []):
            keystone.call('PUT', '/projects/%s/users/%s/roles/%s' % (project, user, role(keystone, name)))
    for domain in wanted.get('domains', []):
        bring_domain(keystone, domain, read_file)
    regions = keystone.call('GET', '/regions')[0]['regions']
    if not any(region['id'] == wanted['region'] for region in regions):
        keystone.call('POST', '/regions', {'region': {'id': wanted['region']}}, allowed=(409,))
    for service in wanted.get('services', []):
        bring_service(keystone, service, wanted['region'])


def role(keystone, name):
    return keystone.have('roles', 'role', {'name': name}, {})


def have_user(keystone, name, password, domain):
    user = keystone.have('users', 'user', {'name': name, 'domain_id': domain}, {'password': password})
    # Setting a password makes every token of the user void, so it is set only where it is another one.
    if not keystone.knows(name, password, domain):
        keystone.call('PATCH', '/users/' + user, {'user': {'password': password, 'enabled': True}})
    return user


def bring_domain(keystone, wanted, read_file):
    domain = keystone.have('domains', 'domain', {'name': wanted['name']},
                           {'description': wanted.get('description', '')})
    user = have_user(keystone, wanted['user'], read_file(wanted['password']), domain)
    for name in wanted.get('roles', []):
        keystone.call('PUT', '/domains/%s/users/%s/roles/%s' % (domain, user, role(keystone, name)))


def bring_service(keystone, wanted, region):
    service = keystone.have('services', 'service', {'type': wanted['type'], 'name': wanted['name']},
                            {'description': wanted.get('description', ''), 'enabled': True})
    for kind, url in sorted(wanted['endpoints'].items()):
        found = sorted((endpoint for endpoint in keystone.find('endpoints', service_id=service, interface=kind)
                        if endpoint.get('region_id', endpoint.get('region')) == region),
                       key=lambda endpoint: endpoint['id'])
        for more in found[1:]:
            keystone.call('DELETE', '/endpoints/' + more['id'], allowed=(404,))
        if not found:
            keystone.call('POST', '/endpoints', {'endpoint': {
                'service_id': service, 'interface': kind, 'url': url, 'region_id': region}})
        elif found[0]['url'] != url:
            keystone.call('PATCH', '/endpoints/' + found[0]['id'], {'endpoint': {'url': url}})


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
