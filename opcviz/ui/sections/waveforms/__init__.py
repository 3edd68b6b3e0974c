"""The page Generators for models that make records of earthquakes: its rows."""
