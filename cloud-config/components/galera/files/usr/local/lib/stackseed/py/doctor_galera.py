"""Row `database` of the doctor: all controllers serve one history. Judges what they report of themselves."""
import doctor


def rows(view):
    return [judge(view)]


def judge(view):
    problems = view.problems('galera', trouble)
    histories = {}
    for name in view.names:
        history = (view.section(name, 'galera') or {}).get('history')
        if history:
            histories.setdefault(history, []).append(name)
    if len(histories) > 1:
        problems.append('histories differ: ' + ', '.join(
            '%.8s on %s' % (history, doctor.listed(histories[history])) for history in sorted(histories)))
    how = '%s are Synced in history %.8s' % (doctor.listed(view.names), (list(histories) or ['none'])[0])
    return doctor.row('shared', 'database', how, problems)


def trouble(told, names):
    """What is wrong with one member, in words that follow its name."""
    if told.get('state') != 'MEMBER':
        return ['is %s, not a member yet' % told.get('state')]
    if told.get('running') != 'primary':
        return [{'no': 'does not run', 'nonprimary': 'sees no majority'}.get(told.get('running'), 'is not Primary')]
    if not told.get('synced'):
        return ['is not Synced']
    unseen = sorted(set(names) - set(told.get('view') or []))
    return ['does not see %s' % doctor.listed(unseen)] if unseen else []
