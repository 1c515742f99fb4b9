"""Section `rabbitmq` of this host's report: its record, and what its RabbitMQ is doing now.

Reads; changes nothing. With a record that cannot be read it raises, so that the others take this host for
one that may have data.
"""
import rabbitmq_live


def report(root):
    return rabbitmq_live.section(root)
