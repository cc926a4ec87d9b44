"""The bookkeeper's page: shows what the operations API answers, and sends it what a person asks for."""
