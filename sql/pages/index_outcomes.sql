-- One row per outcome, and whether its date is blocked: where the rows of all accepted logs ended.
with blocked as (
    select distinct usage_date
    from reports
    where state = 'blocked'
)

select
    account.outcome,
    blocked.usage_date is not null as is_blocked,
    cast(sum(account.rows) as bigint) as rows
from account
left join blocked using (usage_date)
group by account.outcome, is_blocked
order by "rows" desc, account.outcome, is_blocked
