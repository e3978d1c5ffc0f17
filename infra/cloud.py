"""The process of the local cloud: ministack, mended where it falls short of AWS in what this system relies on.

Run as `python -m infra.cloud`; `infra.local` does. Each mend is named by the function that makes it. They reach into
ministack's insides, so its version is pinned and `tests/e2e` shows that each of them works.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
import threading
import zipfile
from collections import Counter
from email.utils import parseaddr
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ministack import app  # type: ignore[import-untyped]
from ministack.core import iam_actions, lambda_runtime  # type: ignore[import-untyped]
from ministack.core.lambda_runtime import Worker  # type: ignore[import-untyped]
from ministack.services import cloudwatch, lambda_svc  # type: ignore[import-untyped]

STREAM_RETRIES = 10
"""Deliveries of a stream's record before it is given up: the template's limit, which ministack does not apply."""

Json = dict[str, Any]

_invoke = lambda_svc._execute_function  # noqa: SLF001 - see the module's docstring
_write_logs = lambda_svc._emit_lambda_logs  # noqa: SLF001 - likewise
_action = iam_actions.extract_iam_action
_resource = iam_actions.extract_resource_arn
_arrive = app.pin_request_origin
_attempts: Counter[tuple[str, str]] = Counter()


class _Once(dict[str, Any]):
    """A batch that is on its way to the function: not to be mended again when ministack calls itself."""


def invoke(function: Json, event: Any) -> Json:
    """Invoke, and do for a stream's batch what ministack does not: heed `batchItemFailures`, give up, hand on.

    A failed record makes the batch come again, as on AWS; after as many tries as the template allows it goes to the
    on-failure destination, and the rest of the batch goes on.
    """
    if not _from_stream(event):
        return dict(_invoke(function, event))
    name, records = str(function["config"]["FunctionName"]), list(event["Records"])
    while records:
        result = dict(_invoke(function, _Once(event, Records=records)))
        failed = 0 if result.get("error") else _first_failed(result, records)
        if failed is None:
            break
        poison = records[failed]
        tried = (name, str(poison["dynamodb"]["SequenceNumber"]))
        _attempts[tried] += 1
        if _attempts[tried] < STREAM_RETRIES:
            return {**result, "error": True, "body": result.get("body") or {}}
        del _attempts[tried]
        _hand_on(name, function, poison, result)
        records = records[failed + 1 :]
    return {"body": {"batchItemFailures": []}}


def write_logs(function: Json, request_id: str, log_text: str, *rest: Any, **options: Any) -> None:
    """Write the log, and turn its EMF lines into metrics, as CloudWatch does."""
    _write_logs(function, request_id, log_text, *rest, **options)
    for line in log_text.splitlines():
        if '"_aws"' in line:
            record_metrics(line)


def record_metrics(line: str) -> None:
    """Record the metrics of an EMF line, once per set of dimensions; a line that is none is left alone."""
    try:
        document = json.loads(line)
        directives = document["_aws"]["CloudWatchMetrics"]
    except (ValueError, KeyError, TypeError):
        return
    for directive in directives:
        for names in directive["Dimensions"]:
            dimensions = {name: str(document[name]) for name in names}
            for metric in directive["Metrics"]:
                values = document[metric["Name"]]
                for value in values if isinstance(values, list) else [values]:
                    cloudwatch.record_metric(
                        directive["Namespace"], metric["Name"], value, metric.get("Unit", "None"), dimensions
                    )


def action(*request: Any, **options: Any) -> str | None:
    """The IAM action of a call: AWS asks for `sns:Publish` when messages are published in a batch, and so on."""
    found: str | None = _action(*request, **options)
    return found.removesuffix("Batch") if found and found.startswith(("sns:", "sqs:")) else found


def resource(service: str, method: str, path: str, headers: Any, body: bytes, *rest: Any) -> str:
    """The ARN that a call is about: a mail is sent with the right to its sender's identity, not to everything."""
    if service == "ses" and path.rstrip("/").endswith("/outbound-emails"):
        _, region, account = rest
        sender = parseaddr(json.loads(body).get("FromEmailAddress", ""))[1]
        return f"arn:aws:ses:{region}:{account}:identity/{sender}"
    return str(_resource(service, method, path, headers, body, *rest))


def arrive(address: str, _encrypted: object) -> None:
    """Note where a request comes from. What never leaves this machine counts as encrypted on its way."""
    _arrive(address, True)


class SharedZip(zipfile.ZipFile):
    """A zip that is unpacked once for all workers: each has thousands of files, and a burst starts many workers."""

    _unpacking = threading.Lock()

    def namelist(self) -> list[str]:
        """No names: ministack asks the file system about each of a layer's, for each worker, where it leads to.

        These zips are packed here, and lead nowhere else.
        """
        return []

    def extractall(self, path: Any = None, members: Any = None, pwd: Any = None) -> None:
        """Put a link to the shared directory where `path` is, an empty directory."""
        zipped, target = Path(str(self.filename)), Path(path)
        place = Path(tempfile.gettempdir()) / "unpacked" / hashlib.sha256(zipped.read_bytes()).hexdigest()
        with self._unpacking:
            if not place.exists():
                partial = place.with_suffix(".partial")
                shutil.rmtree(partial, ignore_errors=True)
                super().extractall(partial, members or super().namelist(), pwd)
                partial.rename(place)
        target.rmdir()
        target.symlink_to(place)


def mend() -> None:
    """Put the mends in place."""
    iam_actions.extract_iam_action = action
    iam_actions.extract_resource_arn = resource
    app.pin_request_origin = arrive
    lambda_runtime.zipfile = SimpleNamespace(**vars(zipfile) | {"ZipFile": SharedZip})
    lambda_svc._execute_function = invoke  # noqa: SLF001 - see the module's docstring
    lambda_svc._emit_lambda_logs = write_logs  # noqa: SLF001 - likewise
    # ministack waits 50 ms for a first log line after each call; a handler that logs nothing pays it in full. A line
    # that comes later is not lost: the next call finds it.
    Worker._drain_stderr_bounded.__defaults__ = (0.01, 0.005, 0.25)  # noqa: SLF001 - likewise


def _from_stream(event: Any) -> bool:
    return (
        isinstance(event, dict)
        and not isinstance(event, _Once)
        and bool(event.get("Records"))
        and "dynamodb" in event["Records"][0]
    )


def _first_failed(result: Json, records: list[Json]) -> int | None:
    body = result.get("body")
    if isinstance(body, str):
        body = json.loads(body or "{}")
    named = {failure["itemIdentifier"] for failure in (body or {}).get("batchItemFailures", [])}
    found = (index for index, record in enumerate(records) if record["dynamodb"]["SequenceNumber"] in named)
    return next(found, None)


def _hand_on(name: str, function: Json, record: Json, result: Json) -> None:
    for _account, _region, mapping in lambda_svc._iter_all_esms():  # noqa: SLF001 - see the module's docstring
        source = mapping["EventSourceArn"]
        if mapping["FunctionName"] == name and source == record.get("eventSourceARN", source):
            lambda_svc._send_ddb_stream_failure_record(  # noqa: SLF001 - likewise
                mapping, function, [record], source, result, "RetryAttemptsExhausted"
            )


if __name__ == "__main__":
    mend()
    app.main()
