"""AWS as this project uses it: clients, DynamoDB items, parameters, logs and metrics."""
