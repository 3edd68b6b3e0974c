"""The guided tour: eight short chapters, each with the real evidence of a stored study."""
