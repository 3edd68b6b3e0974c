"""The library's face, as `import opcviz` shows it; every name is documented where it stands."""
