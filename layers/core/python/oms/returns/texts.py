"""What customers are told about returns, on their page and in mails, in each language that they are written to."""

from __future__ import annotations

from collections.abc import Mapping

Texts = Mapping[str, str]

_EN = {
    "title": "Returns for order {number}",
    "choose": "Send something back",
    "quantity": "How many? You can return {count}.",
    "reason": "Why?",
    "send": "Announce the return",
    "nothing": "There is nothing that can be returned now.",
    "yours": "Your returns",
    "return": "Return {number}: {status}",
    "requested": "we are looking at it",
    "approved": "approved",
    "declined": "declined",
    "received": "received",
    "closed": "closed",
    "send_to": "Please send it to:",
    "fees": "Kept from the refund: {amount}",
    "refunded": "Refunded so far: {amount}",
    "refused": "This is not possible",
    "invalid": "This link is not valid, or no longer. Please ask the shop for a new one.",
    "retry": "Something went wrong on our side. Please try again later.",
    "back": "Back to your returns",
    "damaged": "It is damaged",
    "wrong_item": "It is the wrong article",
    "not_as_described": "It is not as described",
    "does_not_fit": "It does not fit",
    "changed_mind": "I changed my mind",
    "arrived_late": "It came too late",
    "other": "Another reason",
    "refused_window_over": "“{title}” could be returned within {days} days of its delivery. This period is over.",
    "refused_window_over_plain": "The period for returns is over.",
    "refused_final_sale": "“{title}” was sold without a right of return.",
    "refused_final_sale_plain": "These items were sold without a right of return.",
    "refused_hygiene": "Sealed items cannot be taken back for reasons of health and hygiene once they have "
    "been opened.",
    "refused_worn": "The items have been used beyond what is needed to try them, or were damaged after "
    "they had been delivered.",
}

_DE = {
    "title": "Rücksendungen zur Bestellung {number}",
    "choose": "Etwas zurücksenden",
    "quantity": "Wie viele? Sie können {count} zurücksenden.",
    "reason": "Warum?",
    "send": "Rücksendung ankündigen",
    "nothing": "Zurzeit kann nichts zurückgesendet werden.",
    "yours": "Ihre Rücksendungen",
    "return": "Rücksendung {number}: {status}",
    "requested": "wird geprüft",
    "approved": "angenommen",
    "declined": "abgelehnt",
    "received": "eingetroffen",
    "closed": "abgeschlossen",
    "send_to": "Bitte senden Sie sie an:",
    "fees": "Wird von der Erstattung einbehalten: {amount}",
    "refunded": "Bisher erstattet: {amount}",
    "refused": "Das ist nicht möglich",
    "invalid": "Dieser Link ist nicht oder nicht mehr gültig. Bitte lassen Sie sich vom Shop einen neuen geben.",
    "retry": "Bei uns ist etwas schiefgegangen. Bitte versuchen Sie es später noch einmal.",
    "back": "Zurück zu Ihren Rücksendungen",
    "damaged": "Es ist beschädigt",
    "wrong_item": "Es ist der falsche Artikel",
    "not_as_described": "Es ist nicht wie beschrieben",
    "does_not_fit": "Es passt nicht",
    "changed_mind": "Ich habe es mir anders überlegt",
    "arrived_late": "Es kam zu spät",
    "other": "Ein anderer Grund",
    "refused_window_over": "„{title}“ konnte innerhalb von {days} Tagen nach der Zustellung zurückgegeben "
    "werden. Diese Frist ist abgelaufen.",
    "refused_window_over_plain": "Die Rückgabefrist ist abgelaufen.",
    "refused_final_sale": "„{title}“ wurde ohne Rückgaberecht verkauft.",
    "refused_final_sale_plain": "Diese Artikel wurden ohne Rückgaberecht verkauft.",
    "refused_hygiene": "Versiegelte Artikel können aus Gründen des Gesundheitsschutzes und der Hygiene nicht "
    "zurückgenommen werden, wenn sie geöffnet wurden.",
    "refused_worn": "Die Artikel wurden über das Prüfen hinaus benutzt oder nach der Zustellung beschädigt.",
}

_IT = {
    "title": "Resi dell'ordine {number}",
    "choose": "Restituire qualcosa",
    "quantity": "Quanti? Può restituirne {count}.",
    "reason": "Perché?",
    "send": "Annunciare il reso",
    "nothing": "Al momento non c'è nulla che si possa restituire.",
    "yours": "I Suoi resi",
    "return": "Reso {number}: {status}",
    "requested": "in esame",
    "approved": "approvato",
    "declined": "rifiutato",
    "received": "ricevuto",
    "closed": "chiuso",
    "send_to": "Lo spedisca a:",
    "fees": "Trattenuto dal rimborso: {amount}",
    "refunded": "Rimborsato finora: {amount}",
    "refused": "Non è possibile",
    "invalid": "Questo link non è valido o non lo è più. Ne chieda uno nuovo al negozio.",
    "retry": "Qualcosa è andato storto da parte nostra. Riprovi più tardi.",
    "back": "Torna ai Suoi resi",
    "damaged": "È danneggiato",
    "wrong_item": "È l'articolo sbagliato",
    "not_as_described": "Non è come descritto",
    "does_not_fit": "Non va bene la misura",
    "changed_mind": "Ho cambiato idea",
    "arrived_late": "È arrivato troppo tardi",
    "other": "Un altro motivo",
    "refused_window_over": "«{title}» poteva essere restituito entro {days} giorni dalla consegna. Questo "
    "termine è scaduto.",
    "refused_window_over_plain": "Il termine per la restituzione è scaduto.",
    "refused_final_sale": "«{title}» è stato venduto senza diritto di restituzione.",
    "refused_final_sale_plain": "Questi articoli sono stati venduti senza diritto di restituzione.",
    "refused_hygiene": "Per motivi di salute e igiene, gli articoli sigillati non possono essere restituiti "
    "una volta aperti.",
    "refused_worn": "Gli articoli sono stati usati oltre quanto serve per provarli o sono stati "
    "danneggiati dopo la consegna.",
}

