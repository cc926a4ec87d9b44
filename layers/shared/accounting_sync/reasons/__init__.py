"""Why an event is where it is: one catalogue of causes, each with a stable code, its words and what to do.

`cause.py` is the shape, `catalogue.py` finds a cause by its code, and the other modules hold the causes by
where they arise. This package imports nothing else of the project: the receiver starts fast.
"""
