"""Makes the account of the service NAME in the database, with all rights in DATABASE, over TLS alone; or gives it its
password anew. Run it as a step: it changes the same thing on all controllers.

    openstack_account.py NAME DATABASE

/etc/stackseed/openstack/NAME.database has the account and, below it, the password. The DATABASE need not be there yet.
"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import sql  # noqa: E402


def main(arguments):
    if len(arguments) != 2:
        sys.stderr.write(__doc__)
        return 2
    name, database = arguments
    root = os.environ.get('ROOT', '')
    try:
        account, password = read(root, name, 'database')
        with sql.Connection(root, timeout=30.0) as connection:
            for text in statements(account, database, password):
                connection.query(text)
    except ValueError:
        # Not its text: that may be the password.
        sys.stderr.write('the account or the password of %s has a quote or a backslash, or is no plain text\n' % name)
        return 78
    except (OSError, sql.Failed) as error:
        sys.stderr.write('for the database: %s\n' % error)
        return 75
    return 0


def read(root, name, kind):
    """(account, password) of a service, where `kind` is database or broker."""
    with open('%s/etc/stackseed/openstack/%s.%s' % (root, name, kind)) as file:
        account, password = file.read().splitlines()
    return account, password


def statements(name, database, password):
    """One statement that makes it or changes it, in every release; an underscore stands for itself."""
    literal = database.replace('_', '\\_')
    return ["GRANT ALL PRIVILEGES ON `%s`.* TO %s@'%%' IDENTIFIED BY %s REQUIRE SSL"
            % (literal, sql.quote(name), sql.quote(password))]


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
