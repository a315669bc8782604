-- One row per row of usage or purchase whose list or contracted cost is not unit price x pricing
-- quantity, to the last digit.
select "SkuPriceId", "ListCost", "ContractedCost", "PricingQuantity"
from focus
where "ChargeCategory" in ('Usage', 'Purchase') and (
    ("ListUnitPrice" * "PricingQuantity" = "ListCost") is not true
    or ("ContractedUnitPrice" * "PricingQuantity" = "ContractedCost") is not true
)
