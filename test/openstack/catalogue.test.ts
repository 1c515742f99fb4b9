import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { onBench } from './python.ts';

/** A Keystone that keeps what it is told, and writes each change down. */
const FAKE = `
import json, sys, urllib.parse
sys.path.insert(0, sys.argv[1])
import openstack_catalogue as catalogue

class Fake(catalogue.Keystone):
    def __init__(self):
        self.have_ = {kind: [] for kind in ('users', 'projects', 'roles', 'services', 'endpoints', 'domains', 'regions')}
        self.changes, self.passwords = [], {}

    def call(self, verb, path, body=None, allowed=()):
        path, _, query = path.partition('?')
        if path == '/auth/tokens':
            who = body['auth']['identity']['password']['user']
            return ({} if self.passwords.get(who['name']) == who['password'] else None), None
        parts = path.strip('/').split('/')
        if verb == 'GET':
            wanted = dict(urllib.parse.parse_qsl(query))
            return {parts[0]: [one for one in self.have_[parts[0]]
                               if all(one.get(key) == value for key, value in wanted.items())]}, None
        self.changes.append('%s %s' % (verb, path))
        if verb == 'POST':
            (kind, one), = body.items()
            one.setdefault('id', '%s-%d' % (kind, len(self.have_[parts[0]])))
            if 'password' in one:
                self.passwords[one['name']] = one.pop('password')
            self.have_[parts[0]].append(one)
            return {kind: one}, None
        if verb == 'PATCH':
            one = next(one for one in self.have_[parts[0]] if one['id'] == parts[1])
            (_, change), = body.items()
            if 'password' in change:
                self.passwords[one['name']] = change.pop('password')
            one.update(change)
        if verb == 'DELETE':
            self.have_[parts[0]] = [one for one in self.have_[parts[0]] if one['id'] != parts[1]]
        return None, None

wanted = json.load(open(sys.argv[2]))
keystone, told = Fake(), []
def run(password):
    keystone.changes = []
    catalogue.bring(keystone, wanted, lambda name: password, 'glance.service')
    told.append(keystone.changes)
run('one')
run('one')
run('two')
keystone.have_['endpoints'].append(dict(keystone.have_['endpoints'][0], id='zz'))
wanted['services'][0]['endpoints']['public'] = 'https://other:9292'
run('two')
print(json.dumps({'changes': told, 'have': keystone.have_, 'passwords': keystone.passwords}))
`;

const wanted = {
  region: 'RegionOne',
  user: 'glance',
  project: 'service',
  roles: ['admin', 'service'],
  role_names: ['reader'],
  domains: [{ name: 'heat', description: 'Stacks', user: 'keeper', roles: ['admin'], password: 'x' }],
  services: [
    {
      type: 'image',
      name: 'glance',
      description: 'Images',
      endpoints: { public: 'https://a:9292', internal: 'http://b:9292', admin: 'http://b:9292' },
    },
  ],
};

test('a catalogue is brought once; a second time only what differs is changed', () =>
  onBench('openstack', [], (bench) => {
    writeFileSync(join(bench.root, '../py/fake.py'), FAKE);
    bench.write('/wanted.json', JSON.stringify(wanted));
    const ran = bench.run('fake', [join(bench.root, '../py'), join(bench.root, 'wanted.json')]);
    assert.is(ran.status, 0, ran.stderr);
    const { changes, have, passwords } = JSON.parse(ran.stdout);
    const [first, second, password, last] = changes;
    assert.is(first.filter((change: string) => change === 'POST /endpoints').length, 3);
    // Giving a role that somebody has is nothing new to Keystone.
    const real = (list: string[]) => list.filter((change) => !/^PUT .*\/roles\//.test(change));
    assert.equal(real(second), []);
    assert.equal(real(password), ['PATCH /users/user-0', 'PATCH /users/user-1']);
    assert.equal(real(last), ['DELETE /endpoints/zz', 'PATCH /endpoints/endpoint-2']);
    assert.equal(passwords, { glance: 'two', keeper: 'two' });
    assert.equal(have.endpoints.map((one: { url: string }) => one.url).sort(), [
      'http://b:9292',
      'http://b:9292',
      'https://other:9292',
    ]);
    assert.equal(have.roles.map((one: { name: string }) => one.name).sort(), ['admin', 'reader', 'service']);
  }));

test.run();
