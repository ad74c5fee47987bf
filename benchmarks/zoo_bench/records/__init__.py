"""What runs leave in their folders, read back as rows."""
