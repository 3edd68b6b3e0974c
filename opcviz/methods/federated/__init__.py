"""Methods for data that clients keep: by who takes part, the leaver, the others or the server."""
