"""An emulator of Amazon SES v2 on the developer's machine: its API, its limits, its events, and the mail.

    requests -> emulator -> identities, account (may it be sent?) · templates · messages (MIME) · outbox
                            -> events -> publisher -> the configuration set's SNS topic in the local engine
                                      -> forwarding -> a mail to the sender, if SES would send one

Wherever a source says how SES behaves, the code names that source. Mails are not signed, and none leaves the
machine.
"""
