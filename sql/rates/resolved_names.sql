-- One row per requested name and instant that a card in force holds: the printed name that it
-- stands for, and the lines of names that led there (`name_lines`, none where the card prints it as
-- logged).
with logged as (
    select
        name_requests.rates_from,
        names.service,
        names.brand,
        names.model,
        names.brand_key,
        names.model_key
    from name_requests
    inner join names
        on names.service = name_requests.service
        and names.brand = name_requests.line_brand
        and names.model = name_requests.line_model
),

-- the brand itself, and those that it stands for
looked_up as (
    select
        logged.*,
        logged.brand_key as of_brand,
        cast(null as varchar) as of_book,
        cast(null as bigint) as brand_line,
        timestamp '9999-12-31 00:00:00' as brand_from
    from logged
    union all
    select
        logged.*,
        brand_lines.brand_key as of_brand,
        brand_lines.book as of_book,
        brand_lines.line as brand_line,
        brand_lines.valid_from as brand_from
    from logged
    inner join brand_lines
        on brand_lines.service = logged.service
        and brand_lines.alias_key = logged.brand_key
        and brand_lines.valid_from <= logged.rates_from
),

by_alias as (
    select
        looked_up.*,
        alias_lines.model_key as of_model,
        alias_lines.line as alias_line,
        alias_lines.book as alias_book,
        1 as way
    from looked_up
    inner join alias_lines
        on alias_lines.service = looked_up.service
        and alias_lines.brand_key = looked_up.of_brand
        and alias_lines.alias_key = looked_up.model_key
        and alias_lines.valid_from <= looked_up.rates_from
        and alias_lines.valid_to > looked_up.rates_from
    where alias_lines.suffix is null
),

by_pattern as (
    select
        looked_up.*,
        alias_lines.model_key as of_model,
        alias_lines.line as alias_line,
        alias_lines.book as alias_book,
        2 as way
    from looked_up
    inner join alias_lines
        on alias_lines.service = looked_up.service
        and alias_lines.brand_key = looked_up.of_brand
        and alias_lines.valid_from <= looked_up.rates_from
        and alias_lines.valid_to > looked_up.rates_from
    where
        alias_lines.suffix is not null
        and starts_with(looked_up.model_key, alias_lines.prefix)
        and regexp_full_match(
            substr(looked_up.model_key, length(alias_lines.prefix) + 1), alias_lines.suffix
        )
),

-- a line about one name wins over a pattern, also where no card in force prints what it stands for
by_line as (
    select *
    from (
        select * from by_alias
        union all
        select * from by_pattern
    ) as either
    qualify
        row_number() over (
            partition by rates_from, service, brand, model, of_brand, brand_line, alias_book
            order by way
        ) = 1
),

read_as as (
    select
        looked_up.*,
        looked_up.model_key as of_model,
        cast(null as bigint) as alias_line,
        cast(null as varchar) as alias_book,
        0 as way
    from looked_up
    union all
    select * from by_line
),

held as (
    select
        read_as.*,
        card_names.rate_card,
        rank() over (
            partition by read_as.rates_from, read_as.service, read_as.brand, read_as.model
            order by read_as.brand_from desc
        ) as turn
    from read_as
    inner join card_names
        on card_names.service = read_as.service
        and card_names.brand_key = read_as.of_brand
        and card_names.model_key = read_as.of_model
        and card_names.valid_from <= read_as.rates_from
        and card_names.valid_to > read_as.rates_from
    where
        (read_as.of_book is null or read_as.of_book = card_names.book)
        and (read_as.alias_book is null or read_as.alias_book = card_names.book)
),

-- where two brands, by lines of one instant, both hold a name, none is guessed
nearest as (
    select
        held.*,
        min(of_brand) over name as first_brand,
        max(of_brand) over name as last_brand,
        row_number() over (name order by way) as nth
    from held
    where turn = 1
    window name as (partition by rates_from, service, brand, model)
)

select
    rates_from,
    service,
    brand,
    model,
    rate_card,
    of_brand as brand_key,
    of_model as model_key,
    case
        when brand_line is not null and alias_line is not null then [brand_line, alias_line]
        when brand_line is not null then [brand_line]
        when alias_line is not null then [alias_line]
        else []
    end as name_lines
from nearest
where nth = 1 and first_brand = last_brand
