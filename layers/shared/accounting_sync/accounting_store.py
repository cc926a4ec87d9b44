"""AccountingTable: documents with their versions, links to destinations, and claims.

Everything about one source entity lies in one partition (`pk` = the entity's key):

===================  =================================================================================
`sk`                 what
===================  =================================================================================
`DOCUMENT`           the newest version of the document, and what its destination knows of it (paid?)
`VERSION#00000001`   each version as it was, and what changed
`LINK#moneybird`     the link to the document at a destination: INTENT, then CONFIRMED, a record per step
`LINKED_FROM`        the way back: which entity a destination's document was booked from
`CLAIM`              who is working on the entity right now; `fence` grows with each claim
===================  =================================================================================
"""
