-- Offending ids: a SkuPriceId has one SkuId, and a service name one category.
with pairs as (
    select "SkuPriceId" as id, "SkuId" as parent
    from focus
    where "ChargeCategory" = 'Usage'
    union all
    select "ServiceName" as id, concat("ServiceCategory", '/', "ServiceSubcategory") as parent
    from focus
)

select id, count(distinct parent) as parents
from pairs
group by id
having count(distinct parent) <> 1
