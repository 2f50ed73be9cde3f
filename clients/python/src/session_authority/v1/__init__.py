"""The generated code of the contract `session.v1`: messages and gRPC stubs."""
