"""How long what is kept: the numbers that code, template and the privacy page share.

The code that forgets takes them from here, the privacy page shows them, and a test holds the template's
queues, tables, buckets and logs to them. DynamoDB deletes what has lapsed late, so whoever reads looks at
the time.
"""

from datetime import timedelta

PENDING = timedelta(hours=48)  # a sign-up that nobody confirms, and its link
PROBES = timedelta(hours=1)  # a sign-up of `broadsheet verify` that nobody can confirm, and its mail
SIGN_UP_QUEUE = timedelta(days=2)  # a sealed sign-up that waits for its turn, or that failed
DEAD_LETTERS = timedelta(
    days=14
)  # messages about uploads and mailings that failed, until a person has looked
MAIL_EVENTS = timedelta(days=1)  # what the mail service says of a mail; the address stands in it
LEDGER_DETAILS = timedelta(days=90)  # who was in a mailing, and what became of their mail; then counts only
ROUND_TRIPS = timedelta(days=1)  # that an event of a mail to SES's mailbox simulator came back
NETWORK_COUNTERS = timedelta(days=1)  # how many sign-ups a network sent, and the salt of the day
ADDRESS_COOL_DOWN = timedelta(days=30)  # when an address was asked to confirm
TOMBSTONE = timedelta(hours=48)  # that somebody has just left, so that work in the queue is dropped
TO_THE_END_OF_THE_DAY = timedelta(days=1)  # so much longer, at most, lies what is kept by the day
LOGS = timedelta(days=14)
BACKUPS = timedelta(days=7)  # point-in-time recovery of the tables that are about readers
OLD_KEYS = BACKUPS + timedelta(days=1)  # a key of addresses, after nothing was sealed under it any more
PUBLIC_BACKUPS = timedelta(days=35)  # of the register, in which no reader stands
PREVIEWS = timedelta(days=14)
OLD_PAGES = timedelta(days=30)
# What AWS keeps by itself, and nobody can shorten.
# Source: CloudTrail User Guide, "Event history": 90 days; KMS writes each use of a key there. CloudWatch User
# Guide, "Metrics retention": by the minute for 15 days, by the hour for 455.
AWS_EVENT_HISTORY = timedelta(days=90)
AWS_METRICS = timedelta(days=455)
