"""With what a store is opened: credentials, region and endpoint, from where the store's own tools have
them. Nothing of it is shown or kept.

Google's and Azure's are found by the client itself; of Amazon's chain it lacks the profiles.
"""

import configparser
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pricing_assets.common.errors import ConfigurationError

_OWN = (
    "AWS_ACCESS_KEY_ID",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_SKIP_SIGNATURE",
)
"""Variables by which the client finds credentials, or needs none."""
_KEYS = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
_SIGNED_IN = ("sso_session", "sso_start_url", "role_arn", "credential_process")
"""Keys of a profile whose credentials are had by asking somebody."""


def of_s3() -> dict[str, Any]:
    """Return the options of the client for Amazon S3 that it does not find itself: of a profile in
    `~/.aws`, where the environment names no credentials; and the endpoint.

    ConfigurationError where AWS_PROFILE names a profile that is not there, or one whose credentials
    only boto3 can get, which is not installed.
    """
    profile = _profile()
    endpoint = (
        os.environ.get("AWS_ENDPOINT_URL_S3")
        or os.environ.get("AWS_ENDPOINT_URL")
        or profile.get("endpoint_url")
    )
    options: dict[str, Any] = {}
    if endpoint:
        options["endpoint"] = endpoint.rstrip("/")
    named = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    region = named or profile.get("region")
    if region:
        options["region"] = region
    if any(os.environ.get(name) for name in _OWN):
        return options
    if profile.get(_KEYS[0]):
        return {**options, **{name: profile[name] for name in _KEYS if profile.get(name)}}
    if any(profile.get(name) for name in _SIGNED_IN):
        options["credential_provider"] = _of_boto3(os.environ.get("AWS_PROFILE", "default"))
    return options


def _profile() -> dict[str, str]:
    """Return what the files of profiles say of the profile in use; nothing where there are none."""
    name = os.environ.get("AWS_PROFILE", "default")
    found: dict[str, str] = {}
    config = _sections("AWS_CONFIG_FILE", "~/.aws/config")
    credentials = _sections("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials")
    found |= config.get("default" if name == "default" else f"profile {name}", {})
    found |= credentials.get(name, {})
    if not found and "AWS_PROFILE" in os.environ:
        raise ConfigurationError(
            f"AWS_PROFILE names the profile {name}, which is neither in ~/.aws/credentials nor in"
            " ~/.aws/config"
        )
    return found


def _sections(variable: str, default: str) -> Mapping[str, dict[str, str]]:
    file = Path(os.environ.get(variable, default)).expanduser()
    parser = configparser.RawConfigParser(default_section="", strict=False)
    try:
        parser.read_string(file.read_text(encoding="utf-8"))
    except OSError:
        return {}
    except (configparser.Error, ValueError) as error:
        # what is wrong may be a line with a secret
        raise ConfigurationError(f"{file} is not a file of profiles as aws writes it") from error
    return {name: dict(parser.items(name)) for name in parser.sections()}


def _of_boto3(profile: str) -> object:
    try:
        from boto3 import Session
        from obstore.auth.boto3 import Boto3CredentialProvider
    except ImportError as error:
        raise ConfigurationError(
            f"the profile {profile} of ~/.aws signs in (SSO, a role, or a process), which needs"
            " boto3: pip install boto3"
        ) from error
    return Boto3CredentialProvider(Session(profile_name=profile))
