-- One row per row whose times are not UTC text to the second, whose periods do not end after they
-- begin, or whose charge period does not lie inside its billing period. Corrections may be of a
-- date before it, or, taken back, after it; credits that are bought may last longer.
select
    "BillingPeriodStart", "BillingPeriodEnd", "ChargePeriodStart", "ChargePeriodEnd", "ChargeClass"
from focus
where (
    regexp_full_match("BillingPeriodStart", '\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ')
    and regexp_full_match("BillingPeriodEnd", '\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ')
    and regexp_full_match("ChargePeriodStart", '\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ')
    and regexp_full_match("ChargePeriodEnd", '\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ')
    and "BillingPeriodStart" < "BillingPeriodEnd"
    and "ChargePeriodStart" < "ChargePeriodEnd"
    and (
        "ChargeClass" = 'Correction'
        or (
            "ChargePeriodStart" >= "BillingPeriodStart"
            and ("ChargeCategory" = 'Purchase' or "ChargePeriodEnd" <= "BillingPeriodEnd")
        )
    )
) is not true
