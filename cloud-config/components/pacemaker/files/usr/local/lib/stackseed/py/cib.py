"""The configuration of Pacemaker: assembles it, and lays it over what runs.

Reads /etc/stackseed/pacemaker.xml, the rendered configuration, and /etc/stackseed/pacemaker.d/*.xml, what other
components and the operator add: each a <configuration> with <resources> and <constraints>.

    cib.py assemble           prints the whole configuration, for crm_verify
    cib.py merge RUNNING      prints the configuration as it is to be loaded over the one in the file RUNNING
    cib.py facts < RUNNING    prints "GENERATION MAJORITY DC": admin_epoch, 0 or 1, name of the DC or -
    cib.py gone RUNNING       prints the nodes of RUNNING that are no controllers any more, one a line

The generation of the cluster is the admin_epoch, so that a node which returns with an older one loses.
"""
import copy
import glob
import os
import sys
import xml.etree.ElementTree as ElementTree

FOLDER = os.path.dirname(os.path.abspath(__file__))
if FOLDER not in sys.path:
    sys.path.insert(0, FOLDER)

# Options of the cluster that Pacemaker itself writes, and those by which an operator holds it still.
KEPT_OPTIONS = frozenset([
    'have-watchdog', 'dc-version', 'cluster-infrastructure', 'cluster-name', 'last-lrm-refresh',
    'maintenance-mode', 'stop-all-resources',
])
# What an operator sets on a resource to the same end.
KEPT_META = frozenset(['maintenance', 'is-managed', 'target-role'])
# Constraints of crm_resource --move and --ban.
KEPT_PREFIXES = ('cli-ban-', 'cli-prefer-')
RESOURCES = ('primitive', 'group', 'clone', 'master', 'bundle')


class Unusable(Exception):
    """A file from which no configuration can be made; says which and why."""


def read(path):
    try:
        return ElementTree.parse(path).getroot()
    except (OSError, ElementTree.ParseError) as error:
        raise Unusable('%s: %s' % (path, error))


def assemble(root):
    """The rendered configuration with the fragments in the order of their names."""
    cib = read(root + '/etc/stackseed/pacemaker.xml')
    for path in sorted(glob.glob(root + '/etc/stackseed/pacemaker.d/*.xml')):
        fragment = read(path)
        if fragment.tag != 'configuration':
            raise Unusable('%s: the outermost element is <%s>, not <configuration>' % (path, fragment.tag))
        for section in fragment:
            if section.tag not in ('resources', 'constraints'):
                raise Unusable('%s: a fragment has resources and constraints, not <%s>' % (path, section.tag))
            cib.find('configuration/' + section.tag).extend(list(section))
    return cib


def merge(running, wanted, controllers):
    """What is to be loaded: the running CIB with the wanted configuration in it.

    Kept of what runs are its nodes with their attributes (standby, for one), but for those that are gone, of whose
    state crm_verify would complain; its status; its schema, since the daemons have upgraded it; and what an operator holds still.
    """
    result = copy.deepcopy(running)
    result.set('admin_epoch', wanted.get('admin_epoch'))
    result.set('epoch', '0')
    result.set('num_updates', '0')
    old, new = result.find('configuration'), copy.deepcopy(wanted.find('configuration'))
    keep_options(old, new)
    keep_meta(old, new)
    keep_moves(old, new)
    nodes = old.find('nodes')
    for those in (nodes, result.find('status')):
        for node in list(those):
            if node.get('uname') not in controllers:
                those.remove(node)
    replace_child(new, 'nodes', nodes)
    result[list(result).index(old)] = new
    return result


def replace_child(parent, tag, child):
    parent[list(parent).index(parent.find(tag))] = child


def keep_options(old, new):
    options = new.find('crm_config/cluster_property_set')
    taken = {one.get('name') for one in options}
    for one in old.iterfind('crm_config/cluster_property_set/nvpair'):
        if one.get('name') in KEPT_OPTIONS and one.get('name') not in taken:
            options.append(one)


def keep_meta(old, new):
    resources = by_id(new)
    for name, resource in sorted(by_id(old).items()):
        for one in resource.findall('meta_attributes/nvpair'):
            if one.get('name') in KEPT_META and name in resources:
                add_meta(resources[name], one)


def add_meta(resource, pair):
    """Unless the wanted configuration has something of its own to say there."""
    attributes = resource.find('meta_attributes')
    if attributes is None:
        attributes = ElementTree.Element('meta_attributes', {'id': resource.get('id') + '-meta_attributes'})
        # Last: any place is right for a primitive, but a group or clone has its members at the end.
        resource.insert(0, attributes)
    if pair.get('name') not in {one.get('name') for one in attributes}:
        attributes.append(pair)


def keep_moves(old, new):
    resources, constraints = by_id(new), new.find('constraints')
    for one in old.findall('constraints/*'):
        if one.get('id', '').startswith(KEPT_PREFIXES) and one.get('rsc') in resources:
            constraints.append(one)


def by_id(configuration):
    return {one.get('id'): one for tag in RESOURCES for one in configuration.iter(tag)}


def facts(running):
    """(admin_epoch, majority, name of the DC or '-').

    The DC is the one that was written last: whether it still is one, crmadmin knows.
    """
    names = {one.get('id'): one.get('uname') for one in running.iterfind('configuration/nodes/node')}
    return (int(running.get('admin_epoch') or 0), running.get('have-quorum') == '1',
            names.get(running.get('dc-uuid')) or '-')


def gone(running, controllers):
    names = {one.get('uname') for one in running.iterfind('configuration/nodes/node')}
    return sorted(name for name in names if name and name not in controllers)


def text(element):
    return ElementTree.tostring(element, encoding='unicode')


def controllers_of(root):
    import report_corosync
    return [node.split(' ')[0] for node in report_corosync.of_file(root)]


def main(arguments):
    root = os.environ.get('ROOT', '')
    verb, paths = arguments[:1], arguments[1:]
    try:
        if verb == ['assemble']:
            print(text(assemble(root)))
        elif verb == ['merge'] and len(paths) == 1:
            print(text(merge(read(paths[0]), assemble(root), controllers_of(root))))
        elif verb == ['facts']:
            generation, majority, dc = facts(ElementTree.fromstring(sys.stdin.read()))
            print('%d %d %s' % (generation, majority, dc))
        elif verb == ['gone'] and len(paths) == 1:
            print('\n'.join(gone(read(paths[0]), controllers_of(root))))
        else:
            sys.stderr.write(__doc__)
            return 2
    except (Unusable, ElementTree.ParseError) as error:
        print(error)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
