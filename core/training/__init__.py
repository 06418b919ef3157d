"""What the methods share: adaptation, the outer loops, and evaluation."""
