-- How cells of raw records become values; a cell is null where there is none.
-- `"…"` or 12, `null`, `{…}`: a JSON value as text; null where it is missing or JSON's null.
-- A text without escapes is what stands between its quotes, and need not be parsed again.
create temp macro json_cell_text(j) as case
    when cast(j as varchar) = 'null' then null
    when starts_with(cast(j as varchar), '"') and not contains(cast(j as varchar), chr(92))
        then substr(cast(j as varchar), 2, length(cast(j as varchar)) - 2)
    else j ->> '$'
end;
create temp macro json_begin(t) as ltrim(t, ' ' || chr(9) || chr(10) || chr(13));
-- 1e+20, as DuckDB casts a double to text; few texts begin with a character before the letters.
-- `and` would look at all of it in every text.
create temp macro is_scientific(t) as case
    when t < ':' then contains(t, 'e') and try_cast(t as double) is not null
    else false
end;
create temp macro integer_of_digits(t) as coalesce(
    try_cast(t as bigint),
    case when starts_with(t, '-') then -9223372036854775807 else 9223372036854775807 end
);
-- The first character tells of nearly every text that it is not blank.
create temp macro holds_text(t) as case
    when t between '!' and '~' then true
    when t is null or t = '' then false
    when not contains(getvariable('blanks'), left(t, 1)) then true
    else not is_blank(t)
end;
-- A part of an id that is joined by `/`: escaped, no other parts are the same id. Few need that.
create temp macro part_of_id(t) as case
    when contains(t, '/') or contains(t, '%2F') or contains(t, '%25')
        then replace(replace(t, '%', '%25'), '/', '%2F')
    else t
end;
create temp macro within_bigint(n) as case
    when n is not null then cast(least(n, 9223372036854775807) as bigint)
end;
-- A JSON integer, or a text of digits only; beyond 64 bits, the greatest, which no quantity may be.
-- `n` is what a cast makes of it; whose digits are these, as nearly all are, needs no pattern.
create temp macro integer_of_cell(t, n) as case
    when cast(n as varchar) = t then n
    when regexp_full_match(t, '-?[0-9]+|"[0-9]+"') then integer_of_digits(trim(t, '"'))
end;
create temp macro json_cell_cast(j) as try_cast(cast(j as varchar) as bigint);
create temp macro json_cell_integer(j) as integer_of_cell(cast(j as varchar), json_cell_cast(j));
create temp macro json_cell_is_there(j) as j is not null and cast(j as varchar) <> 'null';
create temp macro json_cell_is_bad_integer(j) as
    json_cell_is_there(j) and json_cell_integer(j) is null;
create temp macro json_cell_is_negative(j) as coalesce(json_cell_integer(j) < 0, false);
-- The decimal text of a JSON number as it stands in the document: DuckDB reads 1770076799.9999999
-- as the double that is nearest, which is the next second. Where its shortest text stands after
-- its key, more digits may follow, which are beyond a microsecond.
create temp macro json_cell_number(doc, key, pattern, j) as case
    when j is null or cast(j as varchar) = 'null' then null
    when starts_with(cast(j as varchar), '"') then j ->> '$'
    when regexp_full_match(cast(j as varchar), '-?[0-9]+') then cast(j as varchar)
    when contains(doc, key || ': ' || cast(j as varchar))
        or contains(doc, key || ':' || cast(j as varchar))
        then cast(j as varchar)
    else coalesce(
        list_min(list_filter(
            regexp_extract_all(doc, pattern, 1),
            lambda t: try_cast(t as double) = try_cast(cast(j as varchar) as double)
        )),
        cast(j as varchar)
    )
end;
-- The value of the pair of a key in a list of {key, value}, as OpenTelemetry writes attributes.
create temp macro json_pair_of(pair) as coalesce(
    json_extract(pair, '$.value.stringValue'),
    json_extract(pair, '$.value.intValue'),
    json_extract(pair, '$.value.doubleValue'),
    json_extract(pair, '$.value.boolValue'),
    case
        when json_type(json_extract(pair, '$.value')) <> 'OBJECT'
            then json_extract(pair, '$.value')
    end
);
create temp macro json_pair(pairs, name) as json_pair_of(list_filter(
    json_extract(pairs, '$[*]'),
    lambda pair: json_extract_string(pair, '$.key') = name
)[1]);
-- Whether one of these keys comes twice in such a list: readers differ in which they take.
create temp macro json_pair_keys(pairs) as json_extract_string(pairs, '$[*].key');
create temp macro json_pair_is_twice(pairs, names) as coalesce(
    len(json_pair_keys(pairs)) > list_unique(json_pair_keys(pairs))
    and list_bool_or(list_transform(
        names, lambda name: len(list_filter(json_pair_keys(pairs), lambda key: key = name)) > 1
    )),
    false
);
-- The same in a list of structs, whose fields are all there: null is none.
create temp macro json_pair_of_structs(pairs, name) as json_pair_of(json_merge_patch(
    '{}',
    list_filter(
        json_extract(pairs, '$[*]'),
        lambda pair: json_extract_string(pair, '$.key') = name
    )[1]
));
-- OBJECT, ARRAY, NULL, … of a text; another word where it is not JSON.
create temp macro kind_of_json(t) as case
    when json_valid(t) then json_type(cast(t as json))
    else 'NONE'
