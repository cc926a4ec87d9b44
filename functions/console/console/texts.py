"""The page's words, in English and Dutch. Reasons are the catalogue's own, in English."""

from collections.abc import Mapping

DEFAULT = "en"

TEXTS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "title": "Accounting sync",
        "skip": "Skip to the content",
        "overview": "Overview",
        "needs_you": "Needs you",
        "activity": "Activity",
        "sign_in": "Sign in",
        "sign_in_text": "This link works once. Sign in on this device?",
        "sign_in_again": "You are not signed in: the link was used, or it or your session has ended."
        " Ask for a new link: accounting-sync console open",
        "sign_out": "Sign out",
        "signed_in_as": "Signed in as",
        "waiting": "Waiting",
        "parked": "Needs a decision",
        "failed": "Failed",
        "rejected": "Refused",
        "planned": "Planned by a dry run",
        "unknown": "Of an unknown type",
        "next_due": "The first is tried again at",
        "last_event": "Last event",
        "limit_used": "Used of Moneybird's limit",
        "paused": "Paused",
        "until": "until",
        "reasons": "Reasons",
        "nothing": "Nothing needs you.",
        "more": "There are more. They appear when these are done.",
        "number": "Number",
        "kind": "Kind",
        "since": "Since",
        "reason": "Reason and what to do",
        "action": "Action",
        "try_again": "Try again",
        "try_all": "Try all of these again",
        "started": "Sent through once more: {count}.",
        "not_all": "Not all of them yet: try again for the rest.",
        "not_allowed": "You may look, and not change anything.",
        "forged": "This form is too old or not from this page. Go back, reload the page and try again.",
        "not_found": "There is no such page.",
        "elsewhere": "This is not of your connection.",
        "went_wrong": "That did not work",
        "when": "When",
        "who": "Who",
        "what": "What",
        "subject": "To what",
        "no_activity": "Nobody has done anything here yet.",
    },
    "nl": {
        "title": "Boekhoudkoppeling",
        "skip": "Naar de inhoud",
        "overview": "Overzicht",
        "needs_you": "Wacht op u",
        "activity": "Logboek",
        "sign_in": "Aanmelden",
        "sign_in_text": "Deze link werkt één keer. Wilt u zich op dit apparaat aanmelden?",
        "sign_in_again": "U bent niet aangemeld: de link is al gebruikt, of de link of uw sessie is verlopen."
        " Vraag een nieuwe link aan: accounting-sync console open",
        "sign_out": "Afmelden",
        "signed_in_as": "Aangemeld als",
        "waiting": "In de wacht",
        "parked": "Vraagt een beslissing",
        "failed": "Mislukt",
        "rejected": "Geweigerd",
        "planned": "Gepland door een proefrun",
        "unknown": "Van een onbekend type",
        "next_due": "De eerste wordt opnieuw geprobeerd om",
        "last_event": "Laatste gebeurtenis",
        "limit_used": "Gebruikt van de limiet van Moneybird",
        "paused": "Gepauzeerd",
        "until": "tot",
        "reasons": "Redenen",
        "nothing": "Er wacht niets op u.",
        "more": "Er zijn er meer. Ze verschijnen zodra deze klaar zijn.",
        "number": "Nummer",
        "kind": "Soort",
        "since": "Sinds",
        "reason": "Reden en wat te doen",
        "action": "Actie",
        "try_again": "Opnieuw proberen",
        "try_all": "Deze allemaal opnieuw proberen",
        "started": "Opnieuw aangeboden: {count}.",
        "not_all": "Nog niet allemaal: probeer de rest opnieuw.",
        "not_allowed": "U mag kijken, maar niets wijzigen.",
        "forged": "Dit formulier is te oud of komt niet van deze pagina. Ga terug, laad de pagina opnieuw en"
        " probeer het nog eens.",
        "not_found": "Deze pagina bestaat niet.",
        "elsewhere": "Dit hoort niet bij uw koppeling.",
        "went_wrong": "Dat is niet gelukt",
        "when": "Wanneer",
        "who": "Wie",
        "what": "Wat",
        "subject": "Waarop",
        "no_activity": "Hier heeft nog niemand iets gedaan.",
    },
}


def language_of(accept_language: str) -> str:
    """Return the first language of an Accept-Language header that the page has.

    Browsers list languages by preference, so their weights (`q`) are not read (RFC 9110, section 12.5.4).
    """
    for part in accept_language.lower().split(","):
        language = part.partition(";")[0].strip().partition("-")[0]
        if language in TEXTS:
            return language
    return DEFAULT
