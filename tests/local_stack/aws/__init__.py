"""The local AWS, and what is built and deployed into it."""
