"""Sets connections up: credentials, webhooks and booking settings; and finds out what is wrong with one."""
