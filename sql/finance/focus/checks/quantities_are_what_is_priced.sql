-- One row per usage row whose consumed and pricing quantity are not one quantity in two units;
-- minutes of audio are rounded to 9 decimals.
select "SkuPriceId", "ConsumedQuantity", "ConsumedUnit", "PricingQuantity", "PricingUnit"
from focus
where "ChargeCategory" = 'Usage' and (
    case
        when "PricingUnit" = concat('1000 ', "ConsumedUnit")
            then "PricingQuantity" * 1000 = "ConsumedQuantity"
        when "PricingUnit" = 'Minutes' and "ConsumedUnit" = 'Seconds'
            then abs("PricingQuantity" * 60 - "ConsumedQuantity") < 0.000001
        else "PricingUnit" = "ConsumedUnit" and "PricingQuantity" = "ConsumedQuantity"
    end
) is not true
