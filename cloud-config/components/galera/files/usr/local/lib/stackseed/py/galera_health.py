"""Prints how this controller stands in the cluster, in a line; exit status 0 when it serves, 1 when not,
78 when an operator must look at its disk."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import galera_live  # noqa: E402
import galera_state  # noqa: E402
import sql  # noqa: E402


def main():
    root = os.environ.get('ROOT', '')
    try:
        record = galera_state.read(root)
        if record is None:
            print('the join loop has not run yet')
            return 1
        with sql.Connection(root, timeout=5.0) as connection:
            serves, why, _ = galera_live.serving(root, record, connection)
    except galera_state.Unreadable as error:
        print(error)
        return 78
    except (sql.Failed, OSError, ValueError) as error:
        print('MariaDB does not answer: %s' % error)
        return 1
    print(why)
    return 0 if serves else 1


if __name__ == '__main__':
    sys.exit(main())
