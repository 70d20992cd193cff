"""The words by which tables from elsewhere call columns, in small letters and digits only (`cells.plain`).

English, Belarusian, Russian, Ukrainian, German, Polish, French, Spanish and, of yes and no, some more. A word
in none of these lists is unknown: an operator is asked about its column.
"""

from broadsheet.subscribers.mailing_list.status_words import GONE, word_list, word_set

# In the order in which they are preferred.
ADDRESS = word_list(
    """
    emailaddress email mail mailaddress subscriberemail primaryemail recipient emails emailadresse mailadresse
    emailadresy adresemail courriel adressemail correo correoelectronico correoelectrónico email1value epost
    adresseemail indirizzoemail электроннаяпочта элпочта почта адресэлектроннойпочты емейл имейл емайл эмейл
    электроннаяпошта элпошта пошта адрасэлектроннайпошты электроннапошта адресаелпошти
    """
)
AUDIENCE = word_set(
    """
    audience audiences list lists listname edition editions newsletter newsletters аудитория рассылка список
    издание аўдыторыя рассылкі спіс выданне
    """
)
LANGUAGE = word_set("language lang locale preferredlanguage sprache langue język язык мова")
STATUS = word_set(
    """
    статусemail emailстатус статусадреса доступностьemail доступность emailavailability availability
    marketingstatus emailmarketingconsent emailsubscriptionstatus deliverystatus permissionstatus
    emailpermissionstatus abonnementstatus status subscriptionstatus subscriberstatus state memberstatus
    emailstatus liststatus globalstatus subscriptionstate contactstatus optinstatus emailmarketingstatus
    статус статусподписки состояние стан статуспадпіскі статуспідписки statut estado zustand abostatus
    """
)
# Filled, or yes: the day on which they agreed, or that they did.
CONSENT = word_set(
    """
    addedon addedat added registriert registriertam eingetragen eingetragenam dateadd consentdate
    dateofconsent consenton consentat consent agreedon optintime optindate optinat optedinat subscribedat
    subscribedon subscribedate datesubscribed dateadded subscriptiondate subscribetime signupdate signupat
    createdat createdon creationdate created createddate dateregistered registered dateofsubscription joined
    joinedat joineddate datejoined entered signedup signedupat signedupon datesignedup dateofsignup signuptime
    datecreated createdtime createdate timecreated subscribedsince joindate datejoin datestarted
    optintimestamp optindatetime dateoptin consenttimestamp emailmarketingconsenttimestamp profilecreatedon
    membersince erstellt erstelltam hinzugefügtam beitritt датавнесения датавступления датазаписи датасоздания
    датастварэння датарэгістрацыі датаствараньня датададання датареєстрації addedtime anmeldedatum
    angemeldetam einwilligungam dateinscription datazapisu fechadealta датасогласия датаподтверждения
    датаподписки датарегистрации датадобавления датазгоды датападпіскі датапацвярджэння датапідписки
    """
)
# Yes or a day: they are subscribed. No, or nothing: they are not.
SUBSCRIBED = word_set(
    """
    subscribed optin optedin emailoptin active isactive enabled isenabled mailable acceptsmarketing
    acceptsemailmarketing subscribedtoemails subscribedtonewsletter permission emailpermission accept accepted
    accepts marketingconsent emailconsent gdprconsent consented consentgiven agreed receivesnewsletter
    receivenewsletter wantsnewsletter newslettersubscribed issubscribed angemeldet abonniert aktiv
    einwilligung zustimmung abonné abonne inscrit actif suscrito activo zapisany aktywny zgoda подписан
    подписка подписана согласие активен активный получаетрассылку падпісаны падпіска згода актыўны підписаний
    підписка активний
    """
)
CONFIRMED = word_set(
    """
    aktiviert aktiviertam activated activatedat optinconfirmed confirmedoptin confirmed isconfirmed
    emailconfirmed verified isverified emailverified doubleoptin confirmedat confirmedon confirmtime
    confirmationtime confirmationdate confirmdate doi verifiedat doubleoptindate doubleoptinat bestätigt
    bestätigtam confirmé confirmado potwierdzony подтвержден подтверждён подтвердил подтверждено пацверджаны
    пацверджана підтверджено підтверджений
    """
)
# Yes, a day, a number but 0, or any word: they are not subscribed, or not any more.
ENDED = word_set(
    """
    dateremoved dateunsubscribed dateoptedout confirmedoptoutdate confirmedoptoutreason confirmedoptoutsource
    unsubscribedreason deaktiviertam unsubscribes leftdate dateleft unsubtime unsubscribed unsubscribedat
    unsubscribedon unsubscribedate unsubscribetime unsubscriptiondate unsubscribereason unsubreason
    unsubscribe unsub isunsubscribed unsubscribedfromallemail optouttime optoutdate optout optedout
    emailoptout optedoutat hasoptedoutofemail emailoptedout optoutat optoutreason cleantime cleaned cleanedat
    bouncedat bouncetime bounced bounce bounces bouncecount hardbounce hardbounced softbounced hardbounces
    bouncereason emailhardbouncereason isbounced bouncedate blacklisted blocklisted isblacklisted blacklist
    blocklist emailblacklisted denylisted emailblacklist blocked blockedat banned suppressed suppressedat
    suppression disabled emaildisabled isdisabled inactive isinactive deactivated unconfirmed undeliverable
    undeliverabilitydate undeliverabilityreason complained complaint complaints spam spamreport markedasspam
    deleted deletedat isdeleted removed removedat donotmail donotemail donotcontact donotsend dnc nonewsletter
    noemail noemails nomail revoked revokedat withdrawn withdrawnat consentrevoked consentwithdrawn leftat
    lefton abgemeldet abgemeldetam abmeldung abmeldedatum ausgetragen gesperrt gelöscht deaktiviert inaktiv
    widerrufen widerruf unbestätigt unzustellbar austritt désabonné désinscrit desinscrit bloqué baja
    fechadebaja bloqueado rebotado wypisany wypisana datawypisania zablokowany usunięty nieaktywny
    unsubcampaigntitle unsubcampaignid unsubreasonother cleancampaigntitle cleancampaignid unsubscribedmode
    emailunsubscribedlistids emailexcludedlistids emailsuppressions isexcludedfromcampaigns excluded onhold
    deceased suspended stoptime stopstatus nobulkemailsuseroptout optedoutofemail bouncesoft softbounce
    softbounces désabonnéle désinscritle désabonnement austrittsdatum kündigung gekündigt leiratkozott blokada
    блокировка причинаблокировки датаблокировки заблокировано причинаотписки датаотписки отписан отписана
    отписался отписка отказ отказался заблокирован чёрныйсписок черныйсписок вчерномсписке недоступен
    неактивен отключен отключён неподтвержден неподтверждён удален удалён жалоба нерассылать неписать
    неподписан датаадпіскі адпісаны адпісаўся адпіска адмова заблакаваны чорныспіс выдалены адключаны
    неактыўны непацверджаны скарга недасылаць непісаць непадпісаны відписаний відписався датавідписки відмова
    заблокований видалений неактивний
    """
)
# A heading of ENDED with one of these before or after it has the same meaning.
AROUND = (
    word_list("is has was email date дата"),
    word_list("on at date time datetime timestamp reason am le дата count"),
)
# The first or last word of headings that never speak of a state, unless a stem of `MAY_SPEAK` is in them.
HARMLESS_FIRST = word_set(
    """
    utm phone mobile tel address billing shipping social twitter facebook instagram linkedin telegram
    """
)
HARMLESS_LAST = word_set(
    """
    name names city town country street zip postcode url link ip id uid uuid hash count rate score points
    opened opens clicks clicked received delivered amount spent orders revenue price total currency source
    referrer referral medium campaign timezone zone birthday age avatar photo picture image company
    organisation organization phone fax username nickname website lang langcode locale code имя город страна
    улица индекс телефон открытий кликов переходов источник возраст фото сайт організація вуліца узрост
    крыніца quelle alter webseite bild
    """
)
# Ways to reach a person other than mail.
OTHER_WAYS = word_set("sms fax call calls phone telephone whatsapp push viber telefon факс смс")
# Never speak of a state, whatever their cells contain (but see `GONE`).
HARMLESS = word_set(
    """
    sent opened clicked location contactid customerid subscriberid memberid listid listids leid euid
    subscriberuuid displayname token subscriptionid subscriberuid emaildisplayname sourceurl score points age
    avatar photo lastopen lastemailopen lastclickedat postviews categories department instagram twitter
    telegram facebook website2 hashemail hash lead referralcode signupsource acquisitionsource openratepercent
    procent percent возраст источник quelle alter name firstname lastname fullname surname middlename
    givenname familyname fname lname nickname username login title salutation gender sex birthday birthdate
    dateofbirth company organization organisation jobtitle position phone phonenumber mobile mobilephone fax
    address address1 address2 street city town zip zipcode postcode postalcode country countrycode region
    province latitude longitude timezone ip ipaddress id uuid uid userid externalid foreignkey notes note
    comment comments tags labels source website url referrer no utmsource utmmedium utmcampaign updatedat
    modified lastmodified lastchanged vip modifiedtime lastopened lastclicked lastseenat opens clicks openrate
    clickrate memberrating rating htmlemail html format password plan tier tiers lastactivity lastactive
    lastlogin mailingcity mailingstreet mailingstate mailingzip mailingcountry mailingaddress billingstate
    shippingstate emailtype emailclient vorname nachname anrede firma straße strasse plz ort stadt land
    telefon geburtstag bemerkung notiz prénom prenom nom ville pays nombre apellido ciudad país imię imie
    nazwisko miasto kraj имя фамилия отчество фио город страна телефон адрес организация компания должность
    пол деньрождения датарождения заметки примечание комментарий теги імя прозвішча горад краіна тэлефон
    арганізацыя нататкі заўвага дзеньнараджэння імяпабацьку прізвище місто країна імʼя коментар каментар
    """
)
# Within a heading: its cells may speak of a state or of consent.
MAY_SPEAK = GONE + word_list(
    """
    stav būsen durum olek stato situaç afmeld uitschr toestem samtyck suostum nõusol piekriš sutikim souhlas
    súhlas hozzájárul feliratk odběr odber prenumer abone iscri inscr permis actief aktív aktyv attiv ativo
    etkin former subscri optin opted bounce black block spam compla abuse status state active activ enabled
    disabled confirm verif consent permission gdpr agree delete remove cancel clean invalid reason grund motiv
    raison powód причин прычын stop suspend pending error fehler ошибк памылк exclud drop hold deceased ehemal
    бывш былы held unverif unreach undeliver donot nomail newsletter mailing marketing accept allow approv
    revok withdr left quit reject denied banned mute pause unsub churn legal privacy doublein doi dsgvo
    angemeld bestätig aktiv einwillig zustimm abonn gesperrt sperr gelöscht austrag austritt inscri bloqu
    supprim baja zapisan potwierdz zgod подпис отпис соглас подтвер актив рассыл отказ блок удал отключ недост
    жалоб спам возврат статус состоян чёрн черн запрет хочет получа падпіс адпіс згод пацв актыў адмов выдал
    адключ скарг забарон підпис відпис підтвер розсил видал
    """
)
RECORDS = word_set("attributes attribs metadata fields customfields extradata additionaldata")
LANGUAGES = {  # names of languages that editions may be in, beside their codes
    "en": word_list("english englisch angielski anglais inglés английский англійская англійська"),
    "be": word_list(
        "belarusian belarusan belarussisch białoruski беларуская беларускі белорусский білоруська"
    ),
    "ru": word_list("russian russisch rosyjski russe ruso русский руская расейская рускі російська"),
}
