"""Words of what the doctor looks at: see examine.py.

A file doctor_SERVICE.py beside this one has rows(view), which gives a list of row(...).
"""
import subprocess

# What a service is to the fleet, in the order in which the doctor tells of them.
KINDS = ('shared', 'balancing', 'api', 'process')


def row(kind, service, how, problems):
    """How it stands in words, and what is wrong with it: a list of words, empty when nothing is."""
    return {'kind': kind, 'service': service, 'how': how, 'problems': list(problems)}


class View:
    """The controllers as this one sees them at one moment.

    names: of all controllers of the inventory; addresses: {name: address}; told: {name: {section: dict or None}}, or
    'unreadable', or None for one that is silent.
    """

    def __init__(self, root, own, addresses, told):
        self.root, self.own, self.addresses, self.told = root, own, addresses, told
        self.names = sorted(addresses)

    def section(self, name, section):
        """What a controller says in a section; None when it says nothing."""
        told = self.told.get(name)
        found = told.get(section) if isinstance(told, dict) else None
        return found if isinstance(found, dict) else None

    def problems(self, section, trouble):
        """Who says nothing there, and what is wrong with the others: trouble(told, names) gives a list of words
        that follow the name of a controller.
        """
        found = [(name, self.section(name, section)) for name in self.names]
        return ([absence(name, self.told.get(name)) for name, told in found if told is None] +
                ['%s %s' % (name, words) for name, told in found if told is not None
                 for words in trouble(told, self.names)])


def absence(name, told):
    if told is None:
        return '%s is silent' % name
    if told == 'unreadable':
        return '%s gives no good answer' % name
    return '%s says nothing of it' % name


def listed(names):
    return ', '.join(sorted(names)) or 'no host'


def said(command, seconds):
    """What a program prints; None when it fails, is not there or takes too long."""
    try:
        return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              timeout=seconds, check=True).stdout.decode('utf-8', 'replace')
    except (OSError, subprocess.SubprocessError):
        return None
