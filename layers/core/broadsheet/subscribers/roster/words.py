"""The words by which tables from elsewhere call columns: small letters and digits alone (`cells.plain`).

English, Belarusian, Russian, Ukrainian, German, Polish, French, Spanish and, of yes and no, some more. A word
in none of these lists means nothing to us: its column is asked about.
"""

from broadsheet.subscribers.roster.states import GONE


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


ADDRESS = _words(
    """
    emailaddress email mail mailaddress subscriberemail primaryemail recipient emails emailadresse
    mailadresse emailadresy adresemail courriel adressemail correo correoelectronico
    correoelectrónico email1value epost adresseemail indirizzoemail электроннаяпочта элпочта почта
    адресэлектроннойпочты емейл имейл емайл эмейл электроннаяпошта элпошта пошта
    адрасэлектроннайпошты электроннапошта адресаелпошти
    """
)
AUDIENCE = _words(
    """
    audience audiences list lists listname edition editions newsletter newsletters аудитория
    рассылка список издание аўдыторыя рассылкі спіс выданне
    """
)
LANGUAGE = _words(
    """
    language lang locale preferredlanguage sprache langue język язык мова
    """
)
STATUS = _words(
    """
    статусemail emailстатус статусадреса
    status subscriptionstatus subscriberstatus state memberstatus emailstatus liststatus
    globalstatus subscriptionstate contactstatus optinstatus emailmarketingstatus статус
    статусподписки состояние стан статуспадпіскі статуспідписки statut estado zustand abostatus
    """
)
# Filled, or yes: they agreed then, or did so at all.
CONSENT = _words(
    """
    addedon addedat added registriert registriertam eingetragen eingetragenam dateadd
    consentdate dateofconsent consenton consentat consent agreedon optintime optindate optinat
    optedinat subscribedat subscribedon subscribedate datesubscribed dateadded subscriptiondate
    subscribetime signupdate signupat createdat createdon creationdate created createddate
    dateregistered registered dateofsubscription joined joinedat joineddate datejoined entered
    addedtime anmeldedatum angemeldetam einwilligungam dateinscription datazapisu fechadealta
    датасогласия датаподтверждения датаподписки датарегистрации датадобавления датазгоды
    датападпіскі датапацвярджэння датапідписки
    """
)
# Yes or a day: they are. No, or nothing: they are not.
SUBSCRIBED = _words(
    """
    subscribed optin optedin emailoptin active isactive enabled isenabled mailable acceptsmarketing
    acceptsemailmarketing subscribedtoemails subscribedtonewsletter permission emailpermission
    marketingconsent emailconsent gdprconsent consented consentgiven agreed receivesnewsletter
    receivenewsletter wantsnewsletter newslettersubscribed issubscribed angemeldet abonniert aktiv
    einwilligung zustimmung abonné abonne inscrit actif suscrito activo zapisany aktywny zgoda
    подписан подписка подписана согласие активен активный получаетрассылку падпісаны падпіска згода
    актыўны підписаний підписка активний
    """
)
CONFIRMED = _words(
    """
    aktiviert aktiviertam activated activatedat optinconfirmed confirmedoptin
    confirmed isconfirmed emailconfirmed verified isverified emailverified doubleoptin confirmedat
    confirmedon confirmtime confirmationtime confirmationdate confirmdate doi verifiedat
    doubleoptindate doubleoptinat bestätigt bestätigtam confirmé confirmado potwierdzony подтвержден
    подтверждён подтвердил подтверждено пацверджаны пацверджана підтверджено підтверджений
    """
)
# Yes, a day, a number but 0, or any word: they are not, or not any more.
ENDED = _words(
    """
    dateremoved dateunsubscribed dateoptedout confirmedoptoutdate confirmedoptoutreason
    confirmedoptoutsource unsubscribedreason deaktiviertam unsubscribes leftdate dateleft
    unsubtime unsubscribed unsubscribedat unsubscribedon unsubscribedate unsubscribetime
    unsubscriptiondate unsubscribereason unsubreason unsubscribe unsub isunsubscribed
    unsubscribedfromallemail optouttime optoutdate optout optedout emailoptout optedoutat
    hasoptedoutofemail emailoptedout optoutat optoutreason cleantime cleaned cleanedat bouncedat
    bouncetime bounced bounce bounces bouncecount hardbounce hardbounced softbounced hardbounces
    bouncereason emailhardbouncereason isbounced bouncedate blacklisted blocklisted isblacklisted
    blacklist blocklist emailblacklisted denylisted emailblacklist blocked blockedat banned
    suppressed suppressedat suppression disabled emaildisabled isdisabled inactive isinactive
    deactivated unconfirmed undeliverable undeliverabilitydate undeliverabilityreason complained
    complaint complaints spam spamreport markedasspam deleted deletedat isdeleted removed removedat
    donotmail donotemail donotcontact donotsend dnc nonewsletter noemail noemails nomail revoked
    revokedat withdrawn withdrawnat consentrevoked consentwithdrawn leftat lefton abgemeldet
    abgemeldetam abmeldung abmeldedatum ausgetragen gesperrt gelöscht deaktiviert inaktiv widerrufen
    widerruf unbestätigt unzustellbar austritt désabonné désinscrit desinscrit bloqué baja
    fechadebaja bloqueado rebotado wypisany wypisana datawypisania zablokowany usunięty nieaktywny
    датаотписки отписан отписана отписался отписка отказ отказался заблокирован чёрныйсписок
    черныйсписок вчерномсписке недоступен неактивен отключен отключён неподтвержден неподтверждён
    удален удалён жалоба нерассылать неписать неподписан датаадпіскі адпісаны адпісаўся адпіска
    адмова заблакаваны чорныспіс выдалены адключаны неактыўны непацверджаны скарга недасылаць
    непісаць непадпісаны відписаний відписався датавідписки відмова заблокований видалений
    неактивний
    """
)
# Never speak of a state, whatever stands there (but see `states.GONE`).
HARMLESS = _words(
    """
    sent opened clicked location contactid customerid subscriberid memberid listid listids leid euid
    subscriberuuid displayname token
    name firstname lastname fullname surname middlename givenname familyname fname lname nickname
    username login title salutation gender sex birthday birthdate dateofbirth company organization
    organisation jobtitle position phone phonenumber mobile mobilephone fax address address1
    address2 street city town zip zipcode postcode postalcode country countrycode region province
    latitude longitude timezone ip ipaddress id uuid uid userid externalid foreignkey notes note
    comment comments tags labels source website url referrer no utmsource utmmedium utmcampaign
    updatedat modified lastmodified lastchanged vip modifiedtime lastopened lastopen lastclicked
    lastseenat opens clicks openrate clickrate memberrating rating htmlemail html format password
    plan tier tiers lastactivity lastactive lastlogin mailingcity mailingstreet mailingstate
    mailingzip mailingcountry mailingaddress billingstate shippingstate emailtype emailclient
    vorname nachname anrede firma straße strasse plz ort stadt land telefon geburtstag bemerkung
    notiz prénom prenom nom ville pays nombre apellido ciudad país imię imie nazwisko miasto kraj
    имя фамилия отчество фио город страна телефон адрес организация компания должность пол
    деньрождения датарождения заметки примечание комментарий теги імя прозвішча горад краіна тэлефон
    арганізацыя нататкі заўвага дзеньнараджэння імяпабацьку прізвище місто країна імʼя коментар
    каментар
    """
)
# Within a heading: what stands below may speak of a state or of consent.
MAY_SPEAK = (
    *GONE,
    *_words(
        """
        stav būsen durum olek stato situaç afmeld uitschr toestem samtyck suostum nõusol piekriš sutikim
        souhlas súhlas hozzájárul feliratk odběr odber prenumer abone iscri inscr permis actief aktív
        aktyv attiv ativo etkin former subscri optin opted bounce black block
        spam compla abuse status state active activ enabled
        disabled confirm verif consent permission gdpr agree delete remove cancel clean invalid
        undeliver donot nomail newsletter mailing marketing accept allow approv revok withdr left quit
        reject denied banned mute pause unsub churn legal privacy doublein doi dsgvo angemeld bestätig
        aktiv einwillig zustimm abonn gesperrt sperr gelöscht austrag austritt inscri bloqu supprim baja
        zapisan potwierdz zgod подпис отпис соглас подтвер актив рассыл отказ блок удал отключ недост
        жалоб спам возврат статус состоян чёрн черн запрет хочет получа падпіс адпіс згод пацв актыў
        адмов выдал адключ скарг забарон підпис відпис підтвер розсил видал
        """
    ),
)
LANGUAGES = {  # names of languages that editions may be in, beside their codes
    "en": _words("english englisch angielski anglais inglés английский англійская англійська"),
    "be": _words("belarusian belarusan belarussisch białoruski беларуская беларускі белорусский білоруська"),
    "ru": _words("russian russisch rosyjski russe ruso русский руская расейская рускі російська"),
}
