"""Claims that one stronger attacker overturned, and what this project's own attackers get."""
