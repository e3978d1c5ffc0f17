"""What can be opened after a run: a label, a packing slip, a mail in each language, the report."""

from __future__ import annotations

import html
import shutil
from pathlib import Path

from infra.demo.outcome import Outcome
from infra.demo.post import Post
from infra.demo.run import Run


def keep(run: Run, outcomes: list[Outcome], directory: Path) -> dict[str, str]:
    """Write files into a directory, which is emptied before; their paths by what they are."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    found: dict[str, str] = {}
    shipped = [outcome for outcome in outcomes if outcome.order["parcels"]]
    if shipped:
        # The parcel with the most lines has the most to show.
        parcels = [each for outcome in shipped for each in outcome.order["parcels"] if each["tracking_number"]]
        share = max(parcels, key=lambda parcel: len(parcel["lines"]))["fulfillment_order_id"]
        for name in ("label", "packing-slip"):
            path = directory / f"{name}.pdf"
            path.write_bytes(run.api.document(f"/fulfillment-orders/{share}/{name}.pdf"))
            found[name] = str(path)
    found |= _mails(run.post, {outcome.order["order_id"] for outcome in outcomes}, directory)
    return found


def _mails(post: Post, ours: set[str], directory: Path) -> dict[str, str]:
    """The first mail of each kind and language, and a page that leads to them."""
    mails = post.mails()
    found: dict[str, Path] = {}
    for each in sorted(post.messages(), key=lambda message: (message.kind, message.language)):
        name = f"{each.kind}-{each.language[:2]}".replace("_", "-")
        if each.order_id in ours and each.provider_id in mails and name not in found:
            path = directory / "mails" / f"{name}.html"
            path.parent.mkdir(exist_ok=True)
            path.write_text(mails[each.provider_id]["BodyHtml"], encoding="utf-8")
            found[name] = path
    if not found:
        return {}
    index = directory / "mails.html"
    links = "\n".join(f'<li><a href="mails/{path.name}">{html.escape(name)}</a></li>' for name, path in found.items())
    index.write_text(f"<!doctype html><meta charset=utf-8><title>Mails</title><ul>\n{links}\n</ul>\n", encoding="utf-8")
    confirmed = next((path for name, path in found.items() if name.startswith("order-confirmed")), index)
    return {"mail": str(confirmed), "all mails": str(index)}
