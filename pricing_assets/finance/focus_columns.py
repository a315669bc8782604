"""The columns of FOCUS 1.2 that an export has: type, what each is made of, who demands it.

How the rows are made does not belong here.
"""

from dataclasses import dataclass
from typing import Final

from pricing_assets.contract.data_dictionary import markdown
from pricing_assets.contract.table_columns import Table
from pricing_assets.contract.usage_log import Column


@dataclass(frozen=True)
class FocusColumn(Column):
    """A column of FOCUS, what it is made of, and whether the specification demands it."""

    level: str


def _columns() -> tuple[FocusColumn, ...]:
    text, times = "VARCHAR", "VARCHAR"
    dollars, cost, price = "DECIMAL(38,11)", "DECIMAL(38,23)", "DECIMAL(38,14)"
    credits_price, quantity = "DECIMAL(38,12)", "DECIMAL(38,9)"
    must, conditional, should, custom = "mandatory", "conditional", "recommended", "ours"
    return tuple(
        FocusColumn(name, kind, meaning, level)
        for name, kind, level, meaning in (
            ("BilledCost", dollars, must, "what was paid for a grant, or given back; usage: 0"),
            ("BillingAccountId", text, must, "the organization"),
            ("BillingAccountName", text, must, "the organization: it has no other name"),
            ("BillingAccountType", text, conditional, "`Organization`"),
            ("BillingCurrency", text, must, "`USD`"),
            ("BillingPeriodEnd", times, must, "end of the calendar month, exclusive"),
            ("BillingPeriodStart", times, must, "calendar month in the billing time zone"),
            (
                "ChargeCategory",
                text,
                must,
                "`Usage`; `Purchase` of credits; `Adjustment`: ended unused, rounding",
            ),
            ("ChargeClass", text, must, "`Correction` for what is booked for an earlier date"),
            ("ChargeDescription", text, must, "model and meter; kind of the grant"),
            ("ChargeFrequency", text, should, "`Usage-Based`; other than usage: `One-Time`"),
            ("ChargePeriodEnd", times, must, "end of the usage date, or of the grant, exclusive"),
            ("ChargePeriodStart", times, must, "the usage date, or first of the grant"),
            ("CommitmentDiscountStatus", text, conditional, "null: no commitments"),
            ("ConsumedQuantity", "DECIMAL(38,3)", conditional, "the quantity; audio in seconds"),
            (
                "ConsumedUnit",
                text,
                conditional,
                "Tokens, Seconds, Characters, Requests, Token-Days",
            ),
            ("ContractedCost", cost, must, "contracted unit price x pricing quantity"),
            (
                "ContractedUnitPrice",
                price,
                conditional,
                "`price` x USD that were paid for a credit",
            ),
            ("EffectiveCost", dollars, must, "what was paid for the credits that are gone"),
            ("InvoiceId", text, should, "null: no invoice for usage"),
            ("InvoiceIssuerName", text, must, "the setting `provider_name`"),
            ("ListCost", cost, must, "list unit price x pricing quantity"),
            ("ListUnitPrice", price, conditional, "`list_price` x USD of a credit"),
            ("PricingCategory", text, conditional, "`Standard`"),
            ("PricingCurrency", text, conditional, "`CRD`: credits; `USD` of a purchase"),
            ("PricingCurrencyContractedUnitPrice", credits_price, conditional, "`price`"),
            ("PricingCurrencyEffectiveCost", quantity, conditional, "`credits` of the charge"),
            ("PricingCurrencyListUnitPrice", credits_price, conditional, "`list_price`"),
            ("PricingQuantity", quantity, must, "quantity / per; minutes at 9 decimals"),
            ("PricingUnit", text, must, "what a price buys, like `1000 Tokens`"),
            ("ProviderName", text, must, "the setting `provider_name`"),
            ("PublisherName", text, must, "the setting `provider_name`; the brand is in `x_Brand`"),
            ("ServiceCategory", text, must, "`AI and Machine Learning`; storage: `Storage`"),
            ("ServiceName", text, must, "LLM, Speech Recognition, …: see above"),
            ("ServiceSubcategory", text, should, "see above"),
            ("SkuId", text, conditional, "service, brand, model and meter, each percent-encoded"),
            ("SkuMeter", text, conditional, "the billing type"),
            ("SkuPriceDetails", text, conditional, "JSON: key mode, meter, model"),
            ("SkuPriceId", text, conditional, "SkuId and key mode"),
            (
                "SubAccountId",
                text,
                conditional,
                "organization and `agent_id`; null where it has none",
            ),
            ("SubAccountName", text, conditional, "`agent_id`"),
            ("SubAccountType", text, conditional, "`Agent`"),
            ("Tags", text, conditional, "JSON: the dimensions other than `agent_id`"),
            ("x_Agreement", text, custom, "id of the agreed price; null: none"),
            ("x_BillingType", text, custom, "the billing type"),
            ("x_Brand", text, custom, "who serves it, as the rate card prints it"),
            ("x_Correction", "INTEGER", custom, "number of the correction of its usage date"),
            ("x_CorrectionReason", text, custom, "why it was booked"),
            ("x_GrantId", text, custom, "the grant that paid; null: none did"),
            ("x_GrantKind", text, custom, "promo, plan, paid or adjustment"),
            ("x_KeyMode", text, custom, "platform or own; any for storage and tools"),
            ("x_Meter", text, custom, "the quantity that the price applies to"),
            ("x_RateCard", text, custom, "id of the rate card"),
            ("x_UsageDate", "DATE", custom, "the usage date"),
            (
                "x_Version",
                "INTEGER",
                custom,
                "version of the report; of a correction, the one corrected",
            ),
        )
    )


COLUMNS: Final = _columns()
TABLE: Final = Table(
    "focus",
    "charge or correction and grant; per grant bought or ended; per account, for the rounding",
    COLUMNS,
)


def columns_page() -> str:
    """Return the columns as `docs/focus.md` lists them."""
    heads = ("column", "type", "FOCUS 1.2", "what it is made of")
    rows = [(f"`{one.name}`", f"`{one.type}`", one.level, one.meaning) for one in COLUMNS]
    return markdown(heads, rows)
