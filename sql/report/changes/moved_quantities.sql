-- One row per charge that changed: what one charge of a pool lost and another gained is the same
-- usage under another price, as far as the smaller of both sums goes; the rest stays. Where no
-- price of a date changed, nothing moves.
with sums as (
    select
        pools.pool,
        least(
            sum(case when pools.rest > 0 then pools.rest else 0 end),
            sum(case when pools.rest < 0 then -pools.rest else 0 end)
        ) as moved
    from pools
    inner join compared on compared.usage_date = pools.usage_date
    where compared.has_other_prices
    group by pools.pool
),

in_order as (
    select
        pools.*,
        coalesce(sums.moved, 0) as moved_of_pool,
        coalesce(sum(abs(pools.rest)) over (
            partition by pools.pool, sign(pools.rest)
            order by pools.is_one_sided desc, pools.f_id
            rows between unbounded preceding and 1 preceding
        ), 0) as before
    from pools
    left join sums on sums.pool = pools.pool
),

shares as (
    select
        in_order.*,
        cast(
            sign(rest) * greatest(0, least(abs(rest), moved_of_pool - before)) as hugeint
        ) as share
    from in_order
)

select
    usage_date,
    f_id,
    k_id,
    g_id,
    is_one_sided,
    withdrawn,
    quarantine,
    cast(rest - share as hugeint) as rest,
    cast(moved + share as hugeint) as moved
from shares
