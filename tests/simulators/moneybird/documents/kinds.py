"""The kinds of documents, one row each."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class DetailRules:
    """What the kind of a document means for its lines.

    Attributes
    ----------
    booked_as : str
        ``sales_invoice`` or ``purchase_invoice``: which tax rates and ledger accounts are allowed.
    optional_lines : bool
        Whether lines may be optional, as on estimates.
    """

    booked_as: str
    optional_lines: bool = False


@dataclass(frozen=True)
class DocumentKind:
    """How one kind of document differs from the others.

    Attributes
    ----------
    collection, wrapper : str
        Path of the resource, and the key around its attributes in a body.
    date_field : str
        The field that holds its date.
    states : tuple[str, ...]
        The states that a list can be filtered by.
    rules : DetailRules
        What its lines may be.
    created, updated, destroyed : str
        Names of its events.
    reference_required, date_defaults_to_today : bool
        Whether it needs a reference; whether it gets a date when none is given.
    filters : tuple[str, ...]
        Further keys of its list filter, each compared with the field of that name.
    attachment_type : str
        What its attachments and payments call it.
    days_to_pay : int
        Days until the due date of a new one; 0 when it gets none by itself.
    """

    collection: str
    wrapper: str
    date_field: str
    states: tuple[str, ...]
    rules: DetailRules
    created: str
    updated: str
    destroyed: str
    attachment_type: str
    reference_required: bool = False
    date_defaults_to_today: bool = False
    filters: tuple[str, ...] = ()
    days_to_pay: int = 0

    def late(self) -> str:
        """Name of the event that tells that it is past its due date."""
        return f"{self.wrapper}_state_changed_to_late"


EXTERNAL_SALES_INVOICE = DocumentKind(
    collection="external_sales_invoices",
    wrapper="external_sales_invoice",
    date_field="date",
    states=("new", "open", "late", "paid"),
    rules=DetailRules("sales_invoice"),
    created="external_sales_invoice_created",
    updated="external_sales_invoice_updated",
    destroyed="external_sales_invoice_destroyed",
    attachment_type="ExternalSalesInvoice",
    reference_required=True,
    date_defaults_to_today=True,
)
SALES_INVOICE = DocumentKind(
    collection="sales_invoices",
    wrapper="sales_invoice",
    date_field="invoice_date",
    states=("draft", "open", "scheduled", "pending_payment", "late", "reminded", "paid", "uncollectible"),
    rules=DetailRules("sales_invoice"),
    created="sales_invoice_created",
    updated="sales_invoice_updated",
    destroyed="sales_invoice_destroyed",
    attachment_type="SalesInvoice",
    filters=("reference", "workflow_id", "recurring_sales_invoice_id", "updated_after"),
    days_to_pay=14,
)
ESTIMATE = DocumentKind(
    collection="estimates",
    wrapper="estimate",
    date_field="estimate_date",
    states=("draft", "open", "late", "accepted", "rejected", "billed", "archived"),
    rules=DetailRules("sales_invoice", optional_lines=True),
    created="estimate_created",
    updated="estimate_updated",
    destroyed="estimate_destroyed",
    attachment_type="Estimate",
    filters=("workflow_id",),
    days_to_pay=14,
)
PURCHASE_INVOICE = DocumentKind(
    collection="documents/purchase_invoices",
    wrapper="purchase_invoice",
    date_field="date",
    states=("new", "saved", "open", "paid", "late", "pending_payment"),
    rules=DetailRules("purchase_invoice"),
    created="document_saved",
    updated="document_updated",
    destroyed="document_destroyed",
    attachment_type="Document",
    reference_required=True,
    date_defaults_to_today=True,
    filters=("reference", "updated_after"),
)
RECEIPT = replace(PURCHASE_INVOICE, collection="documents/receipts", wrapper="receipt")
