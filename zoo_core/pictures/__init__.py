"""Pictures of pictures: grids, animations, drawings read back."""
