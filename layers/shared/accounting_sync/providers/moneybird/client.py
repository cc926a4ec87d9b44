"""Moneybird's REST API v2, as far as it is used here. One method is one call, lists aside.

Every method raises `accounting_sync.errors`. A 404 is a `NotFoundError` (parked: what we refer to is not
there), except that `fetch` says `EntityGoneError` and the `find_...` methods answer None.
"""

from dataclasses import replace
from typing import Any

from accounting_sync.errors import EntityGoneError, NotFoundError
from accounting_sync.providers.http import Call, Upload
from accounting_sync.providers.moneybird.api import PATHS, WITH_ARCHIVED
from accounting_sync.providers.moneybird.bulk import MoneybirdBulkReads
from accounting_sync.providers.moneybird.filters import Period, list_filter
from accounting_sync.providers.moneybird.models import (
    MoneybirdAdministration,
    MoneybirdContact,
    MoneybirdDocument,
    MoneybirdEstimate,
    MoneybirdExternalSalesInvoice,
    MoneybirdLedgerAccount,
    MoneybirdObject,
    MoneybirdPayment,
    MoneybirdProject,
    MoneybirdSalesInvoice,
    MoneybirdTaxRate,
    MoneybirdWebhook,
)
from accounting_sync.providers.moneybird.requests import (
    ContactFields,
    EstimateFields,
    EstimateState,
    ExternalSalesInvoiceFields,
    PaymentFields,
    ProjectFields,
    PurchaseInvoiceFields,
    ReceiptFields,
    WebhookFields,
)
from accounting_sync.reasons.documents import GONE_AT_SOURCE

BASE_PATH = "/api/v2"
BASE_URL = f"https://moneybird.com{BASE_PATH}"


