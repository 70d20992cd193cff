"""The known export formats: the meaning of each column, and where it is documented.

A format is recognised by headings that all must be present. A column that it does not list was added by
somebody, and is treated like a column of any file. Headings are written as by `cells.plain`. To add a format,
add an entry here and a fixture of its shape in `tests/data/exports/`; the addresses of those who are
subscribed contain `stays`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from broadsheet.subscribers.mailing_list.cells import name_of
from broadsheet.subscribers.mailing_list.meaning import Meaning


@dataclass(frozen=True)
class Format:
    """An export format, recognised by the headings `known_by`; `means` lists columns by precedence.

    With `nobody` it lists only people who are not subscribed. `caution` says what the file does not contain.
    `stays` are the format's own words or codes for subscribed people; any other means that they are not.
    """

    name: str
    source: str
    known_by: frozenset[str]
    means: Mapping[str, Meaning]
    ignored: frozenset[str] = field(default=frozenset())
    nobody: bool = False
    caution: str = ""
    stays: frozenset[str] = frozenset()

    def meaning(self, heading: str) -> Meaning | None:
        """The meaning of a column; None if the format does not list it."""
        name = name_of(heading)
        return self.means.get(name, Meaning.IGNORED if name in self.ignored else None)


def format_of(headings: Sequence[str]) -> Format | None:
    """The first format whose headings are all present."""
    names = {name_of(heading) for heading in headings}
    return next((one for one in FORMATS if one.known_by <= names), None)


def _format(
    name: str,
    source: str,
    known_by: str,
    ignored: str = "",
    *,
    nobody: bool = False,
    caution: str = "",
    stays: str = "",
    **means: str,
) -> Format:
    """A format; `means` has the headings of each meaning, separated by spaces."""
    pairs = [(heading, Meaning(meaning)) for meaning, listed in means.items() for heading in listed.split()]
    return Format(
        name,
        source,
        frozenset(known_by.split()),
        dict(pairs),
        frozenset(ignored.split()),
        nobody,
        caution,
        frozenset(stays.split()),
    )


_MAILCHIMP = (
    "firstname lastname address phonenumber birthday memberrating optinip confirmip latitude longitude"
    " gmtoff dstoff timezone cc region lastchanged leid euid notes tags"
)
_ABOUT_MAILCHIMP = (
    "mailchimp.com/help/view-export-contacts (three files: subscribed, unsubscribed, cleaned), and"
    " mailchimp.com/developer/marketing/docs/account-exports"
)
FORMATS = (
    _format(
        "Broadsheet",
        "subscribers/mailing_list/exporter.py",
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
        "unsubtime euid",
        _MAILCHIMP,
        nobody=True,
        address="emailaddress",
        ended="unsubtime unsubcampaigntitle unsubcampaignid unsubreason unsubreasonother",
        consent="confirmtime optintime",
    ),
    _format(
        "Mailchimp, cleaned",
        _ABOUT_MAILCHIMP,
        "cleantime euid",
        _MAILCHIMP,
        nobody=True,
        address="emailaddress",
        ended="cleantime cleancampaigntitle cleancampaignid",
        consent="confirmtime optintime",
    ),
    _format(
        "Mailchimp, subscribed",
        _ABOUT_MAILCHIMP,
        "memberrating optintime euid",
        _MAILCHIMP,
        address="emailaddress",
        consent="confirmtime optintime",
    ),
    _format(
        "Substack",
        "github.com/TryGhost/migrate, packages/mg-substack-members-csv (email_list.*.csv, and the older"
        " files of sign-ups and of subscribers)",
        "email expiry emaildisabled",
        "name activesubscription expiry plan preferdigests firstpaymentat type stripeconnectedcustomerid",
        address="email",
        ended="emaildisabled",
        consent="createdat",
    ),
    _format(
        "Substack, all columns of its dashboard",
        "support.substack.com, “How do I use the subscriber dashboard on Substack?”; “Cancel date” is what"
        " Substack's own columns call the day on which somebody unsubscribed",
        "email stripeplan canceldate startdate",
        "name stripeplan paidupgradedate bestseller emailsreceived emailsdropped numemailsopened"
        " emailsopened lastemailopen linksclicked lastclickedat uniqueemailsseen postviews uniquepostsseen"
        " comments shares subscriptionsgifted firstpaiddate revenue subscriptionsource"
        " subscriptionsourcefree subscriptionsourcepaid daysactive activity country stateprovince sections"
        " expirationdate type subscriptioninterval groupmembership",
        address="email",
        ended="canceldate",
        consent="startdate",
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
            "listmonk's export does not say who unsubscribed from a single list: export one list with the"
            " subscription status “confirmed” (or “unconfirmed” where the list has single opt-in), not all"
            " subscribers."
        ),
        address="email",
        status="status",
        consent="createdat",
    ),
    _format(
        "phpList",
        "phplist.org/manual, “Growing and using complex lists”: export; its table of subscribers",
        "email confirmed blacklisted",
        "id optedin modified uniqid uuid htmlemail subscribepage rssfrequency password passwordchanged"
        " extradata foreignkey",
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
        " sendthissubscriberhtmlemails rssfrequency additionaldata foreignkey uuid",
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
        "docs.buttondown.com/subscriber-dashboard (columns) and"
        " docs.buttondown.com/api-subscribers-introduction",
        "emailaddress type creationdate",
        "id notes metadata tags referrerurl secondaryid source utmcampaign utmmedium utmsource ipaddress"
        " upgradedate churndate lastopendate lastclickdate avatarurl riskscore importid stripecustomerid",
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
        "id name lastname company country city phone state zip sent openscount clickscount openrate"
        " clickrate ipaddress optinip source createdat updatedat groups",
        address="email",
        status="status",
        ended="unsubscribedat",
        consent="optedinat subscribedat",
    ),
    _format(
        "Kit (ConvertKit)",
        "developers.kit.com/api-reference/subscribers/list-subscribers; help.convertkit.com, “Subscriber"
        " States”",
        "emailaddress state createdat",
        "id firstname tags fields",
        address="emailaddress",
        status="state",
        consent="createdat",
    ),
    _format(
        "beehiiv",
        "developers.beehiiv.com, subscriptions: `status` is validating, invalid, pending, active, inactive,"
        " needs_attention",
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
            "Brevo's export says who is blocklisted only if that was asked for: export the contacts that"
            " are “subscribed”, or all with their subscription status for email."
        ),
        address="email",
        status="emailmarketing emailmarketingstatus emailsubscriptionstatus",
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
        "knowledge.hubspot.com, “What do the columns mean in the csv I receive when I export unsubscribes"
        " and bounces?”",
        "portalunsubscribe portalbounce",
        address="email emailaddress recipient",
        ended="portalbounce portalunsubscribe portalspamreport globalbounce marketinginformation",
    ),
    _format(
        "Mailtrain",
        "github.com/Mailtrain-org/mailtrain, shared/lists.js (1 is subscribed), and its subscriptions",
        "cid email status optinip",
        "id cid hashemail sourceemail optinip optincountry tz imported istest statuschange latestopen"
        " latestclick updated source",
        stays="1",
        address="email",
        status="status",
        ended="unsubscribed",
        consent="created",
    ),
    _format(
        "Newsletter (plugin of WordPress)",
        "wordpress.org/plugins/newsletter, its export of subscribers; C is confirmed, S, U, B, P are not",
        "email surname status date token",
        "name surname gender token sex",
        stays="c",
        address="email",
        status="status",
        consent="date",
    ),
    _format(
        "Unisender",
        "www.unisender.com/ru/support/api, importContacts and exportContacts (fields of the system)",
        "email emailstatus emailavailability",
        "emaillistids tags phone phonestatus phoneavailability phonelistids phonesubscribetimes",
        stays="active available",
        address="email",
        status="emailstatus emailavailability",
        ended="emailunsubscribedlistids emailexcludedlistids",
        consent="emailconfirmtime emailsubscribetimes emailaddtime",
    ),
    _format(
        "Google Groups",
        "support.google.com/groups, “Export members” (group status, email status, preference)",
        "emailaddress groupstatus emailstatus emailpreference",
        "nickname postingpermissions joinyear joinmonth joinday joinhour joinminute joinsecond timezone",
        caution=(
            "Google Groups writes the day on which somebody joined into several columns, which are not"
            " read: use --consent-on to say since when they had all agreed."
        ),
        stays="member owner manager allemail email digest abridged",
        address="emailaddress",
        status="groupstatus emailpreference",
        ended="emailstatus",
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
