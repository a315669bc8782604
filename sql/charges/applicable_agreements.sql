-- One row per instant that lines begin at, organization, price and meter with an agreed price: the
-- most specific agreement that holds then.
select * exclude (nth)
from (
    select
        instants.agreed_at,
        agreed_prices.*,
        row_number() over (
            partition by
                instants.agreed_at, agreed_prices.org_id, agreed_prices.price_key,
                agreed_prices.meter
            order by agreed_prices.specificity desc, agreed_prices.agreement
        ) as nth
    from (select distinct agreed_at from usage_sums where agreed_at is not null) as instants
    inner join agreed_prices
        on agreed_prices.valid_from <= instants.agreed_at
        and agreed_prices.valid_to > instants.agreed_at
) as ranked
where nth = 1
