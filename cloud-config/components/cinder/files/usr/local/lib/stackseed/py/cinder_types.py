"""Makes the volume types that the inventory names. Run it as a step: two at once would make a type twice.

Reads /etc/stackseed/openstack/cinder-types.json (extra specs by name), cinder.catalogue.json (who Cinder's user is),
cinder.service (that user's password) and internal. A type that is there keeps what it has. Status 75: not yet; the last
line of stderr says why.
"""
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import openstack_catalogue as catalogue  # noqa: E402


def main(root):
    folder = root + catalogue.FOLDER
    try:
        wanted = json.loads(catalogue.read(folder, 'cinder-types.json'))
        internal = catalogue.read(folder, 'internal')
        user = json.loads(catalogue.read(folder, 'cinder.catalogue.json'))['user']
        cinder = catalogue.Keystone(internal + ':5000/v3', catalogue.read(folder, 'cinder.service'), user, 'service')
        cinder.url = '%s:8776/v3/%s' % (internal, cinder.project)
        bring(cinder, wanted)
    except (catalogue.Later, OSError, ValueError, KeyError) as error:
        sys.stderr.write('for Cinder: %s\n' % error)
        return catalogue.LATER
    return 0


def bring(cinder, wanted):
    there = {one['name'] for one in cinder.call('GET', '/types?is_public=None')[0]['volume_types']}
    for name in sorted(set(wanted) - there):
        cinder.call('POST', '/types', {'volume_type': {'name': name, 'extra_specs': wanted[name]}})


if __name__ == '__main__':
    sys.exit(main(os.environ.get('ROOT', '')))
