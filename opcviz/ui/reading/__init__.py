"""What the screen reads from the store, and the selection it shows."""
