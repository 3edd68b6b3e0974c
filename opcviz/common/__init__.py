"""What every room stands on: settings, progress, devices."""
