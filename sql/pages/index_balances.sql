-- One row per organization with credits, those that run out first at the top: what is left of them
-- on the newest date of the ledger. Amounts are decimal text.
select
    forecast.org_id,
    cast(forecast.as_of as varchar) as as_of,
    cast(coalesce(balances.closing, 0) as varchar) as closing,
    cast(coalesce(balances.overdraft, 0) as varchar) as overdraft,
    cast(forecast.exhausts_on as varchar) as exhausts_on,
    cast(forecast.exhausts_from as varchar) as exhausts_from,
    cast(forecast.exhausts_to as varchar) as exhausts_to,
    cast(forecast.expires_unused as varchar) as expires_unused,
    cast(forecast.expires_on as varchar) as expires_on,
    forecast.reason
from forecast
left join balances
    on balances.org_id = forecast.org_id and balances.usage_date = forecast.as_of
order by
    coalesce(balances.overdraft, 0) > 0 desc, forecast.exhausts_on nulls last, balances.closing,
    forecast.org_id
