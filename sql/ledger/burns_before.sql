-- One row per burn of a charge that is taken back in these dates, in order, and per return.
with corrected as (
    select distinct org_id, key_id from numbered_charges where booked_on is not null and credits < 0
),

keyed as (
    select corrected.org_id, charge_keys.*
    from corrected
    inner join charge_keys using (key_id)
)

select
    keyed.org_id, keyed.charge_date, keyed.key_id, ledger_before.entry, ledger_before.grant_id,
    coalesce(ledger_before.credits, 0) as credits
from keyed
left join ledger_before
    on ledger_before.entry in ('burned', 'repaid', 'restored')
    and ledger_before.org_id = keyed.org_id
    and ledger_before.charge_date = keyed.charge_date
    and ledger_before.dimensions is not distinct from keyed.dimensions
    and ledger_before.billing_type = keyed.billing_type
    and ledger_before.brand is not distinct from keyed.brand
    and ledger_before.model is not distinct from keyed.model
    and ledger_before.key_mode is not distinct from keyed.key_mode
    and ledger_before.meter = keyed.meter
    and ledger_before.per = keyed.per
    and ledger_before.list_price is not distinct from keyed.list_price
    and ledger_before.price is not distinct from keyed.price
    and ledger_before.rate_card is not distinct from keyed.rate_card
    and ledger_before.agreement is not distinct from keyed.agreement
order by ledger_before.usage_date, ledger_before.org_id, ledger_before.entry_number
