"""Retention times, shared by the code, the template and the privacy page.

The code that deletes data uses them, the privacy page shows them, and a test compares the template's queues,
tables, buckets and logs with them. DynamoDB deletes expired items late, so readers compare the time.
"""

from datetime import timedelta

PENDING = timedelta(hours=48)  # an unconfirmed sign-up, and its link
NEW_ADDRESS = timedelta(hours=48)  # a new address that its reader has not confirmed, and its link
FRESH_LINK = timedelta(days=2)  # so long a link to a reader's page can also change the address
PROBES = timedelta(hours=1)  # a sign-up of `broadsheet verify`, and its send history
SIGN_UP_QUEUE = timedelta(days=2)  # a sealed sign-up that waits or failed
DEAD_LETTERS = timedelta(days=14)  # failed messages about uploads and mailings
MAIL_EVENTS = timedelta(days=1)  # SES's events about a mail, which contain the address
LEDGER_DETAILS = timedelta(days=90)  # the recipients of a mailing and their delivery status; then only counts
ROUND_TRIPS = timedelta(days=1)  # the events of mails to SES's mailbox simulator
NETWORK_COUNTERS = timedelta(days=1)  # the sign-ups of a network, and the salt of the day
ADDRESS_COOL_DOWN = timedelta(days=30)  # the days on which an address was mailed a confirmation
TOMBSTONE = timedelta(hours=48)  # that a reader has just left, so that queued messages about them are dropped
TO_THE_END_OF_THE_DAY = timedelta(days=1)  # at most so much longer if only the day is stored
LOGS = timedelta(days=14)
BACKUPS = timedelta(days=7)  # point-in-time recovery of the tables about readers
OLD_KEYS = BACKUPS + timedelta(days=1)  # a key of addresses, once nothing is sealed under it
PUBLIC_BACKUPS = timedelta(days=35)  # of the register, which has no data about readers
PREVIEWS = timedelta(days=14)
OLD_PAGES = timedelta(days=30)
# What AWS keeps by itself; the times can't be changed.
# Source: CloudTrail User Guide, "Event history": 90 days; KMS writes each use of a key there. CloudWatch User
# Guide, "Metrics retention": by the minute for 15 days, by the hour for 455.
AWS_EVENT_HISTORY = timedelta(days=90)
AWS_METRICS = timedelta(days=455)
