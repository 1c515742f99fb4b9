"""The facts of one round: what this host is, and what each other controller said in this round."""
import ask
import galera_live
import galera_state

RUNNING = ('no', 'starting', 'nonprimary', 'primary', 'foreign')


def gather(root, record, live):
    """Facts as galera_decide.py takes them; asks all the others, which takes 3 seconds at most."""
    own = galera_live.section(root, record, live)
    cluster = galera_state.read_cluster(root)
    own['name'] = cluster['self']
    found = ask.ask_all(root, ['galera'], told(own))
    return {'self': own, 'list': own['list'], 'controllers': own['controllers'], 'ever': own['ever'],
            'reports': {name: report_of(found[name]) for name in sorted(found)}}


def told(own):
    """What the others are told when they are asked: another text whenever it may matter to them."""
    parts = [own['state'], own['running'], 'synced' if own['synced'] else '-', own['list'][:6],
             (own['history'] or '-')[:6]]
    for part in (own['attempt'], own['promise']):
        parts.append(part['nonce'][:6] if part else '-')
    parts.append(str(own['position']) if own['running'] == 'no' else '-')
    return ' '.join(parts)[:64]


def report_of(found):
    """A section, "unreadable" or null. Who answers without one, or with a strange one, may hold data."""
    if not isinstance(found, dict):
        return found
    section = galera_state.complete(found['answer'].get('galera'))
    if not is_section(section):
        return 'unreadable'
    return dict(section, boot=found['boot'])


def is_section(section):
    return (galera_state.is_record(section)
            and section.get('running') in RUNNING and isinstance(section.get('synced'), bool)
            and all(is_position(section.get(key)) for key in ('position', 'cached_from'))
            and isinstance(section.get('list'), str)
            and all(galera_state.is_names(section.get(key)) for key in ('controllers', 'ever', 'view')))


def is_position(value):
    return value is None or (isinstance(value, int) and not isinstance(value, bool) and value >= 0)
