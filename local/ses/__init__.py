"""An emulator of Amazon SES v2 on the developer's machine: its API, its limits, its events, and the mail.

    requests -> emulator -> verification, account (may it be sent?) · templates · messages (MIME) · outbox
                            -> events -> publisher -> the configuration set's SNS topic in the local engine
                                      -> forwarding -> a mail to the sender, where SES would send one

What it says and refuses follows SES where a source tells; each such fact stands beside its code. It signs
nothing and sends nothing anywhere.
"""
