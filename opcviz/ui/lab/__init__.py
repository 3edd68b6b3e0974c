"""The unlearning lab: settings, runs, live views and replays."""
