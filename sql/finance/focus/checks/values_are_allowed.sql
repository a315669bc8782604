-- One row per row with a value that FOCUS 1.2 does not allow there, or a null where it allows none.
select
    "ChargeCategory", "ChargeClass", "ChargeFrequency", "PricingCategory", "ServiceCategory",
    "ServiceSubcategory", "BillingAccountId", "SkuPriceId"
from focus
where not (
    coalesce("ChargeCategory" in ('Usage', 'Purchase', 'Adjustment'), false)
    and ("ChargeClass" is null or "ChargeClass" = 'Correction')
    and coalesce("ChargeFrequency" in ('Usage-Based', 'One-Time'), false)
    and coalesce("BillingCurrency" = 'USD', false)
    and coalesce(
        "PricingCurrency" = if("ChargeCategory" = 'Purchase', 'USD', 'CRD'), false
    )
    and coalesce(
        ("ServiceCategory", "ServiceSubcategory") in (
            ('AI and Machine Learning', 'AI Platforms'),
            ('AI and Machine Learning', 'Generative AI'),
            ('AI and Machine Learning', 'Natural Language Processing'),
            ('Storage', 'Other (Storage)')
        ),
        false
    )
    and coalesce("BilledCost" = 0 or "ChargeCategory" = 'Purchase', false)
    and ("x_GrantId" is null) = ("x_GrantKind" is null)
    and "EffectiveCost" is not null
    and "ListCost" is not null
    and "ContractedCost" is not null
    and "PricingCurrencyEffectiveCost" is not null
    and coalesce("BillingAccountId" <> '', false)
    and coalesce("InvoiceIssuerName" <> '', false)
    and coalesce("ProviderName" <> '', false)
    and coalesce("PublisherName" <> '', false)
    and coalesce("ServiceName" <> '', false)
    and coalesce("ChargeDescription" <> '', false)
    and "InvoiceId" is null
    and ("SubAccountId" is null) = ("SubAccountName" is null)
    and ("SubAccountId" is null) = ("SubAccountType" is null)
    and ("SkuMeter" is null) = ("SkuId" is null)
    and case "ChargeCategory"
        when 'Usage' then
            coalesce("PricingCategory" = 'Standard', false)
            and "SkuId" is not null
            and "SkuPriceId" is not null
            and "x_UsageDate" is not null
            and "PricingUnit" is not null
            and "ConsumedUnit" is not null
            and "PricingQuantity" is not null
            and "ConsumedQuantity" is not null
            and coalesce("ListUnitPrice" >= 0, false)
            and coalesce("ContractedUnitPrice" >= 0, false)
        when 'Purchase' then
            coalesce("PricingCategory" = 'Standard', false)
            and coalesce("EffectiveCost" = 0, false)
            and "SkuId" is not null
            and "SkuPriceId" is not null
            and "x_GrantId" is not null
            and coalesce("PricingUnit" = 'Credits', false)
            and "PricingQuantity" is not null
            and "ConsumedQuantity" is null
            and coalesce("ListUnitPrice" >= 0, false)
            and coalesce("ContractedUnitPrice" >= 0, false)
        else
            "PricingQuantity" is null
            and "ConsumedQuantity" is null
            and "ListUnitPrice" is null
            and "ContractedUnitPrice" is null
            and "PricingCategory" is null
    end
)
