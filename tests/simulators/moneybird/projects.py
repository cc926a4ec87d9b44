"""Projects."""

from flask import Blueprint, Response, jsonify

from tests.simulators.moneybird.answers import fields, templates
from tests.simulators.moneybird.answers.bodies import wrapped_body
from tests.simulators.moneybird.answers.errors import Problems
from tests.simulators.moneybird.answers.listing import alternatives, filters, paginated
from tests.simulators.moneybird.state import MoneybirdState
from tests.simulators.simulator import Entity


def add_project_routes(blueprint: Blueprint, state: MoneybirdState) -> None:
    """Add all routes of projects."""

    @blueprint.get("/projects.json")
    def projects() -> Response:
        states = alternatives(filters({"state": "active"}).get("state", "all"), ("active", "archived"))
        found = [project for project in state.all("projects") if states is None or project["state"] in states]
        return paginated(found, lambda project: project)

    @blueprint.get("/projects/<project_id>.json")
    def project(project_id: str) -> Response:
        return jsonify(state.get("projects", project_id))

    @blueprint.post("/projects.json")
    def create_project() -> tuple[Response, int]:
        project = templates.project() | wrapped_body("project", fields.PROJECT)
        project["id"] = state.new_id()
        return jsonify(_saved(state, project, "project_created")), 201

    @blueprint.patch("/projects/<project_id>.json")
    def update_project(project_id: str) -> Response:
        changed = state.get("projects", project_id) | wrapped_body("project", fields.PROJECT)
        return jsonify(_saved(state, changed, "project_updated"))

    @blueprint.delete("/projects/<project_id>.json")
    def delete_project(project_id: str) -> tuple[str, int]:
        state.delete("projects", state.get("projects", project_id), "project_destroyed")
        return "", 204


def _saved(state: MoneybirdState, project: Entity, action: str) -> Entity:
    problems = Problems()
    if not project["name"]:
        problems.blank("name")
    if any(p["name"] == project["name"] and p["id"] != project["id"] for p in state.all("projects")):
        problems.add("name", "has already been taken", "taken")
    problems.raise_if_any()
    return state.save("projects", project, action)
