"""The commands zoo check, zoo new and zoo doctor."""
