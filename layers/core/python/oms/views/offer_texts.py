"""The words of the page on which a customer answers an offer of other goods, in each language."""

from __future__ import annotations

from collections.abc import Mapping

Texts = Mapping[str, str]

LANGUAGES: Mapping[str, Texts] = {
    "en": {
        "title": "An alternative for your order {number}",
        "intro": "Unfortunately, we cannot send you these items at the moment:",
        "offer": "We can send you these instead:",
        "price": "You pay {amount} for them.",
        "price_less": "You pay {amount} for them instead of {before}. We will refund the difference, or not charge it.",
        "until": "The offer is valid until {date}.",
        "accept": "Yes, send me these instead",
        "decline": "No, I would rather wait",
        "accepted": "Thank you. We will send you these items.",
        "declined": "Thank you for letting us know. We will send you your items as soon as they arrive.",
        "withdrawn": "This offer is no longer valid.",
        "expired": "This offer is no longer valid.",
        "over": "This offer is no longer needed: your order has moved on in the meantime.",
        "refused": "Not possible",
        "invalid": "This link is not valid, or no longer. Please ask the shop.",
        "retry": "Something went wrong on our side. Please try again later.",
        "back": "Back to the offer",
    },
    "de": {
        "title": "Eine Alternative für Ihre Bestellung {number}",
        "intro": "Leider können wir Ihnen diese Artikel zurzeit nicht senden:",
        "offer": "Stattdessen können wir Ihnen senden:",
        "price": "Sie zahlen dafür {amount}.",
        "price_less": "Sie zahlen dafür {amount} statt {before}. Die Differenz erstatten wir oder buchen sie nicht ab.",
        "until": "Das Angebot gilt bis {date}.",
        "accept": "Ja, bitte diese Artikel senden",
        "decline": "Nein, ich warte lieber",
        "accepted": "Vielen Dank. Wir senden Ihnen diese Artikel.",
        "declined": "Danke für Ihre Nachricht. Wir senden Ihnen Ihre Artikel, sobald sie eintreffen.",
        "withdrawn": "Dieses Angebot gilt nicht mehr.",
        "expired": "Dieses Angebot gilt nicht mehr.",
        "over": "Dieses Angebot hat sich erledigt: Mit Ihrer Bestellung geht es inzwischen weiter.",
        "refused": "Nicht möglich",
        "invalid": "Dieser Link ist nicht oder nicht mehr gültig. Bitte fragen Sie den Shop.",
        "retry": "Bei uns ist etwas schiefgegangen. Bitte versuchen Sie es später noch einmal.",
        "back": "Zurück zum Angebot",
    },
    "it": {
        "title": "Un’alternativa per il suo ordine {number}",
        "intro": "Purtroppo al momento non possiamo inviarle questi articoli:",
        "offer": "Al loro posto possiamo inviarle:",
        "price": "Li paga {amount}.",
        "price_less": "Li paga {amount} invece di {before}. La differenza le sarà rimborsata o non addebitata.",
        "until": "L’offerta è valida fino al {date}.",
        "accept": "Sì, inviatemi questi",
        "decline": "No, preferisco aspettare",
        "accepted": "Grazie. Le invieremo questi articoli.",
        "declined": "Grazie per avercelo detto. Le invieremo i suoi articoli appena arrivano.",
        "withdrawn": "Questa offerta non è più valida.",
        "expired": "Questa offerta non è più valida.",
        "over": "Questa offerta non serve più: nel frattempo il suo ordine è andato avanti.",
        "refused": "Non è possibile",
        "invalid": "Questo link non è valido o non lo è più. Si rivolga al negozio.",
        "retry": "Qualcosa non ha funzionato da parte nostra. Riprovi più tardi.",
        "back": "Torna all’offerta",
    },
    "fr": {
        "title": "Une alternative pour votre commande {number}",
        "intro": "Malheureusement, nous ne pouvons pas vous envoyer ces articles pour le moment\u00a0:",
        "offer": "À la place, nous pouvons vous envoyer\u00a0:",
        "price": "Vous les payez {amount}.",
        "price_less": "Vous les payez {amount} au lieu de {before}. La différence vous sera remboursée ou ne sera pas "
        "débitée.",
        "until": "L’offre est valable jusqu’au {date}.",
        "accept": "Oui, envoyez-moi ces articles",
        "decline": "Non, je préfère attendre",
        "accepted": "Merci. Nous vous enverrons ces articles.",
        "declined": "Merci de votre réponse. Nous vous enverrons vos articles dès leur arrivée.",
        "withdrawn": "Cette offre n’est plus valable.",
        "expired": "Cette offre n’est plus valable.",
        "over": "Cette offre n’a plus lieu d’être\u00a0: votre commande a avancé entre-temps.",
        "refused": "Impossible",
        "invalid": "Ce lien n’est pas valable ou ne l’est plus. Veuillez vous adresser à la boutique.",
        "retry": "Une erreur s’est produite de notre côté. Veuillez réessayer plus tard.",
        "back": "Retour à l’offre",
    },
    "es": {
        "title": "Una alternativa para su pedido {number}",
        "intro": "Lamentablemente, por ahora no podemos enviarle estos artículos:",
        "offer": "En su lugar podemos enviarle:",
        "price": "Paga por ellos {amount}.",
        "price_less": "Paga por ellos {amount} en lugar de {before}. La diferencia se le reembolsa o no se le cobra.",
        "until": "La oferta es válida hasta el {date}.",
        "accept": "Sí, envíenme estos",
        "decline": "No, prefiero esperar",
        "accepted": "Gracias. Le enviaremos estos artículos.",
        "declined": "Gracias por avisarnos. Le enviaremos sus artículos en cuanto lleguen.",
        "withdrawn": "Esta oferta ya no es válida.",
        "expired": "Esta oferta ya no es válida.",
        "over": "Esta oferta ya no es necesaria: su pedido ha seguido adelante.",
        "refused": "No es posible",
        "invalid": "Este enlace no es válido o ya no lo es. Pregunte a la tienda.",
        "retry": "Algo ha fallado por nuestra parte. Inténtelo de nuevo más tarde.",
        "back": "Volver a la oferta",
    },
}


def texts(language: str) -> tuple[str, Texts]:
    """The code and the texts of a BCP 47 language, or English."""
    base = language.replace("_", "-").split("-")[0].lower()
    return (base, LANGUAGES[base]) if base in LANGUAGES else ("en", LANGUAGES["en"])
