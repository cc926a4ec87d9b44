"""Where each field of a Moment entity may be found. GUESSES, except for what is marked as documented.

Moment publishes one webhook payload and one endpoint, and no field list. So each field has several names
that it may go by; the first that holds a value is taken. A dotted path is tried nested (`customer.id`) and
flattened (`customerId`, the way Moment's "includes" answer). `moment_fields` of the booking settings replaces
the list of a field, without a release.

A wrong guess cannot book a wrong amount: lines, VAT and totals come from different fields and must agree.
"""

from collections.abc import Mapping

type FieldAliases = Mapping[str, tuple[str, ...]]
"""Field name (ours) to the dotted paths that are tried, in order."""

_COMMON: FieldAliases = {
    "version": ("version",),
    "updated_at": (
        "lastModifiedDate",
        "lastModified",
        "lastModifiedAt",
        "updatedAt",
        "modifiedDate",
        "modifiedAt",
        "changedDate",
    ),
    "source_url": ("webUrl", "appUrl"),
}
_CUSTOMER: FieldAliases = {
    "customer_id": ("customer.id",),  # documented
    "customer_number": (
        "customer.customerNumber",
        "customerNumber",
        "customer.number",
    ),  # the first documented
    "customer_name": ("customer.name",),  # documented as an example of flattening
}
_PROJECT: FieldAliases = {
    "project_id": ("project.id",),  # documented
    "project_number": ("project.projectNumber", "projectNumber", "project.number"),  # the first documented
    "project_name": ("project.name",),
}
_TOTALS: FieldAliases = {
    "currency": ("currency.code", "currency.isoCode", "currencyIsoCode", "currency"),
    "prices_include_vat": ("pricesIncludeVat", "pricesIncludingVat", "vatIncluded"),
    "total_net": (
        "totalNet",
        "netTotal",
        "netAmount",
        "totalNetAmount",
        "totalExcludingVat",
        "totalExclVat",
        "totalAmountExcludingVat",
        "amountExcludingVat",
        "amountExclVat",
        "amountExVat",
        "subTotal",
        "subtotal",
    ),
    "total_vat": ("totalVat", "vatTotal", "totalVatAmount", "vatAmount", "amountVat", "vat"),
    "total_gross": (
        "totalGross",
        "grossTotal",
        "grossAmount",
        "totalGrossAmount",
        "totalIncludingVat",
        "totalInclVat",
        "totalAmountIncludingVat",
        "amountIncludingVat",
        "amountInclVat",
        "amountIncVat",
        "totalAmount",
        "total",
    ),
    "reference": ("yourReference", "customerReference", "reference", "orderNumber"),
}
_LINE: FieldAliases = {
    "description": ("description", "text", "name", "comment", "title"),
    "quantity": ("quantity", "qty", "count", "units", "hours"),
    "unit_price": ("unitPrice", "pricePerUnit", "price", "rate"),
    "discount_percentage": ("discountPercentage", "discountPercent", "discount"),
    "net": (
        "netAmount",
        "net",
        "totalNet",
        "lineNet",
        "amountExcludingVat",
        "amountExclVat",
        "amountExVat",
        "totalExcludingVat",
        "lineTotal",
        "amount",
        "total",
    ),
    "vat_code": ("vatCode.code", "vatCode", "vatCode.number", "vat.code", "vatCode.id"),
    "vat_percentage": (
        "vatPercentage",
        "vatPercent",
        "vatRate",
        "vatCode.percentage",
        "vatCode.rate",
        "vat.percentage",
        "vat.rate",
    ),
    "account": (
        "account.accountNumber",
        "account.number",
        "accountNumber",
        "account.code",
        "account",
        "ledgerAccount.number",
        "ledgerAccount.code",
        "ledgerAccount",
    ),
    "project_id": ("project.id",),
}

