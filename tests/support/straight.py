"""The straight way from a client to moto: a call costs a third of what it costs over the wire that nobody listens on.

botocore writes each call as an HTTP request, signs it, and looks whether it must be sent again; moto takes it apart
again to find out who should answer. Between two modules of one process none of that decides anything: no signature is
looked at, no connection breaks, and moto never throttles. What decides stays botocore's: parameters are checked and
written, hooks called, answers and errors read by its own code. What is not AWS's address (a server of a test's own, or
of another process), S3 and all that is signed for others go the usual way.
"""

from __future__ import annotations

import itertools
import re
import sys
from collections.abc import Callable, Mapping
from functools import cache
from io import BytesIO
from typing import Any
from urllib.parse import SplitResult, urlencode, urlsplit

import moto.core.responses as moto_responses
import moto.sqs.models as moto_queues
from botocore.awsrequest import AWSResponse
from botocore.endpoint import Endpoint, convert_to_response_dict
from botocore.model import OperationModel
from botocore.useragent import UserAgentString
from moto import backend_index, backends
from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.botocore_stubber import MockRawResponse
from moto.core.exceptions import HTTPException
from moto.core.models import botocore_stubber
from moto.core.request import PRESERVED_HEADER_NAMES_ENVIRON_KEY, Request

from tests.support.moto_fixes import LOCK

SERVICES = frozenset({"dynamodb", "secretsmanager", "sesv2", "sns", "sqs"})
"""Those whose requests say all in address, headers and body, and whose answers are read at once."""

Answer = tuple[int, Mapping[str, Any], str | bytes]


def install() -> None:
    """Put it in place, once per process; it is taken while moto is at work, and otherwise changes nothing."""
    if getattr(Endpoint, "_oms_straight", False):
        return
    Endpoint._oms_straight = True
    Endpoint.make_request = _straight(Endpoint.make_request)
    UserAgentString.to_string = _said_once(UserAgentString.to_string)
    # Both say the same of the same each time, and take long to find it out.
    in_words = cache(moto_responses.camelcase_to_underscores)
    moto_responses.camelcase_to_underscores = moto_queues.camelcase_to_underscores = in_words
    moto_responses.method_names_from_class = cache(moto_responses.method_names_from_class)
    moto_responses.gen_amzn_requestid_long = _numbered


def _straight(usual: Callable[..., Any]) -> Callable[..., Any]:
    def make_request(self: Endpoint, operation_model: OperationModel, request_dict: dict[str, Any]) -> Any:
        service = operation_model.service_model.service_name
        address = urlsplit(request_dict["url"])
        if service not in SERVICES or not botocore_stubber.enabled or not _of_aws(address.netloc):
            return usual(self, operation_model, request_dict)
        status, headers, body = _answer(request_dict, address)
        response = AWSResponse(request_dict["url"], status, headers, MockRawResponse(body))
        read = convert_to_response_dict(response, operation_model)
        parser = self._response_parser_factory.create_parser(operation_model.service_model.resolved_protocol)
        parsed = parser.parse(read, operation_model.output_shape)
        if status >= 300:
            self._add_modeled_error_fields(read, parsed, operation_model, parser)
        parsed["ResponseMetadata"]["RetryAttempts"] = 0
        return response, parsed

    return make_request


def _answer(asked: Mapping[str, Any], address: SplitResult) -> Answer:
    request = _request(asked, address)
    with LOCK:
        try:
            return _who_answers(asked["url"].partition("?")[0])(request, request.raw_url, request.headers)
        except HTTPException as error:
            return error.code or 500, dict(error.get_headers()), error.get_body()


@cache
def _who_answers(url: str) -> Callable[..., Answer]:
    """What moto answers requests to an address with, looked for as its stubber does each time."""
    for service, pattern in backend_index.backend_url_patterns:
        if pattern.match(url):
            by_region = backends.get_backend(service)[DEFAULT_ACCOUNT_ID]
            backend = by_region["us-east-1" if "us-east-1" in by_region else "aws"]
            for path, method in backend.urls.items():
                if re.match(path, url):
                    found: Callable[..., Answer] = method
                    return found
    raise LookupError(f"moto knows nothing of {url}")


def _of_aws(netloc: str) -> bool:
    return netloc.endswith(".amazonaws.com")


def _request(asked: Mapping[str, Any], address: SplitResult) -> Request:
    """The request as moto's own server would be given it."""
    body = asked["body"]
    raw = urlencode(body, doseq=True).encode() if isinstance(body, Mapping) else body
    raw = raw.encode() if isinstance(raw, str) else raw or b""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": asked["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": address.path or "/",
        "QUERY_STRING": address.query,
        "SERVER_NAME": address.netloc,
        "SERVER_PORT": "443",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": address.netloc,
        "CONTENT_LENGTH": str(len(raw)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": address.scheme,
        "wsgi.input": BytesIO(raw),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        PRESERVED_HEADER_NAMES_ENVIRON_KEY: {},
    }
    # Some of moto's services know by nothing but the signature which region is asked.
    region = asked["context"]["client_region"]
    environ["HTTP_AUTHORIZATION"] = f"AWS4-HMAC-SHA256 Credential=nobody/20260302/{region}/aws/aws4_request"
    for name, value in asked["headers"].items():
        environ[_variable(name)] = value.decode() if isinstance(value, bytes) else str(value)
    return Request(environ)


@cache
def _variable(header: str) -> str:
    name = header.upper().replace("-", "_")
    return name if name in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{name}"


def _said_once(original: Callable[[UserAgentString], str]) -> Callable[[UserAgentString], str]:
    def to_string(self: UserAgentString) -> str:
        said: str | None = self.__dict__.get("_oms_said")
        if said is None:
            said = self.__dict__["_oms_said"] = original(self)
        return said

    return to_string


_numbers = itertools.count(1)


def _numbered(headers: dict[str, Any] | None = None) -> str:
    """A request's id: the next number, written as long as AWS's are."""
    number = f"{next(_numbers):052d}"
    if isinstance(headers, dict):
        headers["x-amzn-requestid"] = number
    return number