end;
create temp macro json_members(j, pattern) as list_transform(
    list_filter(json_keys(j), lambda key: key glob pattern),
    -- a pointer, since a quote has no escape in a path
    lambda key: json_extract(j, '/' || replace(replace(key, '~', '~0'), '/', '~1'))
);
-- Whether the object at a path of a document has a name twice; its text has, as few have, or there
-- are escapes in it.
create temp macro json_is_twice(doc, path, name, spelled) as (
    contains(
        substr(
            cast(doc as varchar), strpos(cast(doc as varchar), spelled) + length(spelled)
        ), spelled
    )
    or contains(cast(doc as varchar), chr(92) || 'u')
) and coalesce(len(list_filter(json_keys(doc, path), lambda key: key = name)) > 1, false);
-- pandas writes whole numbers with gaps as floats: 7.0 is `7` there, and NaN is none.
create temp macro text_of_float(f) as case
    when isnan(f) then null
    when f = trunc(f) and abs(f) <= 9007199254740992 then cast(cast(f as bigint) as varchar)
    else cast(f as varchar)
end;
-- Digits only, or, since pandas writes integers with gaps so, a float that is whole and at most
-- 2^53; blank and NaN are null.
create temp macro whole_of_decimal(d) as case
    when d = floor(d) and abs(d) <= 9007199254740992 then cast(d as bigint)
end;
create temp macro text_cell_integer(t) as case
    when t is null or t = '' or lower(t) = 'nan' then null
    when regexp_full_match(t, '-?[0-9]+') then integer_of_digits(t)
    -- by its decimal text: a double would make 2^53 of 2^53 + 1
    when regexp_full_match(t, '-?[0-9]+\.0*')
        then whole_of_decimal(try_cast(regexp_replace(t, '\.0*$', '') as decimal(38, 0)))
    when regexp_full_match(t, '-?[0-9](\.[0-9]{1,17})?[eE][+]?[0-9]{1,2}')
        then whole_of_decimal(try_cast(t as decimal(38, 18)))
end;
create temp macro text_cell_is_bad_integer(t) as
    t is not null and t <> '' and lower(t) <> 'nan' and text_cell_integer(t) is null;
-- Microseconds since 1970, floored, of a decimal text in a unit of which a second has so many.
create temp macro epoch_micros_of(n, a_second) as case
    when a_second <= 1000000
        then cast(floor(n) as bigint) * (1000000 // a_second)
            + cast(floor((n - floor(n)) * (1000000 // a_second)) as bigint)
    -- // cuts towards 0, so a nanosecond before 1970 would be 1970
    when n >= 0 then cast(floor(n) as bigint) // (a_second // 1000000)
end;
-- Whole seconds as microseconds: literals alone would be multiplied in 32 bits.
create temp macro micros_of_seconds(seconds) as cast(seconds as bigint) * 1000000;
-- // cuts towards 0, so a nanosecond before 1970 would be 1970.
create temp macro micros_of_nanos(ns) as ns // 1000 - if(ns % 1000 < 0, 1, 0);
create temp macro instant_of_micros(us) as case
    when us >= 0 and us < 253402300800000000 then make_timestamp(us)
end;
-- Of a double between 2001 and 2033 whose text has at most six decimals: its error, and that of the
-- product, are less than a quarter of a microsecond.
create temp macro instant_of_seconds(d) as make_timestamp(cast(round(d * 1000000) as bigint));
create temp macro instant_of_epoch(t, a_second) as instant_of_micros(case
    -- ten digits and six decimals, as nearly all have, are the microseconds; fewer are filled up
    when a_second = 1 and strlen(t) = 17 and strpos(t, '.') = 11
        and not contains(t, 'e') and not contains(t, 'E')
        and try_cast(replace(t, '.', '') as bigint) >= 1000000000000000
        then try_cast(replace(t, '.', '') as bigint)
    when a_second = 1 and strlen(t) < 18 and strpos(t, '.') >= strlen(t) - 6
        and strpos(lower(t), 'e') = 0
        then try_cast(replace(cast(try_cast(t as decimal(18, 6)) as varchar), '.', '') as bigint)
    -- a cast would round what is beyond the 18th decimal
    -- `try`: what is beyond 64 bits is not an instant
    else try(epoch_micros_of(
        try_cast(regexp_replace(t, '(\.[0-9]{18})[0-9]+', '\1') as decimal(38, 18)),
        a_second
    ))
end);
-- ISO 8601; its own offset, else the given one, else null.
create temp macro parts_of_instant(t) as regexp_extract(
    t,
    '^\s*(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d(?::\d\d)?)(?:[.,](\d+))?'
    || '\s*(Z|z|UTC|[+-]\d\d(?::?\d\d)?)?\s*$',
    ['day', 'clock', 'part', 'zone']
);
create temp macro seconds_of_offset(zone) as
    case when starts_with(zone, '-') then -1 else 1 end
    * (cast(substr(zone, 2, 2) as bigint) * 3600
        + coalesce(try_cast(substr(replace(zone, ':', ''), 4, 2) as bigint), 0) * 60);
create temp macro instant_of_parts(p, seconds) as instant_of_micros(
    epoch_us(try_cast(p.day || ' ' || rpad(p.clock, 6, ':') || case
        when length(p.clock) = 5 then '00'
        else substr(p.clock, 7)
    end as timestamp))
    + cast(rpad(left(p.part, 6), 6, '0') as bigint)
    - micros_of_seconds(case
        when p.zone in ('Z', 'z', 'UTC') then 0
        when p.zone <> '' then seconds_of_offset(p.zone)
        else seconds
    end)
);
create temp macro instant_of_text(t, seconds) as case
    when parts_of_instant(t).day <> '' then instant_of_parts(parts_of_instant(t), seconds)
end;
-- A decimal text with 12 decimals; those that follow are cut, where a cast would round them.
create temp macro decimal_of_text(t) as
    try_cast(regexp_replace(t, '(\.[0-9]{12})[0-9]+', '\1') as decimal(28, 12));
create temp macro has_more_decimals(t) as regexp_matches(t, '\.[0-9]{12}0*[1-9]');
