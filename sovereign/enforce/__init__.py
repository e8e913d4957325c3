"""Step 6, where the answer takes effect: the guard in a program, the gate before a deployment."""
