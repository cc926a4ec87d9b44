"""How many examples the property tests try: few in `make test`, fifty times as many in `make properties`."""

from hypothesis import HealthCheck, settings

TIMES = 50

_USUAL = settings.get_profile("default").max_examples


def load_profiles() -> None:
    """Choose the usual profile; `pytest --hypothesis-profile=thorough` chooses the other one.

    Neither looks at the time that an example takes: a busy machine is no failure.
    """
    unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.register_profile("usual", unhurried)
    settings.register_profile("thorough", unhurried, max_examples=TIMES * _USUAL)
    settings.load_profile("usual")


def examples(usual: int) -> int:
    """Return how many examples a test with a number of its own tries: no profile changes such a number."""
    return usual * settings().max_examples // _USUAL
