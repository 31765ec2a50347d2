"""The engineer's day: the only place that knows every stage."""
