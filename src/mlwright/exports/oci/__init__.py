"""Container images (Open Container Initiative) written without a daemon: layers of files and how to start."""
