"""The service: a model behind HTTP, one answer whatever the protocol."""
