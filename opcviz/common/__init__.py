"""What every other package builds on: settings, progress, devices, statistics."""
