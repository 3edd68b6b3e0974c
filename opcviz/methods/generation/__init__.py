"""Methods for generators: what is drawn for an address is to be forgotten."""
