"""Long use: what a laboratory runs for a term, with its crashes, full disks and many studies."""
