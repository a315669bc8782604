-- One row per usage row whose dollars, or whose prices in dollars, are not credits x what the rate
-- card says a credit costs; where a grant paid, its list price is looked at alone.
select
    "SkuPriceId", "x_RateCard", "EffectiveCost", "PricingCurrencyEffectiveCost", "ListUnitPrice",
    "ContractedUnitPrice"
from focus
left join focus_cards on focus_cards.rate_card = "x_RateCard"
where "ChargeCategory" = 'Usage' and (
    (
        "x_GrantId" is null
        and (
            if(getvariable('has_ledger'), 0, "PricingCurrencyEffectiveCost" * usd_per_credit)
            = "EffectiveCost"
        ) is not true
    )
    or ("PricingCurrencyListUnitPrice" * usd_per_credit = "ListUnitPrice") is not true
    or (
        "x_GrantId" is null
        and (
            "PricingCurrencyContractedUnitPrice" * usd_per_credit = "ContractedUnitPrice"
        ) is not true
    )
)
