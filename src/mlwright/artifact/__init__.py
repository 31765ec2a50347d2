"""The .mlw file: what ships."""