_FR = {
    "title": "Retours de la commande {number}",
    "choose": "Renvoyer un article",
    "quantity": "Combien ? Vous pouvez en renvoyer {count}.",
    "reason": "Pourquoi ?",
    "send": "Annoncer le retour",
    "nothing": "Rien ne peut être renvoyé pour le moment.",
    "yours": "Vos retours",
    "return": "Retour {number} : {status}",
    "requested": "en cours d'examen",
    "approved": "accepté",
    "declined": "refusé",
    "received": "reçu",
    "closed": "clos",
    "send_to": "Veuillez l'envoyer à :",
    "fees": "Retenu sur le remboursement : {amount}",
    "refunded": "Remboursé jusqu'ici : {amount}",
    "refused": "Ce n'est pas possible",
    "invalid": "Ce lien n'est pas valable, ou ne l'est plus. Veuillez en demander un nouveau à la boutique.",
    "retry": "Une erreur s'est produite de notre côté. Veuillez réessayer plus tard.",
    "back": "Revenir à vos retours",
    "damaged": "Il est endommagé",
    "wrong_item": "Ce n'est pas le bon article",
    "not_as_described": "Il n'est pas conforme à la description",
    "does_not_fit": "La taille ne convient pas",
    "changed_mind": "J'ai changé d'avis",
    "arrived_late": "Il est arrivé trop tard",
    "other": "Une autre raison",
    "refused_window_over": "«\u00a0{title}\u00a0» pouvait être retourné dans les {days} jours suivant la "
    "livraison. Ce délai est écoulé.",
    "refused_window_over_plain": "Le délai de retour est écoulé.",
    "refused_final_sale": "«\u00a0{title}\u00a0» a été vendu sans droit de retour.",
    "refused_final_sale_plain": "Ces articles ont été vendus sans droit de retour.",
    "refused_hygiene": "Pour des raisons de santé et d’hygiène, les articles scellés ne peuvent pas être "
    "repris une fois ouverts.",
    "refused_worn": "Les articles ont été utilisés au-delà d’un simple essai ou endommagés après la livraison.",
}

_ES = {
    "title": "Devoluciones del pedido {number}",
    "choose": "Devolver algo",
    "quantity": "¿Cuántos? Puede devolver {count}.",
    "reason": "¿Por qué?",
    "send": "Anunciar la devolución",
    "nothing": "Ahora no hay nada que se pueda devolver.",
    "yours": "Sus devoluciones",
    "return": "Devolución {number}: {status}",
    "requested": "la estamos revisando",
    "approved": "aceptada",
    "declined": "rechazada",
    "received": "recibida",
    "closed": "cerrada",
    "send_to": "Envíela a:",
    "fees": "Se descuenta del reembolso: {amount}",
    "refunded": "Reembolsado hasta ahora: {amount}",
    "refused": "No es posible",
    "invalid": "Este enlace no es válido o ya no lo es. Pida uno nuevo a la tienda.",
    "retry": "Algo ha fallado por nuestra parte. Inténtelo de nuevo más tarde.",
    "back": "Volver a sus devoluciones",
    "damaged": "Está dañado",
    "wrong_item": "Es el artículo equivocado",
    "not_as_described": "No es como se describe",
    "does_not_fit": "No me queda bien",
    "changed_mind": "He cambiado de opinión",
    "arrived_late": "Llegó demasiado tarde",
    "other": "Otro motivo",
    "refused_window_over": "«{title}» podía devolverse en los {days} días siguientes a la entrega. Este plazo ha "
    "terminado.",
    "refused_window_over_plain": "El plazo de devolución ha terminado.",
    "refused_final_sale": "«{title}» se vendió sin derecho de devolución.",
    "refused_final_sale_plain": "Estos artículos se vendieron sin derecho de devolución.",
    "refused_hygiene": "Por motivos de salud e higiene, los artículos precintados no se pueden devolver una "
    "vez abiertos.",
    "refused_worn": "Los artículos se han usado más de lo necesario para probarlos o se dañaron después de la entrega.",
}

LANGUAGES: Mapping[str, Texts] = {"en": _EN, "de": _DE, "it": _IT, "fr": _FR, "es": _ES}


def texts(language: str) -> tuple[str, Texts]:
    """The code and the texts of a BCP 47 language, or English."""
    base = language.replace("_", "-").split("-")[0].lower()
    return (base, LANGUAGES[base]) if base in LANGUAGES else ("en", _EN)
