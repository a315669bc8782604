"""What a store's refusal means, by name: what is wrong, where, and what to do.

The client's own texts are not shown: they may hold signed addresses, key ids and tokens.
"""

import re
from typing import NamedTuple

from pricing_assets.common.errors import ConfigurationError, CreditmillError, StoreFailed
from pricing_assets.objects.address import Address

_CODE = re.compile(r"<Code>(?P<xml>\w+)</Code>|\"reason\": *\"(?P<json>\w+)\"")
_STATUS = re.compile(r"non-2xx status code: (?P<status>\d{3})")
_KEY = re.compile(r"Error parsing Path \"(?P<key>.*?)\": ", re.DOTALL)
_TRIES = re.compile(r"after (?P<tries>\d+) retries")
_METADATA = ("169.254.169.254", "metadata.google.internal", "169.254.170.2")
"""Where machines of a cloud ask for credentials: asked last, where nothing names any."""

_BUCKET = {"NoSuchBucket", "ContainerNotFound", "InvalidBucketName"}
_REFUSED = {
    *(
        "InvalidAccessKeyId",
        "SignatureDoesNotMatch",
        "ExpiredToken",
        "InvalidToken",
        "TokenRefreshRequired",
    ),
    *("AuthenticationFailed", "InvalidAuthenticationInfo", "RequestTimeTooSkewed", "authError"),
}
_REGION = {
    *("PermanentRedirect", "AuthorizationHeaderMalformed", "TemporaryRedirect"),
    *("IllegalLocationConstraintException", "MovedPermanently"),
}
_NEEDS = {
    "list": "to list objects (s3:ListBucket)",
    "read": "to read objects (s3:GetObject)",
    "remove": "to remove objects (s3:DeleteObject)",
    "write": "to write objects (s3:PutObject, s3:GetObject)",
}


class StoreRequest(NamedTuple):
    """What was asked of a store: an act of `_NEEDS`, of which address, and at which endpoint ('':
    the store's own)."""

    act: str
    address: Address
    endpoint: str = ""


def explained(error: Exception, asked: StoreRequest) -> CreditmillError:
    """Return the error by name: ConfigurationError where somebody must change something, StoreFailed
    where the same may succeed later."""
    text = str(error)
    code, status = _code(text), _STATUS.search(text)
    answered = int(status["status"]) if status else 0
    at = f" at {asked.endpoint}" if asked.endpoint else ""
    bad = _KEY.search(text)
    shown_code = f" ({code or answered})" if code or answered else ""
    if bad is not None:
        return ConfigurationError(
            f"{asked.address}: the key {bad['key']!r} has an empty part, or . or .., which no path can"
            " have, and nothing behind it can be listed; rename or remove the object"
        )
    if any(address in text for address in _METADATA):
        return ConfigurationError(
            f"{asked.address}: no credentials are found; set them as the store's own tools take them"
            f" ({_credentials(asked.address)})"
        )
    if code in _BUCKET:
        what = "container" if asked.address.scheme == "az" else "bucket"
        return ConfigurationError(
            f"{asked.address}: there is no {what} {asked.address.bucket}{at}; make it, or correct"
            " the address"
        )
    if code in _REFUSED or type(error).__name__ == "UnauthenticatedError":
        return ConfigurationError(
            f"{asked.address}: the credentials are not accepted{shown_code}; renew them, or"
            " set the machine's clock"
        )
    is_elsewhere = "incorrectly configured region" in text or answered in (301, 307)
    if code in _REGION or is_elsewhere:
        return ConfigurationError(
            f"{asked.address}: the bucket is in another region{shown_code}; set AWS_REGION"
            " to the bucket's region, and AWS_ENDPOINT_URL only where the store is not Amazon's"
        )
    if type(error).__name__ == "PermissionDeniedError" or answered == 403:
        return ConfigurationError(
            f"{asked.address}: no permission {_NEEDS[asked.act]}; grant it to these credentials, or"
            " use others"
        )
    if type(error).__name__ in ("NotSupportedError", "NotImplementedError") or answered == 501:
        return ConfigurationError(
            f"{asked.address}: this store{at} does not take writes with a condition (If-None-Match,"
            " If-Match), which publishing needs"
        )
    return StoreFailed(f"{asked.address}: {_failure(text, code, answered, at)}; run again later")


def _failure(text: str, code: str, answered: int, at: str) -> str:
    tries = _TRIES.search(text)
    often = f" after {1 + int(tries['tries'])} tries" if tries else ""
    if "timed out" in text or "TimedOut" in text:
        return f"the store{at} took too long to answer{often}"
    if answered:
        return f"the store{at} answered {answered}{f' {code}' if code else ''}{often}"
    if "error sending request" in text or "dns error" in text or "connect" in text.lower():
        return f"no store answers{at}{often} (is the network up, and AWS_ENDPOINT_URL right?)"
    if "decoding response body" in text or "body" in text:
        return f"the store{at} broke off its answer{often}"
    return f"the store{at} failed{often}{f' ({code})' if code else ''}"


def _code(text: str) -> str:
    found = _CODE.search(text)
    return (found["xml"] or found["json"]) if found else ""


def _credentials(address: Address) -> str:
    return {
        "s3": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or a role of the machine",
        "gs": "GOOGLE_APPLICATION_CREDENTIALS, or `gcloud auth application-default login`",
        "az": "AZURE_STORAGE_ACCOUNT_NAME with AZURE_STORAGE_ACCOUNT_KEY, or AZURE_CLIENT_ID and so on",
    }[address.scheme]
