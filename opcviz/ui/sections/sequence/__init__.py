"""The page Requests in a row: its rows."""
