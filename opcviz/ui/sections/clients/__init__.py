"""The page Clients that leave: its rows."""
