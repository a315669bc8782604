-- One row per storage snapshot that counts, with what it would cost alone: what a date without it
-- may lack.
select
    outcomes.usage_date,
    outcomes.org_id,
    outcomes.knowledge_base_id,
    outcomes.stored_tokens,
    cast(
        cast(outcomes.stored_tokens as hugeint) * prices.price_billionths // prices.per
        // 1000000000 as decimal(38, 9)
    ) + cast(
        cast(outcomes.stored_tokens as hugeint) * prices.price_billionths // prices.per
        % 1000000000 as decimal(9, 0)
    ) * cast('0.000000001' as decimal(9, 9)) as credits
from outcomes
inner join prices
    on prices.service = storage_service()
    and prices.model_key = storage_model_key()
    and prices.valid_from <= outcomes.rates_from
    and prices.valid_to > outcomes.rates_from
where outcomes.service = storage_service() and outcomes.outcome = 'rated'
