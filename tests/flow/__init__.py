"""The flow of events under a provider's rate limit, in simulated time; `make flow EVENTS=10000` prints it."""
