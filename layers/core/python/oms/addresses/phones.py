"""Telephone numbers in the one form that can be dialled from everywhere, made by Google's library for them.

The library takes a tenth of a second to load, so a number that is in this form already does not ask it.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from oms.addresses.international import plain

MAX_LENGTH = 50
"""Characters of a text that can be a number."""


def e164(text: str, countries: Collection[str] = ()) -> str:
    """A number in E.164; empty when it is none, or when nobody can say of which country.

    A number as it is dialled at home is taken for one of the customer's country, when all that is known of them speaks
    of one country, and when such a number exists there: a wrong guess tells a stranger.
    """
    if found := plain(text):
        return found
    if not re.search(r"[0-9]", text) or len(text) > MAX_LENGTH:
        return ""
    import phonenumbers

    known = {country.upper() for country in countries if country}
    try:
        number = phonenumbers.parse(text, known.pop() if len(known) == 1 else None)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_valid_number(number):
        return ""
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
