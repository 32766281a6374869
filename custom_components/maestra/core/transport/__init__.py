"""What the wires share: access, rejections, reconnecting, TLS, HTTP, subjects and encoded events."""
