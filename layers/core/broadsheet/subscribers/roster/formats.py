"""The exports that are known by their columns: what each column means, and where that is documented.

A format is known by headings that all must be there. A column that it does not name is one that somebody
added, and is judged like one of any file. Headings are as `cells.plain` has them. To add a format: a line
here, a fixture in `tests/data/exports/` in its shape, in which whoever stays has an address in `stays`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from broadsheet.subscribers.roster.cells import plain
from broadsheet.subscribers.roster.meaning import Meaning


@dataclass(frozen=True)
class Format:
    """One export: `known_by` are headings; the columns of `means` stand in the order in which they count.

    Nobody of it is taken in where `nobody`; `caution` is what the file does not say.
    """

    name: str
    source: str
    known_by: frozenset[str]
    means: Mapping[str, Meaning]
    ignored: frozenset[str] = field(default=frozenset())
    nobody: bool = False
    caution: str = ""

    def meaning(self, heading: str) -> Meaning | None:
        """What a column means; None for one that the format does not have."""
        name = plain(heading)
        return self.means.get(name, Meaning.IGNORED if name in self.ignored else None)


def format_of(headings: Sequence[str]) -> Format | None:
    """The first format whose headings all are there."""
    names = {plain(heading) for heading in headings}
    return next((one for one in FORMATS if one.known_by <= names), None)


def _format(
    name: str,
    source: str,
    known_by: str,
    ignored: str = "",
    *,
    nobody: bool = False,
    caution: str = "",
    **means: str,
) -> Format:
    """A format; `means` has the headings of each meaning, separated by spaces."""
    pairs = [(heading, Meaning(meaning)) for meaning, listed in means.items() for heading in listed.split()]
    return Format(
        name, source, frozenset(known_by.split()), dict(pairs), frozenset(ignored.split()), nobody, caution
    )


_MAILCHIMP = (
    "firstname lastname address phonenumber birthday memberrating optinip confirmip latitude"
    " longitude gmtoff dstoff"
    " timezone cc region lastchanged leid euid notes tags"
)
_ABOUT_MAILCHIMP = (
    "mailchimp.com/help/view-export-contacts (three files: subscribed, unsubscribed, cleaned), and"
    " mailchimp.com/developer/marketing/docs/account-exports"
)
FORMATS = (
    _format(
        "Broadsheet",
        "subscribers/roster/taking_out.py",
        "email audiences consenttext consentform confirmedon",
        "consenttext consentform consentlanguage confirmedby",
        address="email",
        audience="audiences",
        language="language",
        consent="confirmedon askedon",
    ),
    _format(
        "Mailchimp, unsubscribed",
        _ABOUT_MAILCHIMP,
        "emailaddress unsubtime",
        _MAILCHIMP,
        nobody=True,
        address="emailaddress",
        ended="unsubtime unsubcampaigntitle unsubcampaignid unsubreason unsubreasonother",
        consent="confirmtime optintime",
    ),
    _format(
        "Mailchimp, cleaned",
        _ABOUT_MAILCHIMP,
        "emailaddress cleantime",
        _MAILCHIMP,
        nobody=True,
        address="emailaddress",
        ended="cleantime cleancampaigntitle cleancampaignid",
        consent="confirmtime optintime",
    ),
    _format(
        "Mailchimp, subscribed",
        _ABOUT_MAILCHIMP,
        "emailaddress memberrating optintime",
        _MAILCHIMP,
        address="emailaddress",
        consent="confirmtime optintime",
    ),
    _format(
        "Substack",
        "github.com/TryGhost/migrate, packages/mg-substack (email_list.*.csv)",
        "email activesubscription expiry",
        "name activesubscription expiry plan preferdigests firstpaymentat",
        address="email",
        ended="emaildisabled",
        consent="createdat",
    ),
    _format(
        "Ghost",
        "ghost.org/help/import-members and the members' exporter of github.com/TryGhost/Ghost",
        "email subscribedtoemails",
        "id name note complimentaryplan stripecustomerid labels tiers products",
        address="email",
        subscribed="subscribedtoemails",
        ended="deletedat",
        consent="createdat",
    ),
    _format(
        "listmonk",
        "listmonk.app/docs/concepts (states of a subscriber) and github.com/knadh/listmonk/issues/738",
        "uuid email attributes status createdat",
        "uuid name attributes updatedat",
        caution=(
            "listmonk's export does not say who left a single list: export one list with the subscription"
            " status “confirmed” (or “unconfirmed” where the list has single opt-in), not all subscribers."
        ),
        address="email",
        status="status",
        consent="createdat",
    ),
    _format(
        "phpList",
        "phplist.org/manual, “Growing and using complex lists”: export; its table of subscribers",
        "email confirmed blacklisted",
        (
            "id optedin modified uniqid uuid htmlemail subscribepage rssfrequency password"
            " passwordchanged extradata foreignkey"
        ),
        address="email",
        confirmed="confirmed",
        ended="blacklisted bouncecount disabled",
        consent="entered",
    ),
    _format(
        "phpList, with headings in words",
        "github.com/phpList/web-frontend, the columns of its export",
        "email isthissubscriberconfirmed isthissubscriberblacklisted",
        "id didthissubscribermanuallyconfirm lastmodified uniqueid uniqueidforthissubscriber"
        " sendthissubscriberhtmlemails"
        " rssfrequency additionaldata foreignkey uuid",
        address="email",
        confirmed="isthissubscriberconfirmed",
        ended=(
            "isthissubscriberblacklisted numberofbounces numberofbouncesonthissubscriber"
            " isthisaccountdisabled"
        ),
        consent="entered",
    ),
    _format(
        "Buttondown",
        (
            "docs.buttondown.com/subscriber-dashboard (columns) and"
            " docs.buttondown.com/api-subscribers-introduction"
        ),
        "emailaddress type creationdate",
        "id notes metadata tags referrerurl secondaryid source utmcampaign utmmedium utmsource"
        " ipaddress upgradedate"
        " churndate lastopendate lastclickdate avatarurl riskscore importid stripecustomerid",
        address="emailaddress",
        status="type",
        ended="unsubscriptiondate unsubscriptionreason undeliverabilitydate undeliverabilityreason",
        consent="creationdate",
    ),
    _format(
        "Buttondown, with the older names",
        "docs.buttondown.com/api-subscribers-introduction (“subscriber_type and email”, renamed)",
        "email subscribertype creationdate",
        "id notes metadata tags referrerurl secondaryid source utmcampaign utmmedium utmsource ipaddress",
        address="email",
        status="subscribertype",
        ended="unsubscriptiondate undeliverabilitydate undeliverabilityreason",
        consent="creationdate",
    ),
    _format(
        "MailerLite",
        "github.com/mailerlite/mailerlite-nodejs, src/modules/subscribers/README.md (fields and states)",
        "email status subscribedat optedinat",
        "id name lastname company country city phone state zip sent openscount clickscount"
        " openrate clickrate ipaddress"
        " optinip source createdat updatedat groups",
        address="email",
        status="status",
        ended="unsubscribedat",
        consent="optedinat subscribedat",
    ),
    _format(
        "Kit (ConvertKit)",
        (
            "developers.kit.com/api-reference/subscribers/list-subscribers; help.convertkit.com,"
            " “Subscriber States”"
        ),
        "emailaddress state createdat",
        "id firstname tags fields",
        address="emailaddress",
        status="state",
        consent="createdat",
    ),
    _format(
        "beehiiv",
        (
            "developers.beehiiv.com, subscriptions: `status` is validating, invalid, pending, active,"
            " inactive, needs_attention"
        ),
        "email status createdat subscriptiontier",
        "subscriptiontier id utmsource utmmedium utmcampaign utmchannel referringsite referralcode",
        address="email",
        status="status",
        consent="createdat",
    ),
    _format(
        "Brevo (Sendinblue)",
        "developers.brevo.com/reference/request-contact-export (EMAIL, ADDED_TIME, MODIFIED_TIME; metadata)",
        "email addedtime modifiedtime",
        "contactid firstname lastname sms whatsapp landlinenumber modifiedtime listids",
        caution=(
            "Brevo's export says who is blocklisted only if that was asked for: export the contacts that are"
            " “subscribed”, or all with their subscription status for email."
        ),
        address="email",
        status="emailmarketing emailmarketingstatus",
        ended="emailblacklisted emailblacklist blacklisted",
        consent="addedtime",
    ),
    _format(
        "Campaign Monitor",
        "docs.zynk.com, “Exporting Subscribers from Campaign Monitor” (EmailAddress, Name, Date, State)",
        "emailaddress state date",
        "name readsemailwith",
        address="emailaddress",
        status="state",
        consent="date",
    ),
    _format(
        "HubSpot, unsubscribes and bounces",
        (
            "knowledge.hubspot.com, “What do the columns mean in the csv I receive when I export"
            " unsubscribes and bounces?”"
        ),
        "portalunsubscribe portalbounce",
        address="email emailaddress recipient",
        ended="portalbounce portalunsubscribe portalspamreport globalbounce marketinginformation",
    ),
    _format(
        "rasa.io",
        "help.rasa.io/what-do-the-fields-in-my-contacts-export-represent",
        "email subscribed unsubscribereason",
        "id firstname lastname updated referralcode referredby source",
        address="email",
        subscribed="subscribed",
        ended="unsubscribereason",
        consent="created",
    ),
)
