"""The words by which tables from elsewhere call the state of a person, in small letters and digits only.

In the languages of `heading_words.py`. A word in none of these lists is unknown: its row is a finding.
"""


def word_list(text: str) -> tuple[str, ...]:
    """The words of a text."""
    return tuple(text.split())


def word_set(text: str) -> frozenset[str]:
    """The words of a text, to look words up in."""
    return frozenset(text.split())


YES = word_set(
    """
    是 نعم はい 예 כן ναι დიახ այո verdadero vero verdadeiro prawda істина 1 yes y true t on x ok ja j wahr
    oui vrai si sí sì tak да д так праўда истина ano áno taip jā jah sim evet igen kyllä checked подписан
    подписана падпісаны subscribed active confirmed enabled optin granted given згоден согласен double
    verified
    """
)
NO = word_set(
    """
    否 لا いいえ 아니요 לא όχι არა ոչ falso fałsz хибність 0 no n false f off nein falsch non faux nie нет н
    не ні ложь хлусня ne nē ei não nao hayır nem никогда ніколі ніколи niemals jamais nunca nigdy nikdy
    unchecked never none null nil nan na notset 00000000 00000000000000
    """
)
SUBSCRIBED_STATES = word_set(
    """
    subscribed enabled active confirmed optedin optin member yes true regular premium paid free gifted
    verified angemeldet aktiv abonniert bestätigt inscrit abonné actif confirmé suscrito available доступен
    доступна implicit express explicit activo zapisany aktywny potwierdzony подписан подписана подписался
    активен активный активна подтвержден подтверждён падпісаны падпісана актыўны актыўная пацверджаны
    підписаний активний да ja
    """
)
ENDED_STATES = word_set(
    """
    unsub cleaned blocklisted blacklisted blocked disabled inactive deactivated bounced bounce complained
    complaint spam abuse junk spammy markedasspam held archived deleted removed suppressed banned invalid
    undeliverable malformed left pending unconfirmed notconfirmed new nonsubscribed notsubscribed unactivated
    cold transactional no false paused cancelled bounces complaints leavers quit canceled unverified bouncing
    error nonmember invited awaitingconfirmation neversubscribed suspended dropped excluded churned rejected
    declined resigned deceased dead gone unreachable ended terminated spamcomplaint previousbounce byuser
    bybounces bymoderator noemail webonly never gekündigt kündigung raus weg ausgeschieden gegangen verstorben
    beschwert blockiert neu entfernt abbestellt gestrichen rejeté refusé désactivé décédé rechazado eliminado
    zmarł odrzucony ожидаетподтверждения неподтвердил приглашён приглашен спамжалоба выбыл выбыла ушла вышел
    вышла удалена заблокирована отключена неактивна умер умерла выйшаў выйшла сышоў пайшоў памёр выдалена
    заблакаваная неактыўная адключаная чакаепацвярджэння вибув видалена заблокована validating needsattention
    passive stopped expired revoked withdrawn denied nomail gesperrt gelöscht deaktiviert inaktiv unbestätigt
    widerrufen ausgetragen nein bloqué supprimé inactif nonconfirmé baja bloqueado inactivo zablokowany
    usunięty nieaktywny niepotwierdzony nie заблокирован недоступен неактивен неактивный удален удалён
    отключен отключён неподтвержден неподтверждён неподписан отказался отказ жалоба спам ушел ушёл нет
    заблакаваны неактыўны выдалены адключаны непацверджаны непадпісаны адмовіўся скарга не ні заблокований
    неактивний видалений відмовився
    """
)
# Words of the two lists above that are common in other columns, too.
TOO_COMMON = word_set("new neu no false invalid held cold passive error не ні нет nie nein")
# Words of NO that stand for an empty cell.
SAYS_LITTLE = word_set("none null nil nan na n notset")
PLAIN_YES = word_set("yes true ja да")
# How words begin that, in a title or a file's name, say that the people below are no readers any more.
FORMER = word_list(
    """
    former ehemalig gekündigt kündigung ausgeschieden exreader exmember exabonn anciens ancienne byli byłych
    бывш былы колишн выбыв ушедш ушли ушёл ушел ушла сышл сышоў
    """
)
# Within any text: somebody left, or must not be mailed.
GONE = word_list(
    """
    uitgeschreven afgemeld avregistrer avprenumerer avmeld afmeldt frameldt leiratkoz disiscri cancellato
    cancellata descadastr dezabon odhlas odhlás atteic loobun abonelikten peruut 退订 取消订阅 exsubscri
    formersubscri nolonger removeme removefrom pleaseremove askedtoleave wantsout nichtmehr hatgekündigt
    большене нехочет большнехоча nomoremail nomorepost nomoreletters donotwrite dontwrite dontmail stopwriting
    formerreader formermember formercontact exreader exmember exsubscrib бывшийчит бывшаячит бывшийподпис
    былычыт былаячыт былыпадпіс большенеписать unsub nonsubscrib neversubscrib nevermail pleasestop stopmail
    stopsending просилнеписать нехочетполучать прасіўнепісаць нехочаатрымліваць keinemails keinepost
    keinenewsletter möchtekeine willkeine abbestell notsubscrib optout optedout optingout blacklist blocklist
    hardbounce softbounce bounced markedasspam donotmail donotemail donotcontact donotsend cleanedmember
    cleanedemail suppress unconfirmed removedby abgemeldet abmeld ausgetragen widerruf désabonn désinscri
    desabonn desinscri wypisan odhlášen atsisak cancellatodalla dadodebaja отписа отписк отказалс нерассылать
    неписать неслать чёрныйсписок черныйсписок адпіса адпіск адмовіў недасылаць непісаць неслаць чорныспіс
    відписа відписк відмови ненадсилати
    """
)
