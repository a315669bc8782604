-- One row per organization whose page is written: everything that it shows, as JSON.
select
    shown.org_id,
    coalesce(lines.lines, '[]') as lines,
    coalesce(rated.rated, '[]') as rated,
    coalesce(daily.daily, '[]') as daily,
    coalesce(corrected.corrected, '[]') as corrected,
    coalesce(quarantined_rows.quarantined_rows, '[]') as quarantined_rows,
    coalesce(own_keys.own_keys, '[]') as own_keys,
    coalesce(credits_at_risk.credits_at_risk, '[]') as credits_at_risk,
    coalesce(balance.balance, 'null') as balance
from shown
left join lines using (org_id)
left join rated using (org_id)
left join daily using (org_id)
left join corrected using (org_id)
left join quarantined_rows using (org_id)
left join own_keys using (org_id)
left join credits_at_risk using (org_id)
left join balance using (org_id)
