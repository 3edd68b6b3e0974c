"""The guided tour: seven short chapters, each with the real evidence of a stored study."""
