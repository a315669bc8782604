-- One row per usage row whose dollars, or whose prices in dollars, are not credits x what the rate
-- card says a credit costs.
select
    "SkuPriceId", "x_RateCard", "EffectiveCost", "PricingCurrencyEffectiveCost", "ListUnitPrice",
    "ContractedUnitPrice"
from focus
left join focus_cards on focus_cards.rate_card = "x_RateCard"
where "ChargeCategory" = 'Usage' and (
    ("PricingCurrencyEffectiveCost" * usd_per_credit = "EffectiveCost") is not true
    or ("PricingCurrencyListUnitPrice" * usd_per_credit = "ListUnitPrice") is not true
    or ("PricingCurrencyContractedUnitPrice" * usd_per_credit = "ContractedUnitPrice") is not true
)
