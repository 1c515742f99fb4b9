"""Row `turns for new seeds` of the doctor: whether one host holds up all others that would take a new seed."""
import sys
import time

import doctor
import turn


def rows(view):
    try:
        with turn.Turns(view.root) as turns:
            found = turns.rows()
    except Exception as error:
        sys.stderr.write('turns: %s\n' % error)
        return [doctor.row('process', 'turns for new seeds', '', ['the database does not tell'])]
    now = int(time.time())
    taken = [turn.words(row, now) for row in found if not row.is_free(now) and not row.holds_up(now)]
    how = ', '.join(sorted(taken)) or 'nobody takes a new seed'
    return [doctor.row('process', 'turns for new seeds', how, [turn.words(row, now) for row in found if row.holds_up(now)])]
