"""The compiler: from fitted parts to one ONNX graph, proven equal, and the runtime that answers."""
