"""From what a provider sends to a canonical document: one module per provider and entity."""
