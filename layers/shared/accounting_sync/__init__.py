"""What the functions share: vocabulary, stores, queue, connections, provider clients."""
