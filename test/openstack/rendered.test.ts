import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import { inventorySchema } from '../../src/inventory/schema.ts';
import { loadLibrary } from '../../src/library/load.ts';
import { emptyLock } from '../../src/plan/lock.ts';
import { makePlan } from '../../src/plan/plan.ts';
import { componentFiles } from '../../src/render/component.ts';
import { TemplateError } from '../../src/render/template.ts';
import { rendered } from '../components/rendered.ts';
import { example } from '../fixtures.ts';
import { pretendGiven } from '../given.ts';

const cloud = readFileSync(example('cloud'), 'utf8');
const { library } = loadLibrary([]);
const ofOpenStack = [...library.components.values()].filter(
  ({ name, after }) => name === 'openstack' || after.includes('openstack'),
);

for (const platform of library.platforms.keys()) {
  test(`the cloud renders on ${platform}, each secret under its own label`, () => {
    const inventory = inventorySchema.parse(parse(cloud.replace(/^platform: .*$/m, `platform: ${platform}`)));
    const { plan } = makePlan(inventory, library, emptyLock());
    for (const host of plan.hosts) {
      const given = pretendGiven(plan, host, (component, label) => {
        const declared = library.components.get(component)?.secrets.some((one) => one.label === label);
        assert.ok(declared, `${component} declares ${label}`);
        return `${label}-value`;
      });
      for (const component of ofOpenStack.filter(({ name }) => host.components.includes(name))) {
        for (const file of componentFiles(component, host, plan.fleet, library, given)) {
          const text = file.content.toString();
          assert.not.match(text, /undefined|\[object/, file.path);
          if (/-value/.test(text)) assert.match(file.mode, /0$/, `${file.path} is closed`);
        }
      }
    }
  });
}

test('services are told the virtual addresses, all brokers and all caches', () => {
  const text = rendered(cloud, 'cnt2', '/etc/glance/glance-api.conf');
  assert.match(text, /^auth_url = http:\/\/192\.168\.1\.50:5000\/v3$/m);
  assert.match(text, /^www_authenticate_uri = https:\/\/cnt\.pikesaku\.net:5000\/v3$/m);
  assert.match(
    text,
    /^memcached_servers = 192\.168\.1\.51:11211,192\.168\.1\.52:11211,192\.168\.1\.53:11211$/m,
  );
  assert.match(text, /^transport_url = rabbit:\/\/(glance:secret@192\.168\.1\.5[123]:5671,?){3}\/\/$/m);
  assert.match(text, /^bind_host = 192\.168\.1\.52$/m);
  assert.match(text, /@192\.168\.1\.50:3306\/glance\?charset=utf8&ssl_ca=/);
});

test('HAProxy has the public address with TLS, the internal one without', () => {
  const text = rendered(cloud, 'cnt1', '/etc/haproxy/stackseed.d/40-keystone.cfg');
  assert.match(text, /^\tbind 192\.168\.1\.50:5000$/m);
  assert.match(text, /^\tbind 192\.168\.0\.50:5000 ssl crt \/etc\/haproxy\/stackseed\.pem$/m);
  assert.match(text, /^\toption httpchk GET \/healthcheck$/m);
  assert.match(text, /^\tserver cnt3 192\.168\.1\.53:5000 check inter 2s rise 2 fall 5$/m);
});

test('a host that is on no public network knows the public URLs all the same', () => {
  assert.is(rendered(cloud, 'cm1', '/etc/stackseed/openstack/public'), 'https://cnt.pikesaku.net\n');
  assert.is(rendered(cloud, 'cm1', '/etc/stackseed/openstack/internal'), 'http://192.168.1.50\n');
});

test('with one network for all there is no public address, and no second port on the same one', () => {
  const single = cloud
    .replace('for: [manage, storage]', 'for: [manage, storage, public]')
    .replace(/^ {2}public:\n {4}cidr/m, '  public:\n    for: []\n    cidr');
  const text = rendered(single, 'cnt1', '/etc/haproxy/stackseed.d/40-keystone.cfg');
  assert.equal(text.match(/^\tbind .*$/gm), ['\tbind 192.168.1.50:5000']);
  assert.is(rendered(single, 'cnt1', '/etc/stackseed/openstack/public'), 'http://192.168.1.50\n');
});

test('an error in a partial names the partial and its line', () => {
  const { plan } = makePlan(inventorySchema.parse(parse(cloud)), library, emptyLock());
  const host = plan.hosts.find(({ name }) => name === 'cnt1');
  const keystone = library.components.get('keystone');
  const openstack = library.components.get('openstack');
  assert.ok(host && keystone && openstack);
  const broken = { source: 'partials/cache.ejs', content: Buffer.from('one\n<%= settings.nothing %>\n') };
  const changed = { ...openstack, partials: new Map([...openstack.partials, ['cache', broken]]) };
  const other = { ...library, components: new Map([...library.components, ['openstack', changed]]) };
  try {
    componentFiles(keystone, host, plan.fleet, other, pretendGiven(plan, host));
    assert.unreachable();
  } catch (error) {
    assert.instance(error, TemplateError);
    assert.is((error as TemplateError).message, 'partials/cache.ejs:2: a value to be printed is undefined');
  }
});

test.run();
