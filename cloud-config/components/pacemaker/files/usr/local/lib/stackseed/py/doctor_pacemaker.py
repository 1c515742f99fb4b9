"""Row `HAProxy` of the doctor: one on each controller under Pacemaker, all virtual addresses on one of them.

Judges what the controllers report of themselves.
"""
import doctor


def rows(view):
    holders = {}
    for name in view.names:
        vips = (view.section(name, 'pacemaker') or {}).get('vips') or {}
        for address in vips:
            holders.setdefault(address, []).extend([name] if vips[address] else [])
    problems = view.problems('pacemaker', trouble) + addresses(holders)
    where = doctor.listed({name for names in holders.values() for name in names})
    how = 'runs on %s; %s' % (doctor.listed(view.names), '%s on %s' % (' '.join(sorted(holders)), where) if holders
                              else 'the fleet has no virtual address')
    return [doctor.row('balancing', 'HAProxy', how, problems)]


def trouble(told, names):
    if told.get('generation') is None:
        return ['has no Pacemaker that answers']
    if not told.get('quorate'):
        return ['sees no majority']
    offline = set(names) - set(told.get('online') or [])
    if offline:
        return ['does not see %s' % doctor.listed(offline)]
    return ['runs no HAProxy'] if told.get('vips') and not told.get('haproxy') else []


def addresses(holders):
    problems = ['%s is on %s' % (address, ' and '.join(holders[address]) or 'no host')
                for address in sorted(holders) if len(holders[address]) != 1]
    apart = {tuple(names) for names in holders.values() if len(names) == 1}
    if len(apart) > 1:
        problems.append('the virtual addresses are apart: ' + ', '.join(
            '%s on %s' % (address, doctor.listed(holders[address])) for address in sorted(holders)))
    return problems
