"""A stateful stand-in for Moment's API. Its data and most of its field names are synthetic."""

from tests.simulators.moment.app import API_KEY, COMPANY, MomentSimulator, moment_app
from tests.simulators.moment.state import MomentSettings, MomentState, Spelling

__all__ = ["API_KEY", "COMPANY", "MomentSettings", "MomentSimulator", "MomentState", "Spelling", "moment_app"]
