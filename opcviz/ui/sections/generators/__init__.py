"""The page Generators: its rows."""
