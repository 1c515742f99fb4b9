"""Row `cinder-volume` of the doctor: it runs on one controller, and the others may take it over. Asks Pacemaker."""
import re

import doctor

RESOURCE, READY = 'cinder-volume', 'cinder-volume-ready'
SECONDS = 10


def rows(view):
    where = doctor.said(['crm_resource', '--resource', RESOURCE, '--locate'], SECONDS)
    ready = doctor.said(['attrd_updater', '--name', READY, '--query', '--all'], SECONDS)
    if where is None or ready is None:
        return [doctor.row('process', RESOURCE, '', ['Pacemaker does not answer'])]
    return [judge(view.names, runs_on(where), able(ready))]


def runs_on(text):
    """Names of the hosts where Pacemaker has it running: a line for each, and one when there is none."""
    return sorted(re.findall(r'is running on: *([^ \n]+)', text))


def able(text):
    """Names of the hosts that told Pacemaker that they may run it."""
    return set(re.findall(r'host="([^"]*)" value="1"', text))


def judge(names, running, ready):
    problems = [] if len(running) == 1 else ['runs on %s' % doctor.listed(running)]
    unready = sorted(set(names) - ready)
    if unready:
        problems.append('%s could not take it over' % doctor.listed(unready))
    return doctor.row('process', RESOURCE, 'runs on %s alone, all others could' % doctor.listed(running), problems)
