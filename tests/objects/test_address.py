"""Addresses of objects, as users write them and as a path spells them."""

from pathlib import Path

import pytest

from pricing_assets.objects import Address, is_address, parse

READ = {
    "s3://bucket": Address("s3", "bucket"),
    "s3://bucket/": Address("s3", "bucket"),
    "s3://bucket/a/b/": Address("s3", "bucket", "a/b"),
    "gs://my.bucket-1/ä b": Address("gs", "my.bucket-1", "ä b"),
    "az://container/x": Address("az", "container", "x"),
}


@pytest.mark.parametrize("text", READ)
def test_an_address_is_read_also_as_a_path_spells_it(text: str) -> None:
    assert parse(text) == READ[text]
    assert parse(str(Path(text))) == READ[text]
    assert parse(str(READ[text])) == READ[text]


@pytest.mark.parametrize("text", ["bucket/x", "/s3:/x", "s3a://b/x", "file:///x", "S3://b/x"])
def test_other_texts_are_no_addresses(text: str) -> None:
    assert not is_address(text)
    with pytest.raises(ValueError, match="is not an address"):
        parse(text)


@pytest.mark.parametrize(
    "text", ["s3://u:p@bucket/x", "s3://host:9000/x", "s3://b/x?k=secret1", "s3://-b/x"]
)
def test_an_address_bears_a_bucket_and_a_key_and_no_more(text: str) -> None:
    assert is_address(text)
    with pytest.raises(ValueError, match=r"^s3://") as raised:
        parse(text)
    assert "secret1" not in str(raised.value)


def test_the_root_of_a_pattern_is_what_has_no_wildcard() -> None:
    assert parse("s3://b/x/y*/z").root == Address("s3", "b", "x")
    assert parse("s3://b/*").root == Address("s3", "b")
    assert parse("s3://b/x/y").root == Address("s3", "b", "x/y")
    assert (parse("s3://b/x/y").above, parse("s3://b").above) == ("s3://b/x", "s3:/")
