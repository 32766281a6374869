"""NATS servers: connections to them, and how they are set up."""
