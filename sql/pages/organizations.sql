-- One row per organization whose page is written: everything that it shows, as JSON.
select
    shown.org_id,
    coalesce(lines.lines, '[]') as lines,
    coalesce(rated.rated, '[]') as rated,
    coalesce(daily.daily, '[]') as daily,
    coalesce(corrected.corrected, '[]') as corrected,
    coalesce(left_out.left_out, '[]') as left_out,
    coalesce(own_keys.own_keys, '[]') as own_keys,
    coalesce(at_stake.at_stake, '[]') as at_stake,
    coalesce(balance.balance, 'null') as balance
from shown
left join lines using (org_id)
left join rated using (org_id)
left join daily using (org_id)
left join corrected using (org_id)
left join left_out using (org_id)
left join own_keys using (org_id)
left join at_stake using (org_id)
left join balance using (org_id)
