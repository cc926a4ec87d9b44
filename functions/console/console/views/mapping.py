"""What Moment's codes and accounts are booked as at Moneybird, and changing it."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from aws_lambda_powertools.event_handler import Response

from console.audit import AuditTrail
from console.pages import moved, page
from console.requests import BrowserRequest
from console.sessions import Session
from console.stack import Stack
from console.views.mapping_fields import Field, fields_of, request_of
from operations.api.mapping import MappingPut, MappingShown, ProblemCode, SettingsProblem


@dataclass(frozen=True, slots=True)
class MappingPage:
    """VAT codes, accounts and defaults."""

    stack: Stack
    audit: AuditTrail

    def show(self, request: BrowserRequest, session: Session) -> Response[str]:
        """Show what is mapped, with suggestions for what is not: only who saves the form stores them."""
        if "again" in request.query:
            self._shown(session, fresh=True)
            return moved("mapping")  # where reloading asks Moneybird nothing
        return self._page(request, session, self._shown(session))

    def save(self, request: BrowserRequest, session: Session) -> Response[str]:
        """Change what the form changes; what was stored since the form was shown is not overwritten."""
        shown, form = self._shown(session), request.form
        if form.get("fingerprint") != shown.fingerprint:
            return self._page(request, session, shown, is_stale=True)
        changes = fields_of(shown, {}).changes(form)
        if not changes:
            return moved("mapping?saved=0")
        self.audit.write(session, "mapping.change", "; ".join(_described(*change) for change in changes))
        asked = request_of(changes) | {"connection": session.connection, "fingerprint": shown.fingerprint}
        put = self.stack.map(MappingPut, "mapping.change", **asked)
        if put.stored:
            return moved(f"mapping?saved={len(changes)}")
        codes = {problem.code for problem in put.problems}
        self.audit.write(session, "mapping.refused", ", ".join(sorted(codes)))
        if ProblemCode.CHANGED in codes:
            return self._page(request, session, self._shown(session), is_stale=True)
        return self._page(request, session, shown, put.problems)

    def _shown(self, session: Session, *, fresh: bool = False) -> MappingShown:
        return self.stack.map(MappingShown, "mapping.show", connection=session.connection, fresh=fresh)

    def _page(
        self,
        request: BrowserRequest,
        session: Session,
        shown: MappingShown,
        refused: Sequence[SettingsProblem] = (),
        *,
        is_stale: bool = False,
    ) -> Response[str]:
        fields = fields_of(shown, request.form if refused else {})
        saved = request.query.get("saved", "")
        return page(
            "mapping",
            request.language,
            session,
            HTTPStatus.CONFLICT
            if is_stale
            else HTTPStatus.UNPROCESSABLE_CONTENT
            if refused
            else HTTPStatus.OK,
            shown=shown,
            fields=fields,
            by_setting={field.setting: field for field in fields.all()},
            refused=refused,
            is_stale=is_stale,
            saved=saved if saved.isdecimal() else "",
        )


def _described(field: Field, target: str) -> str:
    return f"{field.setting}: {field.named(field.stored)} → {field.named(target)}"