class MoneybirdClient(MoneybirdBulkReads):
    """One administration."""

    def fetch(self, entity_type: str, entity_id: str) -> dict[str, Any]:
        """Read the entity that a webhook spoke of, whole and as it is; archived contacts as well.

        Raises
        ------
        EntityGoneError
            If Moneybird does not know it (any more).
        KeyError
            If the type is not one of `PATHS`.
        """
        query = WITH_ARCHIVED if entity_type == "Contact" else None
        call = self._call("GET", f"{PATHS[entity_type]}/{{id}}", query=query, id=entity_id)
        try:
            return self._read(MoneybirdObject, call).raw
        except NotFoundError as error:
            raise EntityGoneError(GONE_AT_SOURCE(said=error)) from error

    # Contacts

    def get_contact(self, contact_id: str) -> MoneybirdContact:
        """Read a contact, archived or not."""
        call = self._call("GET", "contacts/{id}", query=WITH_ARCHIVED, id=contact_id)
        return self._read(MoneybirdContact, call)

    def find_contact_by_customer_id(self, customer_id: str) -> MoneybirdContact | None:
        """Look a contact up by its customer number."""
        call = self._call("GET", "contacts/customer_id/{customer_id}", customer_id=customer_id)
        return self._find(MoneybirdContact, call)

    def search_contacts(self, text: str) -> list[MoneybirdContact]:
        """Search, archived contacts too. A contact may not be found for a while after its creation."""
        return self._list(MoneybirdContact, "contacts", {**WITH_ARCHIVED, "query": text})

    def create_contact(self, contact: ContactFields) -> MoneybirdContact:
        """Create a contact."""
        call = self._call("POST", "contacts", body={"contact": contact.to_json()})
        return self._read(MoneybirdContact, call)

    def update_contact(self, contact_id: str, contact: ContactFields) -> MoneybirdContact:
        """Change what is given, and nothing else."""
        body = {"contact": contact.to_json()}
        call = self._call("PATCH", "contacts/{id}", body=body, id=contact_id)
        return self._read(MoneybirdContact, replace(call, repeatable=True))

    def archive_contact(self, contact_id: str) -> None:
        """Archive a contact; one that is archived already is refused (400). No call makes it active again."""
        self._transport.send(self._call("PATCH", "contacts/{id}/archive", id=contact_id))

    # Invoices and payments

    def get_sales_invoice(self, invoice_id: str) -> MoneybirdSalesInvoice:
        """Read a sales invoice."""
        return self._read(MoneybirdSalesInvoice, self._call("GET", "sales_invoices/{id}", id=invoice_id))

    def get_external_sales_invoice(self, invoice_id: str) -> MoneybirdExternalSalesInvoice:
        """Read an external sales invoice."""
        call = self._call("GET", "external_sales_invoices/{id}", id=invoice_id)
        return self._read(MoneybirdExternalSalesInvoice, call)

    def list_external_sales_invoices(
        self, period: Period, contact_id: str | None = None
    ) -> list[MoneybirdExternalSalesInvoice]:
        """List all invoices dated in a period, of one contact or of all."""
        query = {"filter": list_filter(period, contact_id=contact_id)}
        return self._list(MoneybirdExternalSalesInvoice, "external_sales_invoices", query)

    def create_external_sales_invoice(
        self, invoice: ExternalSalesInvoiceFields
    ) -> MoneybirdExternalSalesInvoice:
        """Create an external sales invoice; it is open at once."""
        body = {"external_sales_invoice": invoice.to_json()}
        return self._read(
            MoneybirdExternalSalesInvoice, self._call("POST", "external_sales_invoices", body=body)
        )

    def update_external_sales_invoice(
        self, invoice_id: str, invoice: ExternalSalesInvoiceFields
    ) -> MoneybirdExternalSalesInvoice:
        """Change what is given; lines without an `id` are added."""
        body = {"external_sales_invoice": invoice.to_json()}
        call = self._call("PATCH", "external_sales_invoices/{id}", body=body, id=invoice_id)
        return self._read(MoneybirdExternalSalesInvoice, call)

    def add_note_to_external_sales_invoice(self, invoice_id: str, note: str) -> None:
        """Add a note, which people see beside the invoice."""
        body = {"note": {"note": note}}
        call = self._call("POST", "external_sales_invoices/{id}/notes", body=body, id=invoice_id)
        self._transport.send(call)

    def attach_to_external_sales_invoice(self, invoice_id: str, file: Upload) -> None:
        """Add a file to an external sales invoice."""
        # without the id, the same path would make a new invoice of the file: an empty id is refused
        call = self._call("POST", "external_sales_invoices/{id}/attachment", upload=file, id=invoice_id)
        self._transport.send(call)

    def pay_external_sales_invoice(self, invoice_id: str, payment: PaymentFields) -> MoneybirdPayment:
        """Register a payment of an external sales invoice."""
        body = {"payment": payment.to_json()}
        call = self._call("POST", "external_sales_invoices/{id}/payments", body=body, id=invoice_id)
        return self._read(MoneybirdPayment, call)

    def get_payment(self, payment_id: str) -> MoneybirdPayment:
        """Read a payment."""
        return self._read(MoneybirdPayment, self._call("GET", "payments/{id}", id=payment_id))

    # Estimates

    def get_estimate(self, estimate_id: str) -> MoneybirdEstimate:
        """Read an estimate by its id."""
        return self._read(MoneybirdEstimate, self._call("GET", "estimates/{id}", id=estimate_id))

    def find_estimate_by_number(self, number: str) -> MoneybirdEstimate | None:
        """Look an estimate up by its number, which Moneybird calls `estimate_id`."""
        call = self._call("GET", "estimates/find_by_estimate_id/{number}", number=number)
        return self._find(MoneybirdEstimate, call)

    def list_estimates(self, period: Period, contact_id: str | None = None) -> list[MoneybirdEstimate]:
        """List all estimates dated in a period, of one contact or of all."""
        query = {"filter": list_filter(period, contact_id=contact_id)}
        return self._list(MoneybirdEstimate, "estimates", query)

    def create_estimate(self, estimate: EstimateFields) -> MoneybirdEstimate:
        """Create an estimate."""
        call = self._call("POST", "estimates", body={"estimate": estimate.to_json()})
        return self._read(MoneybirdEstimate, call)

    def update_estimate(self, estimate_id: str, estimate: EstimateFields) -> MoneybirdEstimate:
        """Change what is given; lines without an `id` are added."""
        call = self._call("PATCH", "estimates/{id}", body={"estimate": estimate.to_json()}, id=estimate_id)
        return self._read(MoneybirdEstimate, call)

    def mark_estimate_as_sent(self, estimate_id: str) -> MoneybirdEstimate:
        """Open a draft, and number it, as if it had been sent by hand: Moneybird sends nothing."""
        body = {"estimate_sending": {"delivery_method": "Manual"}}
        call = self._call("PATCH", "estimates/{id}/send_estimate", body=body, id=estimate_id)
        return self._read(MoneybirdEstimate, call)

    def change_estimate_state(self, estimate_id: str, state: EstimateState) -> MoneybirdEstimate:
        """Put an estimate in a state."""
        call = self._call("PATCH", "estimates/{id}/change_state", body={"state": state}, id=estimate_id)
        return self._read(MoneybirdEstimate, call)

    # Projects

    def get_project(self, project_id: str) -> MoneybirdProject:
        """Read a project."""
        return self._read(MoneybirdProject, self._call("GET", "projects/{id}", id=project_id))

    def list_projects(self) -> list[MoneybirdProject]:
        """List all projects, archived ones too."""
        return self._list(MoneybirdProject, "projects", {"filter": "state:all"})

    def find_project_by_name(self, name: str) -> MoneybirdProject | None:
        """Look a project up by its exact name, archived or not. Names are unique; reads the whole list."""
        return next((project for project in self.list_projects() if project.name == name), None)

    def create_project(self, project: ProjectFields) -> MoneybirdProject:
        """Create a project."""
        call = self._call("POST", "projects", body={"project": project.to_json()})
        return self._read(MoneybirdProject, call)

    def update_project(self, project_id: str, project: ProjectFields) -> MoneybirdProject:
        """Change a project's name."""
        body = {"project": project.to_json()}
        call = self._call("PATCH", "projects/{id}", body=body, id=project_id)
        return self._read(MoneybirdProject, replace(call, repeatable=True))

    # Receipts and purchase invoices

    def get_receipt(self, receipt_id: str) -> MoneybirdDocument:
        """Read a receipt."""
        return self._read(MoneybirdDocument, self._call("GET", "documents/receipts/{id}", id=receipt_id))

    def list_receipts(
        self, period: Period, contact_id: str | None = None, reference: str | None = None
    ) -> list[MoneybirdDocument]:
        """List receipts dated in a period. `reference` narrows where it can be written in a filter."""
        query = {"filter": list_filter(period, contact_id=contact_id, reference=reference)}
        return self._list(MoneybirdDocument, "documents/receipts", query)

    def create_receipt(self, receipt: ReceiptFields) -> MoneybirdDocument:
        """Create a receipt."""
        call = self._call("POST", "documents/receipts", body={"receipt": receipt.to_json()})
        return self._read(MoneybirdDocument, call)

    def update_receipt(self, receipt_id: str, receipt: ReceiptFields) -> MoneybirdDocument:
        """Change what is given; lines without an `id` are added."""
        body = {"receipt": receipt.to_json()}
        call = self._call("PATCH", "documents/receipts/{id}", body=body, id=receipt_id)
        return self._read(MoneybirdDocument, call)

    def attach_to_receipt(self, receipt_id: str, file: Upload) -> None:
        """Add a file to a receipt."""
        call = self._call("POST", "documents/receipts/{id}/attachments", upload=file, id=receipt_id)
        self._transport.send(call)

    def get_purchase_invoice(self, invoice_id: str) -> MoneybirdDocument:
        """Read a purchase invoice."""
        call = self._call("GET", "documents/purchase_invoices/{id}", id=invoice_id)
        return self._read(MoneybirdDocument, call)

    def list_purchase_invoices(
        self, period: Period, contact_id: str | None = None, reference: str | None = None
    ) -> list[MoneybirdDocument]:
        """List purchase invoices dated in a period. `reference` narrows where a filter can hold it."""
        query = {"filter": list_filter(period, contact_id=contact_id, reference=reference)}
        return self._list(MoneybirdDocument, "documents/purchase_invoices", query)

    def create_purchase_invoice(self, invoice: PurchaseInvoiceFields) -> MoneybirdDocument:
        """Create a purchase invoice."""
        body = {"purchase_invoice": invoice.to_json()}
        return self._read(MoneybirdDocument, self._call("POST", "documents/purchase_invoices", body=body))

    def update_purchase_invoice(self, invoice_id: str, invoice: PurchaseInvoiceFields) -> MoneybirdDocument:
        """Change what is given; lines without an `id` are added."""
        body = {"purchase_invoice": invoice.to_json()}
        call = self._call("PATCH", "documents/purchase_invoices/{id}", body=body, id=invoice_id)
        return self._read(MoneybirdDocument, call)

    def attach_to_purchase_invoice(self, invoice_id: str, file: Upload) -> None:
        """Add a file to a purchase invoice."""
        call = self._call("POST", "documents/purchase_invoices/{id}/attachments", upload=file, id=invoice_id)
        self._transport.send(call)

    # The administration

    def list_tax_rates(self) -> list[MoneybirdTaxRate]:
        """List all VAT rates, inactive ones too."""
        return self._list(MoneybirdTaxRate, "tax_rates", {})

    def list_ledger_accounts(self) -> list[MoneybirdLedgerAccount]:
        """List all ledger accounts; Moneybird gives them in one answer."""
        return self._read_all(MoneybirdLedgerAccount, self._call("GET", "ledger_accounts"))

    def list_administrations(self) -> list[MoneybirdAdministration]:
        """List the administrations that the token reaches."""
        return self._read_all(MoneybirdAdministration, Call("GET", "administrations.json"))

    def get_administration(self) -> MoneybirdAdministration | None:
        """Read this administration; None if the token does not reach it."""
        found = self.list_administrations()
        return next((each for each in found if each.id == self._administration_id), None)

    def list_webhooks(self) -> list[MoneybirdWebhook]:
        """List the registered webhooks."""
        return self._read_all(MoneybirdWebhook, self._call("GET", "webhooks"))

    def create_webhook(self, webhook: WebhookFields) -> MoneybirdWebhook:
        """Register a webhook; Moneybird calls its URL at once."""
        return self._read(MoneybirdWebhook, self._call("POST", "webhooks", body=webhook.to_json()))

    def activate_webhook(self, webhook_id: str) -> MoneybirdWebhook:
        """Switch on a webhook that Moneybird, or a person, has switched off."""
        return self._read(MoneybirdWebhook, self._call("PATCH", "webhooks/{id}/activate", id=webhook_id))

    def delete_webhook(self, webhook_id: str) -> None:
        """Remove a webhook."""
        self._transport.send(self._call("DELETE", "webhooks/{id}", id=webhook_id))
