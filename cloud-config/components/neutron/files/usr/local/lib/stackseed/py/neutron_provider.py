"""Makes in Neutron the networks of the fleet that users' routers reach the outside through. What is there by its
name is left as it is: it is the operator's from then on. Run it as a step: two at once would make things twice.

Reads /etc/stackseed/openstack: neutron-providers.json, internal and admin.password. Status 75: not yet; the last
line of stderr says why.
"""
import json
import os
import sys
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import openstack_catalogue as catalogue  # noqa: E402


def main(root):
    folder = root + catalogue.FOLDER
    try:
        wanted = json.loads(catalogue.read(folder, 'neutron-providers.json'))
        internal = catalogue.read(folder, 'internal')
        neutron = catalogue.Keystone(internal + ':5000/v3', catalogue.read(folder, 'admin.password'))
        # The same token and the same form of questions.
        neutron.url = internal + ':9696/v2.0'
        for one in wanted:
            bring(neutron, one)
    except (catalogue.Later, OSError) as error:
        sys.stderr.write('for Neutron: %s\n' % error)
        return catalogue.LATER
    return 0


def bring(neutron, wanted):
    network = have(neutron, 'networks', 'network', {'name': wanted['name'], 'router:external': True}, of_network(wanted))
    if wanted['subnet']:
        query = {'name': wanted['name'], 'network_id': network}
        have(neutron, 'subnets', 'subnet', query, of_subnet(wanted['subnet'], wanted['shared']))


def have(neutron, kind, one, query, values):
    """The id of the one that the query describes, which is made with these values where it is missing."""
    found = neutron.call('GET', '/%s?%s' % (kind, urllib.parse.urlencode(query)))[0][kind]
    if found:
        return found[0]['id']
    return neutron.call('POST', '/' + kind, {one: dict(query, **values)})[0][one]['id']


def of_network(wanted):
    values = {'shared': wanted['shared'], 'provider:physical_network': wanted['network'],
              'provider:network_type': 'flat' if wanted['vlan'] is None else 'vlan'}
    if wanted['vlan'] is not None:
        values['provider:segmentation_id'] = wanted['vlan']
    return values


def of_subnet(subnet, shared):
    # Servers are on it themselves only where it is shared.
    return {'ip_version': 4, 'cidr': subnet['cidr'], 'gateway_ip': subnet['gateway'], 'enable_dhcp': shared,
            'allocation_pools': [{'start': subnet['from'], 'end': subnet['to']}]}


if __name__ == '__main__':
    sys.exit(main(os.environ.get('ROOT', '')))
