"""The accounting table: documents with their versions, links to destinations, and claims."""
