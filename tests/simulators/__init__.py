"""Stateful stand-ins for Moneybird and Moment, on loopback: for tests, the local stack, and developers.

Start one with ``python -m tests.simulators moneybird`` (or ``moment``; ``--help`` shows options): it prints
its address as one line of JSON. The APIs lie below ``/api/v2`` and ``/api/1.0``. Tests run one in the same
process::

    simulator = moneybird_app("123", "token")
    with running(simulator) as url:
        ...
        assert len(simulator.requests.matching("POST", r"/contacts\\.json$")) == 1

Everything that controls a simulator is JSON below ``/_simulator``:

==================================  =========================================================================
``GET health``                      200 when it serves
``POST reset``                      back to the seeded state, real time, no faults, nothing logged
``GET state[/{collection}]``        everything stored
``POST state/{collection}``         create or merge an object; ``?action=contact_changed`` tells webhooks too
``DELETE state/{collection}/{id}``  remove it, likewise
``GET, PATCH settings``             how the provider behaves (`MoneybirdSettings`, `MomentSettings`)
``POST clock``                      ``{"advance_seconds": 300}``: time passes, rate limits and due dates too
``GET, DELETE requests``            what was received; ``?method=POST&path=<regular expression>``
``GET, POST, DELETE faults``        what goes wrong next (`Fault`); ``POST faults/release`` ends time-outs
``GET deliveries``                  webhooks sent or waiting; ``POST deliveries/pause``, ``resume``, ``retry``
``PATCH deliveries/settings``       retries, intervals, duplicates (`DeliverySettings`)
``GET idle?timeout=30``             waits until nothing is left to deliver; 503 when it takes longer
``GET, POST, DELETE webhooks``      Moment only: ``{"kind": "invoices", "url": ...}``, by hand in reality
==================================  =========================================================================

What the providers do not document is assumed here, and says so where it stands.
"""
