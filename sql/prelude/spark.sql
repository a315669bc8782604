-- The functions of prelude/duckdb.sql that statements of both engines use, as Spark spells them.
create temporary function whole_div(a bigint, b bigint) returns bigint return a div b;
create temporary function utc_day(t timestamp_ntz) returns date return cast(t as date);
-- Sides are looked at before they are multiplied: no arithmetic here can overflow.
create temporary function tokens_of_images(images array<struct<width bigint, height bigint>>)
returns bigint
return aggregate(
    images,
    cast(0 as bigint),
    (tokens, image) -> tokens + case
        when image.width between 1 and max_image_side()
            and image.height between 1 and max_image_side()
            then 85 + 170 * ((image.width + 511) div 512) * ((image.height + 511) div 512)
        else 0
    end
);
create temporary function images_are_bad(images array<struct<width bigint, height bigint>>)
returns boolean
return exists(
    images,
    image -> image is null
        or image.width is null or image.width < 1 or image.width > max_image_side()
        or image.height is null or image.height < 1 or image.height > max_image_side()
);
create temporary function is_counted(quantity bigint) returns boolean
return quantity between 1 and max_quantity();
create temporary function counted(quantity bigint) returns bigint
return case when quantity between 1 and max_quantity() then quantity end;
create temporary function state_digit(quantity bigint, weight bigint) returns bigint
return case
    when quantity is null then 0
    when quantity between 1 and max_quantity() then 2 * weight
    when quantity = 0 then weight
    else 3 * weight
end;
create temporary function is_bad_part(part bigint, quantity bigint) returns boolean
return part is not null and (part < 0 or part > coalesce(quantity, 0));
create temporary function tier_code(tier string) returns bigint
return case tier when 'batch' then 1 when 'priority' then 2 when 'flex' then 3 else 15 end;
create temporary function has_images(measured bigint) returns boolean
return measured div images_weight() % 4 = 2;
-- The characters of `usage_log.BLANKS`, which a test holds against them.
create temporary function is_blank(id string) returns boolean
return btrim(
    id,
    '\u0009\u000a\u000b\u000c\u000d\u001c\u001d\u001e\u001f\u0020\u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000'
) = '';
-- Spark reads nanoseconds as a number: cut to the microsecond before it is, and never rounded.
create temporary function floor_to_microsecond(t bigint) returns timestamp_ntz
return cast(
    timestamp_micros(t div 1000 - case when t < 0 and t % 1000 <> 0 then 1 else 0 end)
    as timestamp_ntz
);
create temporary function utc_instant(t timestamp_ltz) returns timestamp_ntz
return cast(t as timestamp_ntz);
-- Spark may compute a part of a condition before it is asked for: neither rint nor try_cast fails.
create temporary function whole_of_float(d double) returns bigint
return case
    when abs(d) <= cast(9007199254740992 as double) and d = rint(d) then try_cast(d as bigint)
end;
-- To Spark as to DuckDB, NaN is above every number.
create temporary function is_bad_float(d double) returns boolean
return d is not null and not isnan(d)
    and not (abs(d) <= cast(9007199254740992 as double) and d = rint(d));
create temporary function at_most_bigint(n decimal(20, 0)) returns bigint
return case when n > 9223372036854775807 then 9223372036854775807 else cast(n as bigint) end;
create temporary function sha256_of_log(filename string) returns string
return substring(filename, length(filename) - 71, 64);
