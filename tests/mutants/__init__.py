"""A mutation run, `make mutants`: production code is changed in one place, and some test has to fail.

Cosmic Ray makes the changes. This package says in which modules, draws the sample, gives each change the
tests that run its lines, and prints what survived.
"""
