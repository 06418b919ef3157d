"""Labs: update rules that a learner writes, checked by what they do, and trained beside the reference."""
