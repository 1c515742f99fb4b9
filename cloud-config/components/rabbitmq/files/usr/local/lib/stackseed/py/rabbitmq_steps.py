"""The step table in the database, as this component uses it."""
import os
import subprocess
import sys

STEP = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'step.py')
OK, LOST, DONE, LATER = 0, 1, 3, 75


class Later(Exception):
    """Nobody can tell now, or it is somebody else's; the text says why."""


def run(root, *words):
    """(status, stdout) of step.py; Later with what it said when the database does not serve."""
    environment = dict(os.environ, ROOT=root)
    try:
        ran = subprocess.run([sys.executable or 'python3', '-I', '-S', '-B', STEP] + [str(word) for word in words],
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             env=environment, timeout=60)
    except (OSError, subprocess.SubprocessError) as error:
        raise Later('for the database: %s' % error)
    if ran.returncode not in (OK, LOST, DONE):
        said = ran.stderr.decode('utf-8', 'replace').strip().splitlines()
        raise Later('for the database: %s' % (said[-1] if said else 'step.py ended with %d' % ran.returncode))
    return ran.returncode, ran.stdout.decode('ascii', 'replace').strip()


def claim(root, name, generation):
    """The token when it is this host's to do now; None when it is done. Later when it is another's."""
    status, token = run(root, 'claim', name, generation)
    return token if status == OK else None


def done(root, name, generation, token):
    """Whether it was recorded; False when it was taken over meanwhile."""
    return run(root, 'done', name, generation, token)[0] == OK


def holds(root, name, generation, token):
    return run(root, 'check', name, generation, token)[0] == OK


def state(root, name, generation):
    """'none', 'begun' or 'done'."""
    return run(root, 'state', name, generation)[1].split(' ')[-1]


def first(root, record):
    """The fact `step` of rabbitmq_decide.py: the last generation of step `rabbitmq` that anybody began."""
    try:
        if record['state'] == 'FORMING':
            generation = record['generation']
            return {'state': state(root, 'rabbitmq', generation), 'generation': generation,
                    'mine': holds(root, 'rabbitmq', generation, record['history']), 'why': ''}
        generation, found = 1, state(root, 'rabbitmq', 1)
        while found == 'done':
            following = state(root, 'rabbitmq', generation + 1)
            if following == 'none':
                break
            generation, found = generation + 1, following
        return {'state': found, 'generation': generation, 'mine': False, 'why': ''}
    except Later as error:
        return {'state': 'unknown', 'generation': None, 'mine': False, 'why': str(error)}
