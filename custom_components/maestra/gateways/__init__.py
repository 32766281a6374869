"""The wires that clients speak, each decoded to and rendered from the domain."""
