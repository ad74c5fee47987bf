"""Many runs that differ in a few choices: planned, executed, and put side by side."""
