"""Project -> project, known by its name: Moneybird keeps names unique, those of archived projects too."""

from collections.abc import Sequence
from dataclasses import dataclass

from accounting_sync.accounting.documents import DocumentType, Project
from accounting_sync.accounting.stores.claim_store import Claim
from accounting_sync.providers.moneybird.client import MoneybirdClient
from accounting_sync.providers.moneybird.models import MoneybirdProject
from accounting_sync.providers.moneybird.requests import ProjectFields
from entity_sync.destinations.moneybird.writing.remote_document import Intent, RemoteDocument


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectDocument(RemoteDocument[ProjectFields, MoneybirdProject]):
    """The project of a project at the source."""

    document_type = DocumentType.PROJECT
    remote_type = "Project"
    path = "projects"
    wrapper = "project"
    name = "project"

    @classmethod
    def of(cls, project: Project, claim: Claim, client: MoneybirdClient) -> "ProjectDocument":
        """Return what should stand at Moneybird for a project."""
        return cls(client=client, claim=claim, fields=ProjectFields(name=project.name))

    def intent(self) -> Intent:
        """Return the name."""
        return {"name": self.fields.name}

    def find(self, intent: Intent) -> Sequence[MoneybirdProject]:
        """Return the project of this name, archived or not."""
        project = self.client.find_project_by_name(intent["name"])
        return (project,) if project else ()

    def get(self, remote_id: str) -> MoneybirdProject:
        """Read a project."""
        return self.client.get_project(remote_id)

    def create(self) -> MoneybirdProject:
        """Create the project."""
        return self.client.create_project(self.fields)

    def update(self, remote_id: str, changes: ProjectFields) -> MoneybirdProject:
        """Rename the project."""
        return self.client.update_project(remote_id, changes)
