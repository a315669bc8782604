-- One row per usage row whose consumed and pricing quantity are not one quantity in two units;
-- minutes of audio are rounded to 9 decimals.
select "SkuPriceId", "ConsumedQuantity", "ConsumedUnit", "PricingQuantity", "PricingUnit"
from focus
where "ChargeCategory" = 'Usage' and (
    case "PricingUnit"
        when '1000 Tokens' then "PricingQuantity" * 1000 = "ConsumedQuantity"
        when '1000 Characters' then "PricingQuantity" * 1000 = "ConsumedQuantity"
        when 'Minutes' then abs("PricingQuantity" * 60 - "ConsumedQuantity") < 0.000001
        else "PricingUnit" = "ConsumedUnit" and "PricingQuantity" = "ConsumedQuantity"
    end
) is not true
