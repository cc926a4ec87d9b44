"""Notices for people: what parked or failed, why and what to do; once for many alike; and the all-clear.

`app.py` is the function. `notices.py` reads the lists and sends, `digest.py` decides what is news, and
`messages.py` has the words.
"""
