-- One row per SkuPriceId of several SkuIds, and per service name of several categories.
with pairs as (
    select "SkuPriceId" as id, "SkuId" as parent
    from focus
    where "ChargeCategory" in ('Usage', 'Purchase')
    union all
    select "ServiceName" as id, concat("ServiceCategory", '/', "ServiceSubcategory") as parent
    from focus
)

select id, count(distinct parent) as parents
from pairs
group by id
having count(distinct parent) <> 1
