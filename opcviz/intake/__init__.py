"""What comes from outside: files of others, read without trusting them."""
