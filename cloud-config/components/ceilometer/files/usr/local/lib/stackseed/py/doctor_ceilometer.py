"""Row `central agent` of the doctor: one of Ceilometer on each controller, all in one group by which they share the
work out. Asks the Redis of this controller.
"""
import ceilometer_group
import doctor
import redis_talk


def rows(view):
    try:
        count = ceilometer_group.count(ceilometer_group.caller(view.root))
    except (OSError, ValueError, KeyError, IndexError, redis_talk.Failed) as error:
        return [doctor.row('process', 'central agent', '', ['Redis does not answer: %s' % error])]
    return [judge(count, len(view.names))]


def judge(count, controllers):
    problems = [] if count == controllers else ['%d of %d share the work out' % (count, controllers)]
    return doctor.row('process', 'central agent', '%d of Ceilometer share the work out' % count, problems)
