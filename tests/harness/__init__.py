"""What tests share: the simulated world, its queue and clock, and ways for a process to die."""
