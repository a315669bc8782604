-- The few functions that engines spell differently, under one name each.
create temp macro whole_div(a, b) as a // b;
create temp macro utc_day(t) as cast(t as date);
create temp macro tokens_of_images(images) as cast(
    list_sum(list_transform(
        images,
        lambda image: 85 + 170 * ((image.width + 511) // 512) * ((image.height + 511) // 512)
    )) as bigint
);
create temp macro images_are_bad(images) as len(list_filter(
    images,
    lambda image: image is null
        or image.width is null or image.width < 1 or image.width > max_image_side()
        or image.height is null or image.height < 1 or image.height > max_image_side()
)) > 0;
create temp macro is_blank(id) as trim(id, getvariable('blanks')) = '';
-- one that begins with a visible character is not: the common case, and cheap
create temp macro org_is_blank(org_id) as case
    when org_id is null then true
    when org_id >= '!' and org_id < chr(127) then false
    else is_blank(org_id)
end;
create temp macro is_counted(quantity) as quantity between 1 and max_quantity();
-- A quantity that the contract takes for one, or null.
create temp macro counted(quantity) as case when is_counted(quantity) then quantity end;
create temp macro counted_rows(quantity, rows) as
    cast(counted(quantity) as decimal(28, 0)) * cast("rows" as decimal(10, 0));
-- `measured` says per meter, as a digit to the base 4: 0 not given, 1 zero, 2 counted, 3 bad.
create temp macro state_digit(quantity, weight) as case
    when quantity is null then 0
    when is_counted(quantity) then 2 * weight
    when quantity = 0 then weight
    else 3 * weight
end;
-- A part of a quantity is from 0 to all of it.
create temp macro is_bad_part(part, quantity) as
    part is not null and (part < 0 or part > coalesce(quantity, 0));
-- The places of `billing.TIERS`; the last one is any other.
create temp macro tier_code(tier) as
    case tier when 'batch' then 1 when 'priority' then 2 when 'flex' then 3 else 15 end;
-- The meter that a printed one is about: without its token class and tier.
create temp macro plain_meter(meter) as split_part(split_part(meter, '@', 1), '.', 1);
create temp macro has_classes(measured) as whole_div(measured, classes_flag()) % 2 = 1;
create temp macro has_images(measured) as whole_div(measured, images_weight()) % 4 = 2;
create temp macro id_is_blank(measured) as whole_div(measured, blank_id_flag()) % 2 = 1;
create temp macro tool_failed(measured) as whole_div(measured, failed_tool_flag()) % 2 = 1;
-- Where the source of a log says that a record ends; null where it is a row to look at.
create temp macro outcome_of_record(measured) as
    record_outcome(whole_div(measured, record_weight()));
-- What of `measured` prices depend on, and versions store.
create temp macro states_of_meters(measured) as measured % blank_id_flag();
-- The name that usage is priced by: brand and model are not read for storage.
create temp macro priced_brand(service, brand) as
    case when service = storage_service() then '' else coalesce(brand, '') end;
create temp macro priced_model(service, model) as
    case when service = storage_service() then storage_model() else coalesce(model, '') end;
create temp macro priced_key_mode(reads_key_mode, key_mode) as
    case when reads_key_mode then key_mode else 'any' end;
-- An instant before 1970 or after 9999 is null, and the number that is stored for it is not.
create temp macro naive_instant(t) as case
    when t >= timestamp '1970-01-01 00:00:00' and t < timestamp '10000-01-01 00:00:00' then t
end;
-- A cast from an instant with a zone goes through the calendar of the session's zone, row by row:
-- six times the cost of reading the column.
create temp macro utc_instant(t) as case
    when t >= timestamptz '1970-01-01 00:00:00+00' and t < timestamptz '10000-01-01 00:00:00+00'
        then make_timestamp(epoch_us(t))
end;
-- what is not before 1970 is floored where it is cut
create temp macro floor_to_microsecond(t) as case
    when epoch_ns(t) >= 0 then make_timestamp(epoch_ns(t) // 1000)
end;
create temp macro stored_ms(t) as case
    when epoch_us(t) < 0 or epoch_us(t) >= 253402300800000000 then epoch_us(t) // 1000
end;
create temp macro stored_us(t) as case
    when epoch_us(t) < 0 or epoch_us(t) >= 253402300800000000 then epoch_us(t)
end;
create temp macro stored_ns(t) as case when epoch_ns(t) < 0 then epoch_ns(t) end;
-- A whole number that a float holds exactly, or null.
create temp macro whole_of_float(d) as case
    when abs(cast(d as double)) <= 9007199254740992 and cast(d as double) = floor(cast(d as double))
        then try_cast(d as bigint)
end;
create temp macro is_bad_float(d) as
    d is not null and not isnan(d) and whole_of_float(d) is null;
create temp macro at_most_bigint(n) as case
    when n is null then null
    else cast(least(n, cast(9223372036854775807 as ubigint)) as bigint)
end;
create temp macro sides_of_images(images) as list_transform(
    images,
    lambda image: case
        when image is null then null
        else struct_pack(
            width := at_most_bigint(image.width),
            height := at_most_bigint(image.height)
        )
    end
);
create temp macro sha256_of_log(filename) as substr(filename, length(filename) - 71, 64);
create temp macro half_even_of(n, d) as n // d + case
    when 2 * (n % d) > d then 1
    when 2 * (n % d) = d and (n // d) % 2 = 1 then 1
    else 0
end;
-- Exact at any size; numbers that 64 bits hold, which is nearly all, take a tenth of the time.
create temp macro half_even(n, d) as case
    when n <= 9000000000000000000
        then cast(half_even_of(cast(n as bigint), cast(d as bigint)) as hugeint)
    else half_even_of(cast(n as hugeint), cast(d as hugeint))
end;
create temp macro billionths_as_decimal(n) as case
    when n < 10000000000000000000000000000
        then cast(n as decimal(29, 0)) * cast('0.000000001' as decimal(9, 9))
    else cast(n // 1000000000 as decimal(38, 9))
        + cast(n % 1000000000 as decimal(9, 0)) * cast('0.000000001' as decimal(9, 9))
end;
-- Billionths of a credit in dollars of 11 decimals, by what a credit costs in billionths of a
-- dollar: rounded half to even, and exact where that is whole cents, as nearly always. In two
-- parts, since 128 bits do not hold every product.
create temp macro split_half_even(whole, rest, d) as whole + rest // d + case
    when 2 * (rest % d) > d then 1
    when 2 * (rest % d) = d and (whole + rest // d) % 2 = 1 then 1
    else 0
end;
create temp macro usd_parts(billionths, usd_billionths) as case
    when usd_billionths % 10000000 = 0
        then billionths * cast(usd_billionths // 10000000 as hugeint)
    else sign(billionths) * split_half_even(
        abs(cast(billionths as hugeint)) // 10000000 * cast(usd_billionths as hugeint),
        abs(cast(billionths as hugeint)) % 10000000 * cast(usd_billionths as hugeint),
        10000000
    )
end;
-- a price in credits of 12 decimals in dollars of 14, rounded likewise
create temp macro usd_of_price(price, usd_billionths) as cast(
    usd_parts(
        cast(cast(price as decimal(38, 12)) * 1000000 * 1000000 as hugeint), usd_billionths
    ) as decimal(38, 0)
) * cast('0.00000000000001' as decimal(14, 14));
create temp macro usd_parts_as_decimal(n) as case
    when n < 100000000000000000000000000
        then cast(n as decimal(27, 0)) * cast('0.00000000001' as decimal(11, 11))
    else cast(n // 100000000000 as decimal(38, 11))
        + cast(n % 100000000000 as decimal(11, 0)) * cast('0.00000000001' as decimal(11, 11))
end;
