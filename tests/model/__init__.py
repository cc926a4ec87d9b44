"""Models of the protocols, in Promela, and how Spin searches them."""
