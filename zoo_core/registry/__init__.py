"""Which plugins are installed and what they provide; names and did-you-mean."""