FIELD_ALIASES: Mapping[str, FieldAliases] = {
    "customer": {
        **_COMMON,
        "number": ("customerNumber", "number"),  # the first documented
        "company_name": ("name", "companyName", "customerName"),
        "first_name": ("firstName", "firstname"),
        "last_name": ("lastName", "lastname", "surname"),
        "address": (
            "address.street",
            "address.addressLine1",
            "address.line1",
            "address.address1",
            "addressLine1",
            "address1",
            "address",
            "street",
        ),
        "postal_code": (
            "address.postalCode",
            "address.zipCode",
            "address.zip",
            "postalCode",
            "zipCode",
            "zip",
        ),
        "city": ("address.city", "address.place", "city", "place"),
        "country": (
            "address.countryCode",
            "address.country.code",
            "address.country",
            "countryCode",
            "country.code",
            "country",
        ),
        "email": ("invoiceEmail", "email", "emailAddress"),
        "phone": ("phone", "phoneNumber", "telephone"),
        "vat_number": ("vatNumber", "vatRegistrationNumber", "taxNumber"),
        "chamber_of_commerce": (
            "organizationNumber",
            "organisationNumber",
            "chamberOfCommerce",
            "companyRegistrationNumber",
            "orgNumber",
        ),
        "archived": ("archived", "inactive"),
    },
    "project": {
        **_COMMON,
        **_CUSTOMER,
        "number": ("projectNumber", "number"),  # the first documented
        "name": ("name", "projectName", "title"),
        "archived": ("archived", "inactive", "closed"),
    },
    "invoice": {
        **_COMMON,
        **_CUSTOMER,
        **_PROJECT,
        **_TOTALS,
        "number": ("invoiceNumber", "number"),  # the first documented
        "date": ("invoiceDate", "date", "issueDate", "issuedDate"),
        "due_date": ("dueDate", "invoiceDueDate", "paymentDueDate"),
        "state": ("status", "invoiceStatus", "state"),
        "export_status": ("exportStatus", "transferStatus", "accountingStatus"),
        "do_not_transfer": ("doNotTransfer", "doNotExport"),
        "credits_id": (
            "creditedInvoice.id",
            "originalInvoice.id",
            "creditInvoiceFor.id",
            "creditsInvoice.id",
            "creditFor.id",
        ),
        "credits_number": (
            "creditedInvoice.invoiceNumber",
            "creditedInvoice.number",
            "originalInvoice.invoiceNumber",
            "originalInvoice.number",
        ),
        "paid_at": ("paidDate", "paidAt", "paymentDate"),
        "outstanding": ("outstandingAmount", "remainingAmount", "amountDue"),
        "lines": ("lines", "invoiceLines", "items", "invoiceItems", "rows"),
    },
    "invoice_line": _LINE,
    "offer": {
        **_COMMON,
        **_CUSTOMER,
        **_PROJECT,
        **_TOTALS,
        "number": ("offerNumber", "number"),
        "date": ("offerDate", "date", "issueDate", "createdDate"),
        "expires_on": ("expiryDate", "expirationDate", "validUntil", "validTo", "dueDate"),
        "state": ("status", "offerStatus", "state", "decision"),
        "lines": ("lines", "offerLines", "items", "offerItems", "rows"),
    },
    "offer_line": _LINE,
    "claim": {
        **_COMMON,
        **_PROJECT,
        **_TOTALS,
        "number": ("claimNumber", "number"),
        "date": ("claimDate", "date", "expenseDate"),
        "state": ("status", "claimStatus", "state"),
        "lines": ("lines", "claimLines", "items", "claimItems", "expenses", "rows"),
    },
    "claim_line": _LINE,
}
"""Moment entity (`..._line`: one of its lines) to the candidates of its fields."""

MUST_BE_KNOWN: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "invoice": {
        "state": ("state",),
        "number": ("number",),
        "do_not_transfer": ("export_status", "do_not_transfer"),
    },
}
"""Moment entity to what must be known before the first one is booked, and the fields that tell it.

The number is asked for only where no state says whether an invoice is final. Each was found under one of its
aliases on some entity of the connection, or is in `moment_absent` of the booking settings. Otherwise a wrong
guess would be silent: an invoice that must not be transferred would be.
"""

WORTH_A_WARNING: Mapping[str, tuple[str, ...]] = {
    "invoice": ("due_date", "credits_id"),
    "customer": ("email", "vat_number"),
}
"""Moment entity to optional fields whose loss a bookkeeper would notice late."""
