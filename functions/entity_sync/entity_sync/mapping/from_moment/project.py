"""Moment's project: a project."""

from accounting_sync.accounting.documents import DocumentState, Project
from entity_sync.mapping.from_moment.source import MomentObject


def project(source: MomentObject) -> Project:
    """Map a project.

    Raises
    ------
    ParkedError
        If it has no name.
    """
    fields = source.fields
    return Project(
        **source.common(),
        state=DocumentState.ARCHIVED if fields.flag("archived") else DocumentState.ACTIVE,
        number=fields.text("number"),
        name=fields.required(fields.text, "name"),
        customer=source.parent("customer"),
    )
