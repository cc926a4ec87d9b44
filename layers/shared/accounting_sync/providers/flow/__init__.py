"""Flow control towards the providers: rate plan, throttle and circuit breaker."""
