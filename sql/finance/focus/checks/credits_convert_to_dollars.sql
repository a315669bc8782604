-- One row per usage row whose dollars, or whose prices in dollars, are not credits x what the rate
-- card says a credit costs; where a grant paid, its list price is looked at alone. Where a credit
-- does not cost whole cents, dollars are rounded at 11 decimals: a correction is the difference of
-- two.
select
    "SkuPriceId", "x_RateCard", "EffectiveCost", "PricingCurrencyEffectiveCost", "ListUnitPrice",
    "ContractedUnitPrice"
from focus
left join focus_cards on focus_cards.rate_card = "x_RateCard"
where "ChargeCategory" = 'Usage' and (
    (
        "x_GrantId" is null
        and (
            abs(
                cast(replace(cast("EffectiveCost" as varchar), '.', '') as hugeint)
                - if(
                    getvariable('has_ledger'),
                    0,
                    usd_parts(
                        cast(
                            replace(cast("PricingCurrencyEffectiveCost" as varchar), '.', '')
                            as hugeint
                        ),
                        usd_billionths
                    )
                )
            ) <= if(usd_billionths % 10000000 = 0, 0, 1)
        ) is not true
    )
    or (
        usd_of_price("PricingCurrencyListUnitPrice", usd_billionths) = "ListUnitPrice"
    ) is not true
    or (
        "x_GrantId" is null
        and (
            usd_of_price("PricingCurrencyContractedUnitPrice", usd_billionths)
            = "ContractedUnitPrice"
        ) is not true
    )
)
