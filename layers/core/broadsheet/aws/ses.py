"""SES: one mail to one address, and one call for up to fifty."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from broadsheet.mail import Mail

if TYPE_CHECKING:
    from types_boto3_sesv2 import SESV2Client

CHARSET = "UTF-8"


@dataclass(frozen=True)
class SESMailer:
    """`SendEmail`, through the configuration set; the client must have no automatic retries."""

    ses: "SESV2Client"
    configuration_set: str

    def send(self, mail: Mail, to: str, tags: dict[str, str]) -> None:
        """Hand one mail to SES.

        Source: SES v2 API, SendEmail: `Content.Simple.Headers`, up to 15 of them.
        """
        self.ses.send_email(
            FromEmailAddress=mail.sender,
            Destination={"ToAddresses": [to]},
            ReplyToAddresses=[mail.reply_to] if mail.reply_to else [],
            Content={
                "Simple": {
                    "Subject": {"Data": mail.subject, "Charset": CHARSET},
                    "Body": {
                        "Text": {"Data": mail.text, "Charset": CHARSET},
                        "Html": {"Data": mail.html, "Charset": CHARSET},
                    },
                    "Headers": [{"Name": name, "Value": value} for name, value in mail.headers.items()],
                }
            },
            EmailTags=[{"Name": name, "Value": value} for name, value in tags.items()],
            ConfigurationSetName=self.configuration_set,
        )
